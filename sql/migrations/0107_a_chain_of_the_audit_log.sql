-- The audit log is a chain: each line has a place in it, and a hash over all that stand before it. A line that is
-- changed, taken out or put in between is found by whoever works it out again, and one who keeps the last hash elsewhere
-- finds a log that was cut off or written anew.

-- What is not in the chain yet. Whoever writes a line does not wait for those before: it is put here with the line,
-- and seen when both are committed, in whatever order.
create table audit_waiting (
  owner_id bigint not null,
  audit_id uuid not null,
  primary key (owner_id, audit_id)
);
comment on table audit_waiting is 'Lines of the audit log that the worker has not put into the chain yet.';
grant select, insert, delete on audit_waiting to onelot_service;

create table audit_link (
  position  bigint primary key check (position > 0),
  owner_id  bigint not null,
  audit_id  uuid not null,
  salt      bytea check (length(salt) = 16),
  leaf      bytea not null check (length(leaf) = 32),
  hash      bytea not null check (length(hash) = 32),
  linked_at timestamptz not null,
  unique (owner_id, audit_id)
);
comment on table audit_link is 'The chain of the audit log (payments/audit_chain.py): a row for each line, in the order in which they were put in.';
comment on column audit_link.salt is 'Stands before the line in what is hashed, so that nobody guesses from the hash what was forgotten; null: part of the line was.';
comment on column audit_link.leaf is 'SHA-256 of the salt and the line.';
comment on column audit_link.hash is 'SHA-256 of the hash before it (32 zero bytes before the first), the position and the leaf.';
grant select, insert on audit_link to onelot_service;

create table audit_head (
  is_one   boolean primary key default true check (is_one),
  position bigint not null default 0,
  hash     bytea not null default decode(repeat('00', 32), 'hex')
);
insert into audit_head default values;
comment on table audit_head is 'The end of the chain of the audit log. Whoever puts lines into it, or forgets part of one, locks its row first.';
grant select, update (position, hash) on audit_head to onelot_service;

create function audit_waits() returns trigger language plpgsql set search_path from current as $$
begin
  insert into audit_waiting (owner_id, audit_id) values (new.owner_id, new.id) on conflict do nothing;
  return null;
end $$;
create trigger audit_waits after insert on audit for each row execute function audit_waits();

insert into audit_waiting (owner_id, audit_id) select owner_id, id from audit;

-- What is forgotten of a line takes its salt with it: what is left of the line is not what was hashed, and the hash
-- says nothing of it any more.
create or replace function forget_a_day(_what text, _now timestamptz) returns boolean
  language plpgsql security definer set search_path from current as $_$
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
    update charge c set place_hidden = true, lines = without_times(c.lines) where c.id >= since and c.id < until;
    update charge_adjustment a set lines = without_times(a.lines) where a.charge_id >= since and a.charge_id < until;
  elsif _what = 'payer' then
    update attempt a set request = jsonb_set(a.request, '{payer}', '""'), next_action = null
     where a.payable_id >= since and a.payable_id < until and a.request->>'payer' <> '';
  elsif _what = 'audit' then
    perform 1 from audit_head for update;
    update audit_link l set salt = null from audit a
     where a.id >= since and a.id < until and a.detail ? 'plate' and l.owner_id = a.owner_id and l.audit_id = a.id;
    update audit a set detail = a.detail - 'plate' - 'plate_color'
     where a.id >= since and a.id < until and a.detail ? 'plate';
  end if;
  update forgetting set through = until where what = _what;
  return until < kept;
end $_$;

create or replace function forget_closed_accounts(_now timestamptz) returns int
  language plpgsql security definer set search_path from current as $$
declare
  gone bigint[];
begin
  select array_agg(a.id) into gone
    from account a join forgetting f on f.what = 'closed_account'
   where a.status = 'closed' and a.forgotten_at is null
     and a.closed_at < least(_now, now()) - make_interval(months => f.keep_months);
  if gone is null then return 0; end if;
  perform 1 from audit_head for update;
  update audit_link l set salt = null where l.owner_id = any(gone);
  update audit a
     set detail = (a.detail - 'plate' - 'plate_color' - 'name' - 'known_as')
                  #- '{before,name}' #- '{after,name}' #- '{before,known_as}' #- '{after,known_as}',
         subject = case when a.subject like 'driver:%' then 'driver' else a.subject end,
         actor = case when a.action in ('plate.link', 'plate.unlink', 'plate.claim', 'account.close', 'account.export')
                      then 'account:' || a.owner_id else a.actor end
   where a.owner_id = any(gone);
  update account set forgotten_at = _now where id = any(gone);
  return cardinality(gone);
end $$;
