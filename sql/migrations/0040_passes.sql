-- Passes (月卡) that were sold: which vehicles park by which pass of a price, in which lots, on which days, in how many bays.

create table parking_pass (
  id              uuid primary key,
  group_id        uuid not null,
  operator_id     bigint references operator,
  code            text not null,
  lot_ids         int[] not null,
  vehicles        int not null,
  bays            int not null,
  valid_from      date not null,
  valid_through   date not null,
  ended_through   date,
  note            text not null,
  added_by        text not null,
  added_at        timestamptz not null,
  ended_by        text,
  ended_at        timestamptz,
  end_reason      text,
  constraint some_lots check (cardinality(lot_ids) between 1 and 500),
  constraint bays_within_vehicles check (bays between 1 and vehicles),
  constraint begins_before_it_ends check (valid_from <= valid_through),
  constraint ended_is_whole check ((ended_at is null) = (ended_by is null) and (ended_at is null) = (ended_through is null))
);
create index parking_pass_of_operator on parking_pass (operator_id, id);
create index parking_pass_of_group on parking_pass (group_id);
comment on table parking_pass is 'Passes as they were sold. A row never changes but for its end; a change ends one and begins another of the same group.';
comment on column parking_pass.operator_id is 'Whose lots these are; null: of several operators.';
comment on column parking_pass.code is 'Which pass of the price.';
comment on column parking_pass.bays is 'So many of its vehicles park by it at a time, in each of the lots: those that came first.';
comment on column parking_pass.valid_through is 'The last day on which it holds; days are those of each lot''s own zone.';
comment on column parking_pass.ended_through is 'The last day on which it holds after it was ended early.';
grant select, insert, update (ended_through, ended_by, ended_at, end_reason) on parking_pass to onelot_service;

create table pass_vehicle (
  pass_id     uuid not null references parking_pass,
  plate       text not null,
  plate_color plate_color not null,
  primary key (pass_id, plate, plate_color)
);
create index pass_vehicle_by_plate on pass_vehicle (plate, plate_color);
comment on table pass_vehicle is 'The vehicles of a pass.';
grant select, insert on pass_vehicle to onelot_service;

create or replace function forget_ended_rights(_now timestamptz) returns int
  language plpgsql security definer set search_path from current as $$
declare
  gone int;
  more int;
  over uuid[];
begin
  delete from exempt_vehicle v using forgetting f
   where f.what = 'ended_right' and v.valid_until < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics gone = row_count;
  delete from ban b using forgetting f
   where f.what = 'ended_ban' and b.valid_until < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics more = row_count;
  select array_agg(p.id) into over
    from parking_pass p, forgetting f
   where f.what = 'ended_right'
     and least(p.valid_through, p.ended_through) < (least(_now, now()) - make_interval(months => f.keep_months))::date;
  delete from pass_vehicle where pass_id = any(over);
  delete from parking_pass where id = any(over);
  return gone + more + coalesce(cardinality(over), 0);
end $$;

grant update (since) on repricing to onelot_service;
