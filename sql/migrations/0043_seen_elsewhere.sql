-- A vehicle that stays in two lots at once, or got from one to the other faster than anybody drives, is before a person.

alter type case_reason add value if not exists 'elsewhere';

alter table parking_case
  add column other_stay_id uuid,
  add constraint other_stay_is_elsewhere check ((reason::text = 'elsewhere') = (other_stay_id is not null));
comment on column parking_case.other_stay_id is 'The stay in another lot that cannot be of the same vehicle.';
create index case_elsewhere on parking_case (stay_id) where other_stay_id is not null;
create index case_elsewhere_of_other on parking_case (other_stay_id) where other_stay_id is not null;
create index case_elsewhere_open on parking_case (id) where other_stay_id is not null and resolved_at is null;

-- Whatever the lot: what a vehicle used, and where it was.
create index open_stay_of_vehicle on open_stay (plate, plate_color);
create index stay_of_vehicle on stay (plate, plate_color, last_at, id);
drop index stay_with_uses;
