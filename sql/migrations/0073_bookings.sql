-- Spaces that are kept for vehicles that are to come (预约).

create table booking_rule (
  lot_id    int primary key references lot,
  spaces    int not null constraint spaces_not_negative check (spaces >= 0),
  early_min int not null constraint early_not_negative check (early_min >= 0),
  late_min  int not null constraint late_not_negative check (late_min >= 0)
);
comment on table booking_rule is 'How a lot takes bookings: of so many spaces at a time, and how early and how late who booked may come. Who changed it stands in the audit log.';
grant select, insert, update (spaces, early_min, late_min) on booking_rule to onelot_service;

create table booking (
  lot_id      int not null references lot,
  id          uuid not null,
  reference   text not null,
  plate       text not null,
  plate_color plate_color not null,
  starts_at   timestamptz not null,
  ends_at     timestamptz not null,
  holds_from  timestamptz not null,
  holds_until timestamptz not null,
  note        text not null,
  added_by    text not null,
  added_at    timestamptz not null,
  changed_by  text,
  changed_at  timestamptz,
  ended_by    text,
  ended_at    timestamptz,
  end_reason  text,
  primary key (lot_id, id),
  constraint begins_before_it_ends check (starts_at < ends_at),
  constraint held_about_its_beginning check (holds_from <= starts_at and holds_until between starts_at and ends_at),
  constraint changed_is_whole check ((changed_at is null) = (changed_by is null)),
  constraint ended_is_whole check ((ended_at is null) = (ended_by is null) and (ended_at is null) = (end_reason is null))
);
create unique index booking_by_reference on booking (lot_id, reference);
create index booking_of_lot on booking (lot_id, ends_at);
create index booking_of_vehicle on booking (plate, plate_color, ends_at);
create index booking_held on booking (holds_until) where ended_at is null;
comment on table booking is 'A space that is kept for a vehicle from an instant to an instant. What was said before of one stands in the audit log.';
comment on column booking.reference is 'What who made it knows it by.';
comment on column booking.holds_from is 'From when its vehicle may come, and the space is kept.';
comment on column booking.holds_until is 'Until when the space is kept for a vehicle that has not come.';
grant select, insert, update (plate, plate_color, starts_at, ends_at, holds_from, holds_until, note, changed_by, changed_at, ended_by, ended_at, end_reason)
  on booking to onelot_service;

create view booking_now as
select b.*,
       (select min(c.entered_at)
          from (select o.entered_at from open_stay o
                 where o.lot_id = b.lot_id and o.plate = b.plate and o.plate_color = b.plate_color and o.entered_at < b.holds_until
                union all
                select s.entered_at from stay s
                 where s.lot_id = b.lot_id and s.plate = b.plate and s.plate_color = b.plate_color and s.state in ('closed', 'superseded')
                   and s.last_at > b.holds_from and s.entered_at < b.holds_until
                   and s.id between id_floor(b.holds_from - interval '31 days') and id_floor(b.holds_until + interval '40 days')) c
       ) as came_at
  from booking b;
comment on view booking_now is 'Bookings, and when their vehicles came.';
grant select on booking_now to onelot_service;

alter table lot_occupancy add column booked int not null default 0, add constraint booked_not_negative check (booked >= 0);
comment on column lot_occupancy.booked is 'Spaces that are kept for vehicles which have not come yet.';

create or replace function forget_ended_rights(_now timestamptz) returns int
  language plpgsql security definer set search_path from current as $$
declare
  gone int;
  more int;
  unused int;
  over uuid[];
begin
  delete from exempt_vehicle v using forgetting f
   where f.what = 'ended_right' and v.valid_until < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics gone = row_count;
  delete from ban b using forgetting f
   where f.what = 'ended_ban' and b.valid_until < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics more = row_count;
  delete from booking b using forgetting f
   where f.what = 'ended_right' and b.ends_at < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics unused = row_count;
  select array_agg(p.id) into over
    from parking_pass p, forgetting f
   where f.what = 'ended_right'
     and least(p.valid_through, p.ended_through) < (least(_now, now()) - make_interval(months => f.keep_months))::date;
  delete from pass_vehicle where pass_id = any(over);
  delete from parking_pass where id = any(over);
  return gone + more + unused + coalesce(cardinality(over), 0);
end $$;
