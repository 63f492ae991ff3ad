-- The city's network as it is registered: operators, lots, gates, lanes, gateways and the price that holds.
-- These are reference tables: small, read into memory by every process, never on the write path.

create type lot_kind as enum ('road', 'garage', 'hospital', 'station', 'scenic', 'mall', 'office', 'residential');
create type direction as enum ('entry', 'exit');

create table operator (
  id               bigint primary key default nextval('owner_id'),
  code             text not null unique,
  name_zh          text not null,
  name_en          text not null,
  platform_fee_bps int  not null,
  time_zone        text not null default 'Asia/Shanghai',
  constraint platform_fee_within_whole check (platform_fee_bps between 0 and 10000)
);
comment on table operator is 'Who runs lots and is owed their fees (经营单位). Its id is an owner in the ledger.';

create table lot (
  id          int generated always as identity primary key,
  code        text not null unique,
  operator_id bigint not null references operator,
  name_zh     text not null,
  name_en     text not null,
  district_zh text not null,
  district_en text not null,
  address_zh  text not null default '',
  kind        lot_kind not null,
  capacity    int not null,
  longitude   double precision not null,
  latitude    double precision not null,
  time_zone   text not null default 'Asia/Shanghai',
  constraint lot_id_fits_identifiers check (id < 1 << 30),
  constraint capacity_positive check (capacity > 0),
  constraint wgs84 check (longitude between -180 and 180 and latitude between -90 and 90)
);
comment on table lot is 'A car park or a stretch of road bays (停车场); the shard of every parking fact.';

create table gate (
  id     int generated always as identity primary key,
  lot_id int not null references lot,
  code   text not null,
  name   text not null default '',
  unique (lot_id, code),
  unique (lot_id, id)
);
comment on table gate is 'A place where vehicles pass the border of a lot (出入口); it has one or more lanes.';

create table gateway (
  id     int generated always as identity primary key,
  lot_id int not null references lot,
  code   text not null unique,
  unique (lot_id, id)
);
comment on table gateway is 'The computer of a lot that sends plate events (车场网关). It belongs to one lot.';

create table lane (
  id         int generated always as identity primary key,
  lot_id     int not null,
  gate_id    int not null,
  gateway_id int not null,
  code       text not null unique,
  direction  direction not null,
  foreign key (lot_id, gate_id) references gate (lot_id, id),
  foreign key (lot_id, gateway_id) references gateway (lot_id, id)
);
comment on table lane is 'One lane through a gate (车道). Its registration, never the camera, says whether it leads in or out.';

create table gateway_key (
  id          text primary key,
  gateway_id  int not null references gateway,
  slot        smallint not null,
  secret_hash bytea not null,
  created_at  timestamptz not null,
  revoked_at  timestamptz,
  constraint two_slots check (slot in (1, 2)),
  constraint secret_is_hashed check (length(secret_hash) = 32)
);
create unique index two_active_keys_for_rotation on gateway_key (gateway_id, slot) where revoked_at is null;
comment on table gateway_key is 'Bearer keys of gateways, hashed; at most two are active at a time, so that one can be rotated.';

create table tariff (
  id       int generated always as identity primary key,
  code     text not null,
  version  int not null check (version > 0),
  document jsonb not null,
  unique (code, version)
);
comment on table tariff is 'A published price text (收费标准) as a document; a change is a new version, never an edit.';

create table lot_tariff (
  lot_id     int not null references lot,
  valid_from timestamptz not null,
  tariff_id  int not null references tariff,
  primary key (lot_id, valid_from)
);
comment on table lot_tariff is 'Which tariff holds at a lot, and since when.';

-- Processes hold the network in memory and reload it when this number moves.
create table catalog_version (
  only_row boolean primary key default true check (only_row),
  version  bigint not null
);
insert into catalog_version (version) values (1);
comment on table catalog_version is 'Moves with every change of the network, so that a revoked key or a new lane is known within a second.';

create function catalog_changed() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update catalog_version set version = version + 1;
  return null;
end $$;

create trigger catalog_changed after insert or update or delete on operator    for each statement execute function catalog_changed();
create trigger catalog_changed after insert or update or delete on lot         for each statement execute function catalog_changed();
create trigger catalog_changed after insert or update or delete on lane        for each statement execute function catalog_changed();
create trigger catalog_changed after insert or update or delete on gateway     for each statement execute function catalog_changed();
create trigger catalog_changed after insert or update or delete on gateway_key for each statement execute function catalog_changed();
create trigger catalog_changed after insert or update or delete on lot_tariff  for each statement execute function catalog_changed();

grant select, insert, update on operator, lot, gate, gateway, lane, gateway_key to onelot_service;
grant select, insert on tariff, lot_tariff to onelot_service;
grant select on catalog_version, growing_table to onelot_service;
