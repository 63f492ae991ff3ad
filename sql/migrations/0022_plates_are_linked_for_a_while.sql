-- Who pays for a stay is who held the plate when the vehicle left, also when that is recorded late: links are intervals, and
-- one that ended is kept as long as that may happen.

alter table account_plate add column unlinked_at timestamptz;
alter table account_plate drop constraint account_plate_pkey;
alter table account_plate add primary key (plate, plate_color, linked_at);
alter table account_plate add constraint linked_before_unlinked check (unlinked_at >= linked_at);
-- Never two holders at a time. Text and enum have no overlap of their own, so the plate stands as a range of one number,
-- its hash: two plates of one hash among 2^64 could not be linked at the same time.
alter table account_plate add constraint one_holder_at_a_time exclude using gist (
  int8range(hashtextextended(plate, hashenumextended(plate_color, 0)),
            hashtextextended(plate, hashenumextended(plate_color, 0)), '[]') with &&,
  tstzrange(linked_at, unlinked_at) with &&);
drop index account_plate_of_account;
create index account_plate_of_account on account_plate (account_id) where unlinked_at is null;
comment on table account_plate is 'Which account pays for a plate, from when to when. A plate is its text and its colour: the same text on blue and on yellow is two vehicles.';
comment on column account_plate.unlinked_at is 'The first instant for which the account pays no more; null as long as it pays.';
revoke delete on account_plate from onelot_service;

-- Which account paid for a plate has an end too. An exit may be recorded forty days late, and never for a closed account.
insert into forgetting (what, keep_months) values ('ended_link', 2);

create function forget_ended_links(_now timestamptz) returns int
  language plpgsql security definer set search_path from current as $$
declare
  gone int;
begin
  delete from account_plate p
   using account a, forgetting f
   where a.id = p.account_id and f.what = 'ended_link' and p.unlinked_at <= least(_now, now())
     and (a.status = 'closed' or p.unlinked_at < least(_now, now()) - make_interval(months => f.keep_months));
  get diagnostics gone = row_count;
  return gone;
end $$;
revoke execute on function forget_ended_links from public;
grant execute on function forget_ended_links to onelot_service;
