-- What an account is called where it was brought from, so that the same file again is about the same account.

create table account_known_as (
  known_as   text primary key,
  account_id bigint not null unique references account (id)
);
comment on table account_known_as is 'What whoever brought an account from elsewhere calls it; gone when it is closed.';
grant select, insert, update, delete on account_known_as to onelot_service;

-- Both names of a closed account are forgotten in the audit log wherever they stand there.
create or replace function forget_closed_accounts(_now timestamptz) returns int
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  gone bigint[];
begin
  select array_agg(a.id) into gone
    from account a join forgetting f on f.what = 'closed_account'
   where a.status = 'closed' and a.forgotten_at is null
     and a.closed_at < least(_now, now()) - make_interval(months => f.keep_months);
  if gone is null then return 0; end if;
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
