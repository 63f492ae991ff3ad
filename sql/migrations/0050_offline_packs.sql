-- What a gateway decides by while it is cut off.

create table gateway_pack (
  lot_id     int not null,
  gateway_id int not null,
  version    bigint not null check (version > 0),
  key_id     text not null,
  made_at    timestamptz not null,
  entries    jsonb not null,
  primary key (lot_id, gateway_id)
) with (fillfactor = 50);
comment on table gateway_pack is 'The last pack that a gateway was given, from which the next one differs: marks of vehicles and no plates. One row each.';
comment on column gateway_pack.key_id is 'The key of the gateway by which its marks are made: by another one all are others.';
grant select, insert, update on gateway_pack to onelot_service;
