-- Who looks for a space names where they go, which is seldom the name of a lot. Each city brings its own list.
create type place_kind as enum ('station', 'airport', 'metro', 'hospital', 'school', 'sight', 'mall', 'sport', 'office');

create table place (
  code       text primary key,
  kind       place_kind not null,
  name_zh    text not null,
  name_en    text not null,
  longitude  double precision not null,
  latitude   double precision not null,
  aliases    text[] not null default '{}'
);
comment on table place is 'A place that people go to and ask for by name (地名). Positions are WGS-84.';
comment on column place.aliases is 'What it is called besides.';
grant select, insert, update on place to onelot_service;
