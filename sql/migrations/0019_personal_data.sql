-- Personal data has an end: what of a person is forgotten, and when. And a link of a plate can be contested.

create table forgetting (
  what        text primary key,
  keep_months int not null check (keep_months > 0),
  through     uuid not null default '00000000-0000-0000-0000-000000000000'
);
comment on table forgetting is 'What of people is forgotten where the row itself is kept, and after how many months: the times in the lines of charges and where they were made (as long as stays are kept), what a channel knew the payer by, plates in the audit log, and what is left of closed accounts.';
comment on column forgetting.through is 'Up to which identifier it was forgotten.';
insert into forgetting (what, keep_months) values ('charge', 37), ('payer', 13), ('audit', 37), ('closed_account', 6);
grant select on forgetting to onelot_service;

alter table account add column forgotten_at timestamptz;

-- A day of what has been kept long enough; tells whether more is left. By the clock of the database where ours is ahead.
create function forget_a_day(_what text, _now timestamptz) returns boolean
  language plpgsql security definer set search_path from current as $$
declare
  months int;
  since uuid;
  kept uuid;
  first uuid;
  until uuid;
begin
  select keep_months, through into months, since from forgetting where what = _what and what <> 'closed_account' for update;
  if months is null then return false; end if;
  kept := id_floor((date_trunc('month', least(_now, now()) at time zone 'UTC') - make_interval(months => months))
                   at time zone 'UTC');
  select id_floor(min(to_date(right(c.relname, 7), 'YYYY_MM'))::timestamp at time zone 'UTC') into first
    from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
   where i.inhparent = to_regclass(case _what when 'payer' then 'attempt' else _what end);
  since := greatest(since, coalesce(first, kept));
  if since >= kept then return false; end if;
  until := least(kept, id_floor(id_instant(since) + interval '1 day'));
  if _what = 'charge' then
    update charge c
       set place_hidden = true,
           lines = coalesce((select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                                      'kind', line->'kind', 'amount_fen', line->'amount_fen', 'units', line->'units',
                                      'unit_fen', line->'unit_fen', 'label_zh', line->'label_zh',
                                      'label_en', line->'label_en')) order by n)
                               from jsonb_array_elements(c.lines) with ordinality each (line, n)), '[]')
     where c.id >= since and c.id < until;
  elsif _what = 'payer' then
    update attempt a set request = jsonb_set(a.request, '{payer}', '""'), next_action = null
     where a.payable_id >= since and a.payable_id < until and a.request->>'payer' <> '';
  elsif _what = 'audit' then
    update audit a set detail = a.detail - 'plate' - 'plate_color'
     where a.id >= since and a.id < until and a.detail ? 'plate';
  end if;
  update forgetting set through = until where what = _what;
  return until < kept;
end $$;

-- What is left of accounts that were closed long enough ago: names and plates in the audit log. Who did what stays, as a
-- number. Returns how many accounts were forgotten.
create function forget_closed_accounts(_now timestamptz) returns int
  language plpgsql security definer set search_path from current as $$
declare
  gone bigint[];
begin
  select array_agg(a.id) into gone
    from account a join forgetting f on f.what = 'closed_account'
   where a.status = 'closed' and a.forgotten_at is null
     and a.closed_at < least(_now, now()) - make_interval(months => f.keep_months);
  if gone is null then return 0; end if;
  update audit a
     set detail = a.detail - 'plate' - 'plate_color' - 'name',
         subject = case when a.subject like 'driver:%' then 'driver' else a.subject end,
         actor = case when a.action in ('plate.link', 'plate.unlink', 'plate.claim', 'account.close', 'account.export')
                      then 'account:' || a.owner_id else a.actor end
   where a.owner_id = any(gone);
  update account set forgotten_at = _now where id = any(gone);
  return cardinality(gone);
end $$;
revoke execute on function forget_a_day, forget_closed_accounts from public;
grant execute on function forget_a_day, forget_closed_accounts to onelot_service;

-- Whose vehicle it is -------------------------------------------------------------------------------------------------

create table plate_claim (
  plate       text not null,
  plate_color plate_color not null,
  account_id  bigint not null references account,
  claimed_at  timestamptz not null,
  primary key (plate, plate_color, account_id)
);
create index plate_claim_of_account on plate_claim (account_id);
comment on table plate_claim is 'Accounts that want to pay for a plate for which another pays. The oldest gets the link when that ends; until then it looks to its driver as if it were linked, so that nobody learns which plates have accounts.';
grant select, insert, delete on plate_claim to onelot_service;

create table plate_contest (
  id           uuid primary key,
  plate        text not null,
  plate_color  plate_color not null,
  account_id   bigint not null references account,
  linked_at    timestamptz not null,
  lot_id       int,
  stay_id      uuid,
  contested_at timestamptz not null,
  contested_by text not null,
  resolved_at  timestamptz,
  resolved_by  text,
  link_stands  boolean,
  note         text,
  constraint resolved_is_whole check ((resolved_at is null) = (resolved_by is null) and (resolved_at is null) = (link_stands is null))
);
create unique index one_open_contest on plate_contest (plate, plate_color, account_id) where resolved_at is null;
create index plate_contest_of_link on plate_contest (plate, plate_color, account_id, id);
comment on table plate_contest is 'Links of plates to accounts that somebody contests: who was there with the vehicle, by the reference of its last charge, or the city''s staff. While it is open the account does not pay for the plate and sees nothing of its stays.';
comment on column plate_contest.stay_id is 'The stay that proves presence, and lot_id where it was; null where staff contested.';
grant select, insert, delete on plate_contest to onelot_service;
grant update (resolved_at, resolved_by, link_stands, note) on plate_contest to onelot_service;
