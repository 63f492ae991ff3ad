-- The ledger again, with what a database of many nodes asks for and one does not mind: a closing day is a row to lock, no
-- statement changes rows inside another, what runs queries is PL/pgSQL, and the transaction's number is written by whoever
-- writes the row.

-- A day closes alone ------------------------------------------------------------------------------------------------

-- Whoever posts for an operator holds its row shared; whoever closes a day of it has the row alone. So it is there from
-- the first posting on, without a date until the first day is closed.
alter table operator_day alter column closed_through drop not null;
insert into operator_day (operator_id) select id from operator on conflict do nothing;
comment on table operator_day is 'The last settled business day of an operator (日结), null before the first. Nothing is booked into a closed day: postings hold the row shared, a closing has it alone.';

-- Journals and transfers --------------------------------------------------------------------------------------------

alter table journal alter column txid drop default;
alter table transfer alter column txid drop default;

-- A journal is closed by the end of its transaction: no transfer joins it later. The one trigger that queries: what it
-- refuses can be seen from two rows only, and a foreign key over txid would lock `journal` whenever a month is made.
create or replace function same_transaction() returns trigger language plpgsql set search_path from current as $$
declare
  owners bigint[];
  journals uuid[];
begin
  select array_agg(a.owner_id), array_agg(a.journal_id) into owners, journals
    from (select distinct owner_id, journal_id from added) a;
  if exists (select 1
               from unnest(owners, journals) a (owner_id, id)
               left join journal j on j.owner_id = a.owner_id and j.id = a.id
              where j.txid is distinct from pg_current_xact_id()) then
    raise exception 'a journal takes no transfers after its own transaction' using errcode = '23514';
  end if;
  return null;
end $$;

-- Post any number of journals in one call. Arrays run in parallel: the first group describes journals,
-- the second their legs, each naming its journal by position (from 1).
-- Returns a row per journal in the order given; replayed tells that the same journal was there already.
-- Refuses (23505) an id that exists with other content, and (23514) an empty journal, arrays that do not fit each other,
-- a journal over the payables of two operators, or a broken floor; a refusal leaves nothing of the whole call.
-- Locks in this order: days of operators, journals that are reversed, balances; each by its key (sql/parking/events.sql).
create or replace function post(
  _owner bigint[], _id uuid[], _kind journal_kind[], _ref uuid[], _lot int[], _date date[], _reverses uuid[], _now timestamptz,
  _journal int[], _debit_owner bigint[], _debit_book ledger_book[], _credit_owner bigint[], _credit_book ledger_book[], _amount bigint[]
) returns table (n int, replayed boolean)
  language plpgsql security definer set search_path from current as $$
declare
  journals int := coalesce(cardinality(_id), 0);
  transfers int := coalesce(cardinality(_journal), 0);
  xact xid8 := pg_current_xact_id();
  prints bytea[];
  payables bigint[];
  several boolean;
  operators bigint[];
  fresh boolean[];
  moved_owners bigint[];
  moved_books ledger_book[];
  moved_debits bigint[];
  moved_credits bigint[];
  touched int;
begin
  if journals = 0 and transfers = 0 then return; end if;
  if (cardinality(_owner), cardinality(_kind), cardinality(_ref), cardinality(_lot), cardinality(_date), cardinality(_reverses))
       is distinct from (journals, journals, journals, journals, journals, journals)
     or (cardinality(_debit_owner), cardinality(_debit_book), cardinality(_credit_owner), cardinality(_credit_book), cardinality(_amount))
       is distinct from (transfers, transfers, transfers, transfers, transfers) then
    raise exception 'arrays of one group differ in length' using errcode = '23514';
  end if;
  if exists (select 1 from unnest(_journal) j where j is null or j not between 1 and journals) then
    raise exception 'a transfer without a journal' using errcode = '23514';
  end if;
  if (select count(distinct j) from unnest(_journal) j) <> journals then
    raise exception 'a journal without transfers' using errcode = '23514';
  end if;

  -- The fingerprint covers everything the caller says but the day, which a closing may move.
  select array_agg(sha256(convert_to(concat_ws('|', _kind[k], _ref[k], _lot[k], _reverses[k], legs.text), 'utf8')) order by k),
         array_agg(legs.operator order by k), bool_or(legs.operator <> legs.other)
    into prints, payables, several
    from (select l.j as k, string_agg(concat_ws(',', d_o, d_b, c_o, c_b, a), ';' order by at) as text,
                 min(least(case when d_b = 'payable' then d_o end, case when c_b = 'payable' then c_o end)) as operator,
                 max(greatest(case when d_b = 'payable' then d_o end, case when c_b = 'payable' then c_o end)) as other
            from unnest(_journal, _debit_owner, _debit_book, _credit_owner, _credit_book, _amount)
                 with ordinality l (j, d_o, d_b, c_o, c_b, a, at)
           group by l.j) legs;
  if several then
    raise exception 'a journal over the payables of two operators has no day' using errcode = '23514';
  end if;

  -- While we hold their rows shared, no day of these operators closes.
  select array_agg(distinct o order by o) into operators from unnest(payables) o where o is not null;
  if operators is not null then
    perform 1 from operator_day d where d.operator_id = any(operators) order by d.operator_id for share;
    get diagnostics touched = row_count;
    if touched < cardinality(operators) then
      -- The first posting for an operator. Somebody else's first waits here for ours to end.
      insert into operator_day (operator_id) select o from unnest(operators) o order by o on conflict do nothing;
      perform 1 from operator_day d where d.operator_id = any(operators) order by d.operator_id for share;
    end if;
  end if;

  insert into journal (owner_id, id, kind, ref, lot_id, operator_id, business_date, recorded_at, fingerprint, reverses, txid)
  select _owner[k], _id[k], _kind[k], _ref[k], _lot[k], payables[k],
         -- The fee belongs to the day it is kept from, which is closed before it is summed.
         case when _kind[k] = 'platform_fee' then _date[k] else greatest(_date[k], d.closed_through + 1) end,
         _now, prints[k], _reverses[k], xact
    from generate_subscripts(_id, 1) k
    left join operator_day d on d.operator_id = payables[k]
   order by _owner[k], _id[k]
  on conflict do nothing;
  get diagnostics touched = row_count;
  if touched = journals then
    fresh := array_fill(true, array[journals]);
  else
    -- Some stood before: those have transfers.
    select array_agg(t.leg is null order by k) into fresh
      from generate_subscripts(_id, 1) k
      left join transfer t on t.owner_id = _owner[k] and t.journal_id = _id[k] and t.leg = 1;
    if exists (select 1
                 from generate_subscripts(_id, 1) k
                 join journal j on j.owner_id = _owner[k] and j.id = _id[k]
                where not fresh[k] and j.fingerprint <> prints[k]) then
      raise exception 'a journal of this id exists with other content' using errcode = '23505';
    end if;
  end if;

  -- A journal is reversed once, by whatever kind of journal. The lock makes two who reverse the same one take turns.
  if exists (select 1 from unnest(_reverses) r where r is not null) then
    perform 1 from journal j join unnest(_owner, _reverses) as x (o, r) on j.owner_id = x.o and j.id = x.r
     order by j.owner_id, j.id for no key update of j;
    if exists (select 1 from journal j join unnest(_owner, _id, _reverses) as x (o, i, r)
                   on j.owner_id = x.o and j.reverses = x.r and j.id <> x.i) then
      raise exception 'the journal is reversed already' using errcode = '23505';
    end if;
  end if;

  insert into transfer (owner_id, journal_id, leg, debit_owner, debit_book, credit_owner, credit_book, amount_fen, txid)
  select _owner[l.j], _id[l.j], row_number() over (partition by l.j order by at), d_o, d_b, c_o, c_b, a, xact
    from unnest(_journal, _debit_owner, _debit_book, _credit_owner, _credit_book, _amount)
         with ordinality l (j, d_o, d_b, c_o, c_b, a, at)
   where fresh[l.j];

  select array_agg(m.o), array_agg(m.k), array_agg(m.dr), array_agg(m.cr) into moved_owners, moved_books, moved_debits, moved_credits
    from (select o, k, sum(dr)::bigint as dr, sum(cr)::bigint as cr
            from (select d_o, d_b, a, 0::bigint from unnest(_journal, _debit_owner, _debit_book, _amount) l (j, d_o, d_b, a) where fresh[l.j]
                  union all
                  select c_o, c_b, 0, a from unnest(_journal, _credit_owner, _credit_book, _amount) l (j, c_o, c_b, a) where fresh[l.j]
                 ) legs (o, k, dr, cr)
            join book on book.book = legs.k and book.mode = 'row'
           group by o, k) m;
  if moved_owners is not null then
    -- Lock first, in one order; an UPDATE … FROM alone promises none.
    perform 1 from balance b join unnest(moved_owners, moved_books) m (o, k) on b.owner_id = m.o and b.book = m.k
     where b.owner_id = any(moved_owners)
     order by b.owner_id, b.book for update of b;
    update balance b set debits = b.debits + m.dr, credits = b.credits + m.cr
      from unnest(moved_owners, moved_books, moved_debits, moved_credits) m (o, k, dr, cr)
     where b.owner_id = m.o and b.book = m.k and b.owner_id = any(moved_owners);
    get diagnostics touched = row_count;
    if touched <> cardinality(moved_owners) then
      raise exception 'a book in row mode has no balance row' using errcode = '23503';
    end if;
  end if;

  return query select k, not fresh[k] from generate_subscripts(_id, 1) k order by k;
end $$;

-- Balance rows are opened with the account, never by a posting.
create or replace function open_balances(_owner bigint) returns void
  language plpgsql security definer set search_path from current as $$
begin
  insert into balance (owner_id, book) select _owner, k.book from book k where k.mode = 'row' on conflict do nothing;
end $$;

-- What wallets hold, with the balance rows of their accounts locked in the order post() takes them. Locking needs the
-- right to update, which the service does not have: hence a function.
create or replace function lock_wallets(_owner bigint[]) returns table (owner_id bigint, available_fen bigint)
  language plpgsql security definer set search_path from current as $$
begin
  perform 1 from balance b where b.owner_id = any(_owner) order by b.owner_id, b.book for update;
  return query select b.owner_id, b.credits - b.debits from balance b where b.owner_id = any(_owner) and b.book = 'wallet';
end $$;
