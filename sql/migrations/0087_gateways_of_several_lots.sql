-- A gateway may serve lots beside its own, from an instant on: it moves lanes there and speaks for them.

create table gateway_lot (
  gateway_id int not null references gateway,
  lot_id     int not null references lot,
  valid_from timestamptz not null,
  serves     boolean not null,
  primary key (gateway_id, lot_id, valid_from)
);
comment on table gateway_lot is 'Lots that a gateway serves beside its own, from when on, or no more. Its own it serves always.';
comment on column gateway.lot_id is 'Its own lot: what names no other is of that, and what is kept of the gateway itself is kept there.';
grant select, insert, update (serves) on gateway_lot to onelot_service;

create view gateway_serving as
select id as gateway_id, lot_id from gateway
union
select gateway_id, lot_id from gateway_lot where serves;
comment on view gateway_serving is 'The lots that each gateway serves, did or will.';
grant select on gateway_serving to onelot_service;

alter table lane
  drop constraint lane_lot_id_gateway_id_fkey,
  add constraint lane_gateway_id_fkey foreign key (gateway_id) references gateway;
