-- The network's version moves with the use case that changes the network (parking/flow/network.py, record_change) and no
-- longer by triggers: a trigger that writes another table cannot be carried out where that table lies on another node.

drop trigger catalog_changed on operator;
drop trigger catalog_changed on lot;
drop trigger catalog_changed on lane;
drop trigger catalog_changed on gateway;
drop trigger catalog_changed on gateway_key;
drop trigger catalog_changed on lot_tariff;
drop trigger catalog_changed on tariff;
drop trigger catalog_changed on zone;
drop trigger catalog_changed on lot_zone;
drop trigger catalog_changed on zone_tariff;
drop function catalog_changed();

comment on table catalog_version is 'Moves with every change of the network, so that a revoked key or a new lane is known within a second. Who changes the network by hand moves it by hand.';
