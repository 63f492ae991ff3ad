-- A lot may lie inside of another, and be one of several stretches of a road.

alter table lot
  add column inside_of int references lot,
  add column road text,
  add column road_within_min int,
  add constraint not_inside_itself check (inside_of <> id),
  add constraint road_is_whole check ((road is null) = (road_within_min is null)),
  add constraint road_within_limits check (road_within_min between 1 and 120);
comment on column lot.inside_of is 'The lot that it lies in: whoever is here is there as well.';
comment on column lot.road is 'What all stretches of one road have in common: who drives on from one to another is priced as one stay.';
comment on column lot.road_within_min is 'Within how many minutes of leaving another stretch that holds, unless the tariff says so itself.';
