-- Tokens have identifiers and can be revoked, accounts can be closed, and what guards the books guards always.

create table token (
  id          uuid primary key,
  audience    text not null,
  subject     text not null,
  account_id  bigint references account,
  operator_id bigint references operator,
  issued_by   text not null,
  issued_at   timestamptz not null,
  expires_at  timestamptz not null check (expires_at > issued_at),
  revoked_at  timestamptz,
  revoked_by  text,
  constraint revoked_is_whole check ((revoked_at is null) = (revoked_by is null))
);
create index token_of_account on token (account_id, id) where account_id is not null;
create index token_of_subject on token (subject, id);
create index token_ended on token (expires_at);
create index token_revoked on token (expires_at) where revoked_at is not null;
comment on table token is 'Bearer tokens that were issued: for whom, by whom and until when; never the token itself. A row goes some days after its token has ended.';
grant select, insert, delete on token to onelot_service;
grant update (revoked_at, revoked_by) on token to onelot_service;

create table identity_version (
  only_row boolean primary key default true check (only_row),
  version  bigint not null
);
insert into identity_version (version) values (1);
comment on table identity_version is 'Moves when a token is revoked or an account is suspended, resumed or closed, so that every process knows it within a second.';
grant select on identity_version to onelot_service;
grant update (version) on identity_version to onelot_service;

alter type account_status add value 'closed';
alter table account add column closed_at timestamptz;
create index account_barred on account (id) where status <> 'active';
comment on column account.closed_at is 'When its holder closed it; what is left of it is forgotten some months later.';

-- The trail is read by time, whoever it concerns.
create index audit_by_id on audit (id);

-- A session that plays a replica would pass by triggers that fire only at the origin.
alter table journal enable always trigger only_grows;
alter table journal enable always trigger never_truncated;
alter table transfer enable always trigger only_grows;
alter table transfer enable always trigger never_truncated;
alter table transfer enable always trigger same_transaction;
alter table tariff enable always trigger guard_published;
alter table tariff enable always trigger guard_published_whole;

-- As before, but a copy fires when its original does.
create or replace function guard_partition(_table text, _partition text) returns void
  language plpgsql set search_path from current as $$
declare
  guard record;
begin
  for guard in
    select tgname as name, pg_get_triggerdef(oid) as text, tgenabled as fires from pg_trigger
     where tgrelid = to_regclass(_table) and not tgisinternal and tgtype & 1 = 0
  loop
    execute regexp_replace(guard.text, ' ON \S+ ', format(' ON %I ', _partition));
    if guard.fires = 'A' then
      execute format('alter table %I enable always trigger %I', _partition, guard.name);
    end if;
  end loop;
end $$;

do $$
declare
  guard record;
begin
  for guard in
    select c.relname as part, t.tgname as name
      from pg_trigger t
      join pg_class c on c.oid = t.tgrelid
      join pg_inherits i on i.inhrelid = c.oid
     where i.inhparent in ('journal'::regclass, 'transfer'::regclass) and t.tgenabled = 'O'
       and (not t.tgisinternal or t.tgparentid <> 0)
  loop
    execute format('alter table %I enable always trigger %I', guard.part, guard.name);
  end loop;
end $$;
