-- What adjustments of a charge may move, and how much: that by which what is owed grew or shrank. What a journal about the
-- charge itself moves is what it was first billed over, or what the last attempt paid of it.

alter table journal_rule drop constraint journal_rule_about_check;
alter table journal_rule add constraint journal_rule_about_check check (
    about in ('charge', 'adjustment', 'refund', 'return', 'top_up', 'dispute', 'settlement', 'journal'));
insert into journal_rule values
  -- As stays that gateways hand in late.
  ('charge_raised',  'adjustment', true, 'nothing', 45, 'gross'),
  ('charge_lowered', 'adjustment', true, 'nothing', 45, 'given_back');
insert into transfer_rule values
  ('charge_raised',  'receivable',        'driver',   'payable',           'operator'),
  ('charge_raised',  'casual_receivable', 'casual',   'payable',           'operator'),
  ('charge_lowered', 'payable',           'operator', 'receivable',        'driver'),
  ('charge_lowered', 'payable',           'operator', 'casual_receivable', 'casual');
comment on column journal.ref is 'The charge, adjustment, refund, top-up, dispute, settlement or journal it is about.';

-- Post any number of journals in one call. Arrays run in parallel: the first group describes journals,
-- the second their legs, each naming its journal by position (from 1).
-- Returns a row per journal in the order given; replayed tells that the same journal was there already.
-- Refuses (23505) an id that exists with other content, and (23514) arrays that do not fit each other, a journal that
-- names nothing that exists, one whose owner, books, amount or day its kind does not allow (journal_rule,
-- transfer_rule), what is no mirror of the journal it reverses, or a broken floor; a refusal leaves nothing of the whole
-- call.
-- Locks in this order: days of operators, journals that are reversed, balances; each by its key (sql/parking/events.sql).
create or replace function post(
  _owner bigint[], _id uuid[], _kind journal_kind[], _ref uuid[], _lot int[], _date date[], _reverses uuid[], _now timestamptz,
  _journal int[], _debit_owner bigint[], _debit_book ledger_book[], _credit_owner bigint[], _credit_book ledger_book[], _amount bigint[]
) returns table (n int, replayed boolean)
  language plpgsql security definer set search_path from current set onelot.posting = 'on' as $$
declare
  platform constant bigint := 1;
  days_ahead_max constant int := 62;
  journals int := coalesce(cardinality(_id), 0);
  transfers int := coalesce(cardinality(_journal), 0);
  xact xid8 := pg_current_xact_id();
  subject text;
  channels bigint[];
  named int[];
  mixed boolean := false;
  operators bigint[];
  amounts bigint[];
  made timestamptz;
  some_named int[];
  some_operators bigint[];
  some_amounts bigint[];
  some_made timestamptz;
  prints bytea[];
  allowed boolean;
  days bigint[];
  reversing boolean;
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

  -- What the journals name: who owns them, whom they concern, how much it is about, and since when it is known.
  for subject in select distinct r.about from journal_rule r where r.kind = any(_kind) loop
    case subject
    when 'charge' then
      -- Billed and withdrawn is what it cost at first, paid what the last attempt paid of it.
      select array_agg(f.k order by f.k), array_agg(c.operator_id order by f.k),
             array_agg(case when f.kind = 'charge_paid' then
                         (select a.paid_fen from attempt a
                           where a.shard = c.lot_id and a.payable_id = c.id and a.id = c.paid_attempt_id)
                       else c.first_fen end order by f.k),
             max(c.created_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _lot, _owner) with ordinality f (kind, ref, lot, owner, k)
        join journal_rule r on r.kind = f.kind and r.about = 'charge'
        join charge c on c.lot_id = f.lot and c.id = f.ref and coalesce(c.account_id, c.operator_id) = f.owner;
    when 'adjustment' then
      select array_agg(f.k order by f.k), array_agg(c.operator_id order by f.k),
             array_agg(case f.kind when 'charge_lowered' then -d.owed_fen else d.owed_fen end order by f.k), max(d.made_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _lot, _owner) with ordinality f (kind, ref, lot, owner, k)
        join journal_rule r on r.kind = f.kind and r.about = 'adjustment'
        join charge_adjustment d on d.lot_id = f.lot and d.id = f.ref and d.charge_id between id_first(f.ref) and id_last(f.ref)
        join charge c on c.lot_id = d.lot_id and c.id = d.charge_id and coalesce(c.account_id, c.operator_id) = f.owner;
    when 'refund' then
      select array_agg(f.k order by f.k), array_agg(c.operator_id order by f.k), array_agg(d.amount_fen order by f.k), max(d.created_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _lot, _owner) with ordinality f (kind, ref, lot, owner, k)
        join journal_rule r on r.kind = f.kind and r.about = 'refund'
        join refund d on d.shard = f.lot and d.id = f.ref and d.payable_id between id_first(f.ref) and id_last(f.ref)
                     and d.dispute_id is null
        join charge c on c.lot_id = d.shard and c.id = d.payable_id and coalesce(c.account_id, c.operator_id) = f.owner;
    when 'return' then
      select array_agg(f.k order by f.k), array_agg(c.operator_id order by f.k), array_agg(d.amount_fen order by f.k), max(d.created_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _lot, _owner) with ordinality f (kind, ref, lot, owner, k)
        join journal_rule r on r.kind = f.kind and r.about = 'return'
        join refund d on d.shard = coalesce(f.lot, f.owner) and d.id = f.ref
                     and d.payable_id between id_first(f.ref) and id_last(f.ref) and d.dispute_id is not null
        left join charge c on c.lot_id = f.lot and c.id = d.payable_id
       where coalesce(c.account_id, c.operator_id, d.shard) = f.owner and (c.id is null) = (f.lot is null);
    when 'top_up' then
      select array_agg(f.k order by f.k), array_agg(null::bigint order by f.k), array_agg(u.amount_fen order by f.k), max(u.created_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _owner) with ordinality f (kind, ref, owner, k)
        join journal_rule r on r.kind = f.kind and r.about = 'top_up'
        join top_up u on u.account_id = f.owner and u.id = f.ref;
    when 'dispute' then
      select array_agg(f.k order by f.k), array_agg(c.operator_id order by f.k), array_agg(d.held_fen order by f.k), max(d.opened_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _lot, _owner) with ordinality f (kind, ref, lot, owner, k)
        join journal_rule r on r.kind = f.kind and r.about = 'dispute'
        join dispute d on d.shard = coalesce(f.lot, f.owner) and d.id = f.ref
        left join charge c on d.payable = 'charge' and c.lot_id = f.lot and c.id = d.payable_id
       where coalesce(c.account_id, c.operator_id, d.shard) = f.owner
         and (c.id is null) = (f.lot is null) and (c.id is null) = (d.payable <> 'charge');
    when 'settlement' then
      select array_agg(f.k order by f.k), array_agg(s.operator_id order by f.k), array_agg(s.platform_fee_fen order by f.k), max(s.settled_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _owner, _date) with ordinality f (kind, ref, owner, day, k)
        join journal_rule r on r.kind = f.kind and r.about = 'settlement'
        join settlement s on s.operator_id = f.owner and s.business_date = f.day and s.id = f.ref;
    when 'journal' then
      select array_agg(f.k order by f.k), array_agg(j.operator_id order by f.k), array_agg(null::bigint order by f.k), max(j.recorded_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _lot, _owner, _reverses) with ordinality f (kind, ref, lot, owner, reverses, k)
        join journal_rule r on r.kind = f.kind and r.about = 'journal'
        join journal j on j.owner_id = f.owner and j.id = f.ref and j.id = f.reverses and j.lot_id is not distinct from f.lot;
    end case;
    made := greatest(made, some_made);
    if named is null then
      named := some_named; operators := some_operators; amounts := some_amounts;
    else
      named := named || some_named; operators := operators || some_operators; amounts := amounts || some_amounts;
      mixed := true;
    end if;
  end loop;
  if cardinality(named) is distinct from journals then
    raise exception 'a journal names nothing that exists, or is not its owner''s' using errcode = '23514';
  end if;
  if mixed then
    select array_agg(f.operator order by f.k), array_agg(f.amount order by f.k) into operators, amounts
      from unnest(named, operators, amounts) f (k, operator, amount);
  end if;

  -- The fingerprint covers everything the caller says but the day, which stands beside it.
  channels := array(select owner_id from channel);
  select array_agg(sha256(convert_to(concat_ws('|', _kind[k], _ref[k], _lot[k], _reverses[k], legs.text), 'utf8')) order by k),
         count(*) = journals and bool_and(legs.known) and bool_and(not legs.whole or legs.amount = amounts[k]),
         bool_or(legs.reversing)
    into prints, allowed, reversing
    from (select l.j as k, string_agg(concat_ws(',', d_o, d_b, c_o, c_b, a), ';' order by l.at) as text,
                 bool_and(r.reverses = 'anything' or t.kind is not null) as known,
                 sum(a * t.sign) as amount, bool_or(r.whole) as whole, bool_or(r.reverses <> 'nothing') as reversing
            from unnest(_journal, _debit_owner, _debit_book, _credit_owner, _credit_book, _amount)
                 with ordinality l (j, d_o, d_b, c_o, c_b, a, at)
            join journal_rule r on r.kind = _kind[l.j] and (r.reverses = 'nothing') = (_reverses[l.j] is null)
            left join transfer_rule t
              on t.kind = _kind[l.j] and t.debit_book = d_b and t.credit_book = c_b
             and case t.debit_owner
                   when 'driver' then d_o = _owner[l.j] and d_o is distinct from operators[l.j]
                   when 'casual' then d_o = _owner[l.j] and d_o = operators[l.j]
                   when 'operator' then d_o = operators[l.j]
                   when 'channel' then d_o = any(channels)
                   else d_o = platform end
             and case t.credit_owner
                   when 'driver' then c_o = _owner[l.j] and c_o is distinct from operators[l.j]
                   when 'casual' then c_o = _owner[l.j] and c_o = operators[l.j]
                   when 'operator' then c_o = operators[l.j]
                   when 'channel' then c_o = any(channels)
                   else c_o = platform end
           group by l.j) legs;
  if allowed is distinct from true then
    raise exception 'a journal moves what its kind does not allow, or another amount than that of what it names'
      using errcode = '23514';
  end if;

  -- While we hold their rows shared, no day of these operators, or of the city, closes.
  select array_agg(distinct coalesce(o, platform) order by coalesce(o, platform)) into days from unnest(operators) o;
  perform 1 from operator_day d where d.operator_id = any(days) order by d.operator_id for share;
  get diagnostics touched = row_count;
  if touched < cardinality(days) then
    -- The first posting for an operator. Somebody else's first waits here for ours to end.
    insert into operator_day (operator_id) select o from unnest(days) o order by o on conflict do nothing;
    perform 1 from operator_day d where d.operator_id = any(days) order by d.operator_id for share;
  end if;

  insert into journal (owner_id, id, kind, ref, lot_id, operator_id, business_date, occurred_on, recorded_at, fingerprint, reverses, txid)
  select f.owner, f.id, f.kind, f.ref, f.lot, f.operator,
         -- The fee belongs to the day it is kept from, which is closed before it is summed.
         case when f.kind = 'platform_fee' then f.day else greatest(f.day, d.closed_through + 1) end,
         f.day, _now, f.print, f.reverses, xact
    from unnest(_owner, _id, _kind, _ref, _lot, operators, _date, prints, _reverses)
         f (owner, id, kind, ref, lot, operator, day, print, reverses)
    left join operator_day d on d.operator_id = coalesce(f.operator, platform)
   order by f.owner, f.id
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
                where not fresh[k] and (j.fingerprint <> prints[k] or j.occurred_on <> _date[k])) then
      raise exception 'a journal of this id exists with other content' using errcode = '23505';
    end if;
  end if;

  if _now < made - interval '1 day'
     or exists (select 1
                  from (select distinct f.kind, f.day
                          from unnest(fresh, _kind, _date) f (fresh, kind, day) where f.fresh) f
                  join journal_rule r on r.kind = f.kind
                 where f.day > least((_now at time zone 'UTC')::date + 1, (now() at time zone 'UTC')::date + days_ahead_max)
                    or f.day < (greatest(_now, made) at time zone 'UTC')::date - r.days_back_max) then
    raise exception 'the day of a journal lies too far from what it names' using errcode = '23514';
  end if;

  -- A journal is reversed once, by whatever kind of journal. The lock makes two who reverse the same one take turns.
  if reversing then
    perform 1 from journal j join unnest(_owner, _reverses) as x (o, r) on j.owner_id = x.o and j.id = x.r
     order by j.owner_id, j.id for no key update of j;
    if exists (select 1 from journal j join unnest(_owner, _id, _reverses) as x (o, i, r)
                   on j.owner_id = x.o and j.reverses = x.r and j.id <> x.i) then
      raise exception 'the journal is reversed already' using errcode = '23505';
    end if;
    if exists (
         select 1
           from generate_subscripts(_id, 1) k
           join journal_rule r on r.kind = _kind[k]
           left join journal j on j.owner_id = _owner[k] and j.id = _reverses[k] and j.reverses is null
                              and r.reverses in (j.kind::text, 'anything') and j.operator_id is not distinct from operators[k]
          where r.reverses <> 'nothing' and _reverses[k] is not null
            and (j.id is null
                 or (select array_agg(row(t.credit_owner, t.credit_book, t.debit_owner, t.debit_book, t.amount_fen) order by t.leg)
                       from transfer t where t.owner_id = _owner[k] and t.journal_id = _reverses[k])
                    is distinct from
                    (select array_agg(row(l.d_o, l.d_b, l.c_o, l.c_b, l.a) order by l.at)
                       from unnest(_journal, _debit_owner, _debit_book, _credit_owner, _credit_book, _amount)
                            with ordinality l (j, d_o, d_b, c_o, c_b, a, at)
                      where l.j = k))) then
      raise exception 'what reverses a journal is its exact mirror' using errcode = '23514';
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

-- What an adjustment moves is of the day of its stay, whichever way.
create or replace view movement as
  select j.operator_id, j.business_date, coalesce(j.lot_id, 0) as lot_id, r.statement, j.kind,
         coalesce(billed.day, j.occurred_on, j.business_date) as traded_on,
         case when r.statement in ('given_back', 'fee') and t.credit_book = 'payable' then -t.amount_fen
              when r.statement in ('given_back', 'fee') and t.debit_book <> 'payable' then 0
              else t.amount_fen end as fen
    from journal j
    join journal_rule r on r.kind = j.kind and r.statement is not null
    join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
    left join lateral (
           select coalesce(b.occurred_on, b.business_date) as day
             from journal b
            where (r.statement = 'given_back' or r.about = 'adjustment')
              and b.owner_id = j.owner_id and b.id between id_first(j.id) and id_last(j.id) and b.kind = 'stay_billed'
              and b.ref = case r.about
                            when 'charge' then j.ref
                            when 'adjustment' then (select d.charge_id from charge_adjustment d
                                                     where d.lot_id = j.lot_id and d.id = j.ref
                                                       and d.charge_id between id_first(j.id) and id_last(j.id))
                            when 'refund' then (select d.payable_id from refund d
                                                 where d.shard = j.lot_id and d.id = j.ref
                                                   and d.payable_id between id_first(j.id) and id_last(j.id))
                            else (select v.ref from journal v where v.owner_id = j.owner_id and v.id = j.reverses) end
            limit 1) billed on true
   where j.operator_id is not null;

-- The lines of a correction are forgotten as those of its charge are: what was counted stays, and not when.
create function without_times(_lines jsonb) returns jsonb
  language plpgsql immutable strict parallel safe set search_path from current as $$
begin
  return coalesce((select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                            'kind', line->'kind', 'amount_fen', line->'amount_fen', 'units', line->'units',
                            'unit_fen', line->'unit_fen', 'label_zh', line->'label_zh',
                            'label_en', line->'label_en')) order by n)
                     from jsonb_array_elements(_lines) with ordinality each (line, n)), '[]');
end $$;

-- A day of what has been kept long enough; tells whether more is left. By the clock of the database where ours is ahead.
create or replace function forget_a_day(_what text, _now timestamptz) returns boolean
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
    update charge c set place_hidden = true, lines = without_times(c.lines) where c.id >= since and c.id < until;
    update charge_adjustment a set lines = without_times(a.lines) where a.charge_id >= since and a.charge_id < until;
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
