-- A vehicle can be kept out of a lot, an operator's lots or the city for a time.

alter type case_reason add value if not exists 'banned';

create table ban (
  id          uuid primary key,
  operator_id bigint references operator,
  lot_id      int references lot,
  plate       text not null,
  plate_color plate_color not null,
  valid_from  timestamptz not null,
  valid_until timestamptz,
  reason      text not null,
  added_by    text not null,
  added_at    timestamptz not null,
  ended_by    text,
  ended_at    timestamptz,
  end_reason  text,
  account_id  bigint references account,
  said        text,
  said_at     timestamptz,
  constraint lot_names_its_operator check (lot_id is null or operator_id is not null),
  constraint ended_is_whole check ((ended_at is null) = (ended_by is null) and (ended_at is null or valid_until is not null)),
  constraint appeal_is_whole check ((said is null) = (said_at is null) and (said is null) = (account_id is null))
);
create index ban_by_plate on ban (plate, plate_color);
create index ban_of_operator on ban (operator_id, id);
comment on table ban is 'Vehicles that are not let in, from when to when, by whom and why. Who is inside leaves as any other. A row never changes but for its end and the appeal against it.';
comment on column ban.operator_id is 'In whose lots it holds; null: in the whole city.';
comment on column ban.lot_id is 'In which one lot of the operator; null: in all of them.';
comment on column ban.said is 'What the driver of account_id, who pays for the plate, says against it.';
grant select, insert, update (valid_until, ended_by, ended_at, end_reason, account_id, said, said_at) on ban to onelot_service;

create or replace function forget_ended_rights(_now timestamptz) returns int
  language plpgsql security definer set search_path from current as $$
declare
  gone int;
  more int;
begin
  delete from exempt_vehicle v using forgetting f
   where f.what = 'ended_right' and v.valid_until < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics gone = row_count;
  delete from ban b using forgetting f
   where f.what = 'ended_ban' and b.valid_until < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics more = row_count;
  return gone + more;
end $$;
insert into forgetting (what, keep_months) values ('ended_ban', 13);
