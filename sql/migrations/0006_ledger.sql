-- The books. A journal is one business fact; its transfers move amounts from one book to another and so balance
-- by construction. Both only grow. post() is the only door, and one call of it is one round trip.

create type ledger_book as enum (
  'wallet', 'receivable', 'casual_receivable', 'payable', 'clearing', 'platform_income', 'refund_payable', 'suspense');
create type journal_kind as enum (
  'stay_billed', 'charge_voided', 'charge_paid', 'refund_requested', 'refund_paid', 'refund_closed', 'top_up',
  'platform_fee', 'overpaid', 'reversal');

create table book (
  book    ledger_book primary key,
  kind    text not null check (kind in ('asset', 'liability', 'income', 'expense')),
  mode    text not null check (mode in ('row', 'append')),
  floored boolean not null,
  name_zh text not null,
  name_en text not null,
  constraint only_rows_have_floors check (mode = 'row' or not floored)
);
comment on table book is 'The chart of accounts. row: a balance row is kept and locked; append: hot, only transfers, summed when asked.';
insert into book values
  ('wallet',            'liability', 'row',    true,  '预存余额',   'prepaid wallet of a driver'),
  ('receivable',        'asset',     'row',    true,  '车主应收',   'owed by a driver with an account'),
  ('casual_receivable', 'asset',     'append', false, '散客应收',   'owed by drivers without an account, kept under the operator'),
  ('payable',           'liability', 'append', false, '应付经营单位', 'owed to an operator'),
  ('clearing',          'asset',     'append', false, '渠道待清算', 'held for us by a payment channel'),
  ('platform_income',   'income',    'append', false, '平台服务费', 'the platform''s fee'),
  ('refund_payable',    'liability', 'append', false, '待退款',     'refunds asked for and not yet done'),
  ('suspense',          'liability', 'append', false, '挂账',       'received twice or too much, to be given back');

create table journal (
  owner_id      bigint not null,
  id            uuid not null,
  kind          journal_kind not null,
  ref           uuid not null,
  lot_id        int,
  operator_id   bigint,
  currency      char(3) not null default 'CNY',
  business_date date not null,
  recorded_at   timestamptz not null,
  fingerprint   bytea not null,
  reverses      uuid,
  txid          xid8 not null default pg_current_xact_id(),
  primary key (owner_id, id)
) partition by range (id);
create index journal_by_day on journal (business_date, kind);
create index journal_of_operator on journal (operator_id, business_date) where operator_id is not null;
create index journal_by_reversed on journal (owner_id, reverses) where reverses is not null;
select grow('journal');
comment on table journal is 'One business fact in the books (记账凭证). The id is the idempotency key: it follows from what the journal is about.';
comment on column journal.operator_id is 'Whose payable it moves, and so whose day it belongs to; null if it moves none.';
comment on column journal.ref is 'The charge, refund, top-up, settlement or journal it is about.';

create table transfer (
  owner_id     bigint not null,
  journal_id   uuid not null,
  leg          smallint not null check (leg > 0),
  debit_owner  bigint not null,
  debit_book   ledger_book not null,
  credit_owner bigint not null,
  credit_book  ledger_book not null,
  amount_fen   bigint not null check (amount_fen > 0),
  txid         xid8 not null default pg_current_xact_id(),
  primary key (owner_id, journal_id, leg),
  constraint two_books check ((debit_owner, debit_book) <> (credit_owner, credit_book))
) partition by range (journal_id);
select grow('transfer');
comment on table transfer is 'An amount from one book to another (分录). Positive, so direction is in the books, never in a sign.';

create table balance (
  owner_id bigint not null,
  book     ledger_book not null references book,
  currency char(3) not null default 'CNY',
  debits   bigint not null default 0 check (debits >= 0),
  credits  bigint not null default 0 check (credits >= 0),
  primary key (owner_id, book, currency),
  -- The floor: a wallet is never overdrawn, a driver never owes less than nothing.
  constraint wallet_floor check (book <> 'wallet' or credits >= debits),
  constraint receivable_floor check (book <> 'receivable' or debits >= credits)
) with (fillfactor = 50);
comment on table balance is 'Balances of the books kept in row mode; always equal to the sum of their transfers.';

create table operator_day (
  operator_id    bigint primary key references operator,
  closed_through date not null
);
comment on table operator_day is 'The last settled business day of an operator (日结). Nothing is booked into a closed day.';

create function deny() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger only grows: % on % is refused', tg_op, tg_table_name using errcode = '23514';
end $$;
create trigger only_grows before update or delete on journal  for each row execute function deny();
create trigger only_grows before update or delete on transfer for each row execute function deny();
create trigger never_truncated before truncate on journal  for each statement execute function deny();
create trigger never_truncated before truncate on transfer for each statement execute function deny();

-- A journal is closed by the end of its transaction: no transfer joins it later.
create function same_transaction() returns trigger language plpgsql as $$
begin
  if exists (select from added a left join journal j on j.owner_id = a.owner_id and j.id = a.journal_id
              where j.txid is distinct from pg_current_xact_id()) then
    raise exception 'a journal takes no transfers after its own transaction' using errcode = '23514';
  end if;
  return null;
end $$;
create trigger same_transaction after insert on transfer
  referencing new table as added for each statement execute function same_transaction();
select guard_partition('journal', 'journal_default'), guard_partition('transfer', 'transfer_default');

-- Post any number of journals in one call. Arrays run in parallel: the first group describes journals,
-- the second their legs, each naming its journal by position (from 1).
-- Returns a row per journal in the order given; replayed tells that the same journal was there already.
-- Refuses (23505) an id that exists with other content, and (23514) an empty journal, arrays that do not fit each other,
-- a journal over the payables of two operators, or a broken floor; a refusal leaves nothing of the whole call.
create function post(
  _owner bigint[], _id uuid[], _kind journal_kind[], _ref uuid[], _lot int[], _date date[], _reverses uuid[], _now timestamptz,
  _journal int[], _debit_owner bigint[], _debit_book ledger_book[], _credit_owner bigint[], _credit_book ledger_book[], _amount bigint[]
) returns table (n int, replayed boolean)
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  fresh boolean[];
  prints bytea[];
  operators bigint[];
  touched int;
  expected int;
  journals int := coalesce(cardinality(_id), 0);
  transfers int := coalesce(cardinality(_journal), 0);
begin
  if journals = 0 and transfers = 0 then return; end if;
  if (cardinality(_owner), cardinality(_kind), cardinality(_ref), cardinality(_lot), cardinality(_date), cardinality(_reverses))
       is distinct from (journals, journals, journals, journals, journals, journals)
     or (cardinality(_debit_owner), cardinality(_debit_book), cardinality(_credit_owner), cardinality(_credit_book), cardinality(_amount))
       is distinct from (transfers, transfers, transfers, transfers, transfers) then
    raise exception 'arrays of one group differ in length' using errcode = '23514';
  end if;
  if exists (select from unnest(_journal) j where j is null or j not between 1 and journals) then
    raise exception 'a transfer without a journal' using errcode = '23514';
  end if;
  if (select count(distinct j) from unnest(_journal) j) <> journals then
    raise exception 'a journal without transfers' using errcode = '23514';
  end if;

  -- The fingerprint covers everything the caller says but the day, which a closing may move.
  select array_agg(sha256(convert_to(concat_ws('|', _kind[k], _ref[k], _lot[k], _reverses[k], legs.text), 'utf8')) order by k)
    into prints
    from (select l.j as k, string_agg(concat_ws(',', d_o, d_b, c_o, c_b, a), ';' order by at) as text
            from unnest(_journal, _debit_owner, _debit_book, _credit_owner, _credit_book, _amount)
                 with ordinality l (j, d_o, d_b, c_o, c_b, a, at)
           group by l.j) legs;

  -- Who closes a day takes the same lock alone: while we hold it shared, no day of these operators closes.
  select array_agg(distinct o order by o) into operators
    from (select unnest(_debit_owner) o, unnest(_debit_book) b union select unnest(_credit_owner), unnest(_credit_book)) x
   where b = 'payable';
  perform pg_advisory_xact_lock_shared(3, o::int) from unnest(operators) o;
  if cardinality(operators) > 1 and exists (
       select from (select * from unnest(_journal, _debit_owner, _debit_book) union all
                    select * from unnest(_journal, _credit_owner, _credit_book)) l (j, o, b)
        where b = 'payable' group by j having min(o) <> max(o)) then
    raise exception 'a journal over the payables of two operators has no day' using errcode = '23514';
  end if;

  with landed as (
    insert into journal (owner_id, id, kind, ref, lot_id, operator_id, business_date, recorded_at, fingerprint, reverses)
    select _owner[k], _id[k], _kind[k], _ref[k], _lot[k], moved.operator,
           -- The fee belongs to the day it is kept from, which is closed before it is summed.
           case when _kind[k] = 'platform_fee' then _date[k] else greatest(_date[k], d.closed_through + 1) end,
           _now, prints[k], _reverses[k]
      from generate_subscripts(_id, 1) k
      left join (select j, min(o) as operator
                   from (select * from unnest(_journal, _debit_owner, _debit_book) union all
                         select * from unnest(_journal, _credit_owner, _credit_book)) l (j, o, b)
                  where b = 'payable' group by j) moved on moved.j = k
      left join operator_day d on d.operator_id = moved.operator
     order by _owner[k], _id[k]
    on conflict do nothing
    returning owner_id, id)
  select array_agg(l.id is not null order by k) into fresh
    from generate_subscripts(_id, 1) k left join landed l on l.owner_id = _owner[k] and l.id = _id[k];

  if exists (select from generate_subscripts(_id, 1) k join journal j on j.owner_id = _owner[k] and j.id = _id[k]
              where not fresh[k] and j.fingerprint <> prints[k]) then
    raise exception 'a journal of this id exists with other content' using errcode = '23505';
  end if;

  -- A journal is reversed once, by whatever kind of journal. The lock makes two who reverse the same one take turns.
  if exists (select from unnest(_reverses) r where r is not null) then
    perform 1 from journal j join unnest(_owner, _reverses) as x (o, r) on j.owner_id = x.o and j.id = x.r
     order by j.owner_id, j.id for no key update of j;
    if exists (select from journal j join unnest(_owner, _id, _reverses) as x (o, i, r)
                   on j.owner_id = x.o and j.reverses = x.r and j.id <> x.i) then
      raise exception 'the journal is reversed already' using errcode = '23505';
    end if;
  end if;

  insert into transfer (owner_id, journal_id, leg, debit_owner, debit_book, credit_owner, credit_book, amount_fen)
  select _owner[l.j], _id[l.j], row_number() over (partition by l.j order by at), d_o, d_b, c_o, c_b, a
    from unnest(_journal, _debit_owner, _debit_book, _credit_owner, _credit_book, _amount)
         with ordinality l (j, d_o, d_b, c_o, c_b, a, at)
   where fresh[l.j];

  -- Lock first, in one order; an UPDATE … FROM alone promises none.
  perform 1 from balance b
    join (select distinct o, k from unnest(_debit_owner || _credit_owner, _debit_book || _credit_book) t (o, k)) x
      on x.o = b.owner_id and x.k = b.book
   order by b.owner_id, b.book for update of b;
  with moved as (
    select o, k, sum(dr)::bigint as dr, sum(cr)::bigint as cr
      from (select d_o, d_b, a, 0::bigint from unnest(_journal, _debit_owner, _debit_book, _amount) l (j, d_o, d_b, a) where fresh[l.j]
            union all
            select c_o, c_b, 0, a from unnest(_journal, _credit_owner, _credit_book, _amount) l (j, c_o, c_b, a) where fresh[l.j]
           ) legs (o, k, dr, cr)
      join book on book.book = legs.k and book.mode = 'row'
     group by o, k),
  changed as (
    update balance b set debits = b.debits + m.dr, credits = b.credits + m.cr
      from moved m where b.owner_id = m.o and b.book = m.k
    returning 1)
  select (select count(*) from changed), (select count(*) from moved) into touched, expected;
  if touched <> expected then
    raise exception 'a book in row mode has no balance row' using errcode = '23503';
  end if;

  return query select k, not fresh[k] from generate_subscripts(_id, 1) k order by k;
end $$;

revoke execute on function post from public;
grant execute on function post to onelot_service;
grant select on book, journal, transfer, balance, operator_day to onelot_service;

-- Balance rows are opened with the account, never by a posting.
create function open_balances(_owner bigint) returns void
  language sql security definer set search_path = public, pg_temp as $$
  insert into balance (owner_id, book) select _owner, book from book where mode = 'row' on conflict do nothing
$$;
revoke execute on function open_balances from public;
grant execute on function open_balances to onelot_service;

-- What wallets hold, with the balance rows of their accounts locked in the order post() takes them. Locking needs the
-- right to update, which the service does not have: hence a function.
create function lock_wallets(_owner bigint[]) returns table (owner_id bigint, available_fen bigint)
  language sql security definer set search_path = public, pg_temp as $$
  with locked as materialized (
    select * from balance b where b.owner_id = any(_owner) order by b.owner_id, b.book for update)
  select l.owner_id, l.credits - l.debits from locked l where l.book = 'wallet'
$$;
revoke execute on function lock_wallets from public;
grant execute on function lock_wallets to onelot_service;
