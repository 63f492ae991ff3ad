-- A version that has not begun is replaced by another at its instant.

grant update (tariff_id) on lot_tariff, zone_tariff to onelot_service;
grant update (zone_id) on lot_zone to onelot_service;
grant update (capacity) on lot_capacity to onelot_service;
grant update (is_closed) on lot_closure, lane_closure to onelot_service;
grant update (way) on lane_way to onelot_service;
