-- What a lot offers beside spaces of any kind, and road bays by number.

create table lot_facilities (
  lot_id   int primary key references lot,
  document jsonb not null,
  said_at  timestamptz not null
);
comment on table lot_facilities is 'What a lot offers (parking/facilities.py): spaces of each kind, limits, opening hours, ways in, pictures, how one pays. One document, replaced as a whole.';
grant select, insert, update (document, said_at) on lot_facilities to onelot_service;

create table bay (
  lot_id int not null references lot,
  number text not null,
  sensor text,
  primary key (lot_id, number)
);
create unique index bay_sensor_key on bay (sensor);
comment on table bay is 'Spaces of a lot that have numbers of their own (泊位), as along roads.';
comment on column bay.sensor is 'What the sensor in the ground or on the post calls itself, if there is one.';
grant select, insert, update (sensor), delete on bay to onelot_service;
