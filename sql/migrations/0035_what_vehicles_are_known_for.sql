-- What a price asks of a vehicle beyond its plate (tags, facts) is registered, and what a stay was priced with is kept.

create table exempt_vehicle (
  id          uuid primary key,
  operator_id bigint references operator,
  lot_id      int references lot,
  plate       text not null,
  plate_color plate_color not null,
  tags        text[] not null default '{}',
  facts       jsonb not null default '{}',
  valid_from  timestamptz not null,
  valid_until timestamptz,
  reason      text not null,
  added_by    text not null,
  added_at    timestamptz not null,
  ended_by    text,
  ended_at    timestamptz,
  end_reason  text,
  constraint known_for_something check (tags <> '{}' or facts <> '{}'),
  constraint lot_names_its_operator check (lot_id is null or operator_id is not null),
  constraint ended_is_whole check ((ended_at is null) = (ended_by is null) and (ended_at is null or valid_until is not null))
);
create index exempt_vehicle_by_plate on exempt_vehicle (plate, plate_color);
create index exempt_vehicle_of_operator on exempt_vehicle (operator_id, id);
comment on table exempt_vehicle is 'Vehicles that are known for something a price may ask for (an ambulance with an ordinary plate, a resident, the seats of a bus), and from when to when. A row never changes but for its end.';
comment on column exempt_vehicle.operator_id is 'In whose lots it holds; null: in the whole city.';
comment on column exempt_vehicle.lot_id is 'In which one lot of the operator; null: in all of them.';
comment on column exempt_vehicle.facts is 'Numbers that are known of it: seats, length_cm, bays.';
comment on column exempt_vehicle.valid_until is 'The first instant at which it holds no more; null: until further notice.';
grant select, insert, update (valid_until, ended_by, ended_at, end_reason) on exempt_vehicle to onelot_service;

create table stay_rights (
  lot_id  int not null,
  stay_id uuid not null,
  rights  jsonb not null,
  primary key (lot_id, stay_id)
) partition by range (stay_id);
select grow('stay_rights', 37);
select create_month_partition('stay_rights', month)
  from (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent = 'stay'::regclass) made;
comment on table stay_rights is 'What a closed stay was priced with beyond what its plate tells, where it had something of that.';
comment on column stay_rights.rights is 'parking/entitlements.py: Rights.';
grant select, insert, update, delete on stay_rights to onelot_service;

create table repricing (
  lot_id      int not null,
  plate       text not null,
  plate_color plate_color not null,
  cause_id    uuid not null,
  cause       text not null,
  since       timestamptz not null,
  asked_at    timestamptz not null,
  primary key (lot_id, plate, plate_color, cause_id)
);
comment on table repricing is 'Vehicles whose closed stays in a lot are to be priced again, since what they are priced by has turned out otherwise. A row goes when that is done.';
comment on column repricing.since is 'Stays that ended at this instant or later.';
comment on column repricing.cause_id is 'What has changed, which adjustments name as their cause.';
grant select, insert, delete on repricing to onelot_service;

-- What has ended is needed as long as stays that were priced with it are held against it.
insert into forgetting (what, keep_months) values ('ended_right', 38);
create function forget_ended_rights(_now timestamptz) returns int
  language plpgsql security definer set search_path from current as $$
declare
  gone int;
begin
  delete from exempt_vehicle v using forgetting f
   where f.what = 'ended_right' and v.valid_until < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics gone = row_count;
  return gone;
end $$;
revoke execute on function forget_ended_rights from public;
grant execute on function forget_ended_rights to onelot_service;
