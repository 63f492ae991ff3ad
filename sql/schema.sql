-- The schema as sql/migrations leaves it: read this first. Written by `make schema`; do not edit.
-- Left out: the partitions. Every table "partition by range" has one a month (sql/migrations/0001) and a default.

CREATE TYPE public.account_status AS ENUM (
    'active',
    'suspended'
);

CREATE TYPE public.attempt_state AS ENUM (
    'submitting',
    'accepted',
    'unknown',
    'succeeded',
    'declined',
    'failed',
    'void',
    'superseded'
);

CREATE TYPE public.charge_state AS ENUM (
    'due',
    'paid',
    'void'
);

CREATE TYPE public.direction AS ENUM (
    'entry',
    'exit'
);

CREATE TYPE public.event_status AS ENUM (
    'recorded',
    'review'
);

CREATE TYPE public.gate_command AS ENUM (
    'open',
    'hold',
    'none'
);

CREATE TYPE public.journal_kind AS ENUM (
    'stay_billed',
    'charge_voided',
    'charge_paid',
    'refund_requested',
    'refund_paid',
    'refund_closed',
    'top_up',
    'platform_fee',
    'overpaid',
    'reversal'
);

CREATE TYPE public.ledger_book AS ENUM (
    'wallet',
    'receivable',
    'casual_receivable',
    'payable',
    'clearing',
    'platform_income',
    'refund_payable',
    'suspense'
);

CREATE TYPE public.lot_kind AS ENUM (
    'road',
    'garage',
    'hospital',
    'station',
    'scenic',
    'mall',
    'office',
    'residential'
);

CREATE TYPE public.payable_kind AS ENUM (
    'charge',
    'top_up'
);

CREATE TYPE public.payment_kind AS ENUM (
    'not_needed',
    'will_be_charged',
    'pay_at_gate'
);

CREATE TYPE public.plate_color AS ENUM (
    'blue',
    'yellow',
    'green',
    'yellow_green',
    'white',
    'black',
    'unknown'
);

CREATE TYPE public.refund_state AS ENUM (
    'requested',
    'unknown',
    'succeeded',
    'closed'
);

CREATE TYPE public.review_reason AS ENUM (
    'kind_contradicts_lane',
    'no_plate',
    'unknown_plate_form',
    'low_confidence',
    'clock_ahead',
    'clock_behind',
    'long_stay',
    'entry_while_inside',
    'entry_out_of_order',
    'entry_during_stay',
    'exit_without_entry',
    'exit_during_stay',
    'could_not_apply'
);

CREATE TYPE public.settlement_stage AS ENUM (
    'started',
    'done'
);

CREATE TYPE public.stay_state AS ENUM (
    'closed',
    'superseded',
    'exit_only'
);

CREATE TYPE public.tariff_state AS ENUM (
    'draft',
    'published'
);

CREATE TYPE public.vehicle_class AS ENUM (
    'small',
    'large',
    'motorcycle',
    'unknown'
);

CREATE FUNCTION public.analyze_grown() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  part record;
  done int := 0;
begin
  for part in
    select c.oid::regclass as name
      from growing_table g
      join pg_inherits i on i.inhparent = to_regclass(g.name)
      join pg_class c on c.oid = i.inhrelid
      join pg_stat_user_tables s on s.relid = c.oid
     where s.n_live_tup > 500 and s.n_live_tup > 4 * greatest(c.reltuples, 0)
  loop
    execute format('analyze %s', part.name);
    done := done + 1;
  end loop;
  return done;
end $$;

CREATE FUNCTION public.close_day(_operator bigint, _date date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  if _date is null or _date > current_date + 1 then
    raise exception 'the day % is not over and cannot be closed', _date using errcode = '22008';
  end if;
  insert into operator_day (operator_id, closed_through) values (_operator, _date)
  on conflict (operator_id) do update set closed_through = greatest(operator_day.closed_through, excluded.closed_through);
end $$;

CREATE FUNCTION public.create_month_partition(_table text, _month date) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  name text := format('%s_%s', _table, to_char(_month, 'YYYY_MM'));
  starts uuid := id_floor(_month::timestamp at time zone 'UTC');
  ends uuid := id_floor((_month + interval '1 month')::timestamp at time zone 'UTC');
begin
  if to_regclass(name) is not null then return; end if;
  execute format('create table %I (like %I including defaults including constraints including generated)', name, _table);
  perform guard_partition(_table, name);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', _table, name, starts, ends);
end $$;

CREATE FUNCTION public.create_partitions(_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $$
declare
  grown record;
  month date;
  failed int := 0;
begin
  if _now is null or abs(extract(epoch from _now - now())) > 10 * 366 * 86400.0 then
    raise exception 'no months are made for %, which is more than ten years from now', _now using errcode = '22008';
  end if;
  for grown in select name from growing_table order by name loop
    for month in
      select generate_series(date_trunc('month', _now at time zone 'UTC') - interval '2 months',
                             date_trunc('month', _now at time zone 'UTC') + interval '3 months', '1 month')::date
    loop
      begin
        perform create_month_partition(grown.name, month);
      exception
        when lock_not_available then
          failed := failed + 1;
          raise warning '% is busy: no partitions were made for it', grown.name;
          exit;   -- Its other months would wait as long.
        when others then
          failed := failed + 1;
          raise warning 'no partition of % for %: %', grown.name, month, sqlerrm;
      end;
    end loop;
  end loop;
  return failed;
end $$;

CREATE FUNCTION public.deny() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  raise exception 'the ledger only grows: % on % is refused', tg_op, tg_table_name using errcode = '23514';
end $$;

CREATE FUNCTION public.drop_expired(_table text, _now timestamp with time zone) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $_$
declare
  months int;
  kept uuid;
  part record;
begin
  select keep_months into months from growing_table where name = _table;
  if months is null then return; end if;
  kept := id_floor((date_trunc('month', least(_now, now()) at time zone 'UTC') - make_interval(months => months))
                   at time zone 'UTC');
  update growing_table set kept_from = kept where name = _table and kept_from < kept;
  for part in
    select c.relname as name, id_floor(month at time zone 'UTC') as first_id,
           id_floor((month + interval '1 month') at time zone 'UTC') as next_id
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
     cross join lateral cast(to_date(right(c.relname, 7), 'YYYY_MM') as timestamp) month
     where i.inhparent = to_regclass(_table)
     order by c.relname
  loop
    if part.next_id > kept then continue; end if;
    if _table = 'stay' and exists (select 1 from open_stay where id >= part.first_id and id < part.next_id) then
      continue;
    end if;
    execute format('drop table %I', part.name);
    return next part.name;
  end loop;
end $_$;

CREATE FUNCTION public.grow(_table text, _keep_months integer DEFAULT NULL::integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  insert into growing_table (name, keep_months) values (_table, _keep_months);
  execute format('create table %I partition of %I default', _table || '_default', _table);
  -- An invariant watches that nothing stays there.
  execute format('grant select on %I to onelot_service', _table || '_default');
end $$;

CREATE FUNCTION public.guard_partition(_table text, _partition text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  guard record;
begin
  for guard in
    select pg_get_triggerdef(oid) as text from pg_trigger
     where tgrelid = to_regclass(_table) and not tgisinternal and tgtype & 1 = 0
  loop
    execute regexp_replace(guard.text, ' ON \S+ ', format(' ON %I ', _partition));
  end loop;
end $$;

CREATE FUNCTION public.guard_published() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  if tg_op = 'TRUNCATE' or old.state = 'published' then
    raise exception 'a published tariff stays as it is; register a new version' using errcode = '23514';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$;

CREATE FUNCTION public.id_floor(_at timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ((lpad(to_hex(((EXTRACT(epoch FROM _at) * (1000)::numeric))::bigint), 12, '0'::text) || repeat('0'::text, 20)))::uuid;

CREATE FUNCTION public.id_instant(_id uuid) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN to_timestamp((((((('x'::text || "left"(replace((_id)::text, '-'::text, ''::text), 12)))::bit(48))::bigint)::numeric / 1000.0))::double precision);

CREATE FUNCTION public.lock_wallets(_owner bigint[]) RETURNS TABLE(owner_id bigint, available_fen bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  perform 1 from balance b where b.owner_id = any(_owner) order by b.owner_id, b.book for update;
  return query select b.owner_id, b.credits - b.debits from balance b where b.owner_id = any(_owner) and b.book = 'wallet';
end $$;

CREATE FUNCTION public.open_balances(_owner bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  insert into balance (owner_id, book) select _owner, k.book from book k where k.mode = 'row' on conflict do nothing;
end $$;

CREATE FUNCTION public.post(_owner bigint[], _id uuid[], _kind public.journal_kind[], _ref uuid[], _lot integer[], _date date[], _reverses uuid[], _now timestamp with time zone, _journal integer[], _debit_owner bigint[], _debit_book public.ledger_book[], _credit_owner bigint[], _credit_book public.ledger_book[], _amount bigint[]) RETURNS TABLE(n integer, replayed boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

CREATE FUNCTION public.same_transaction() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

CREATE SEQUENCE public.owner_id
    START WITH 1001
    INCREMENT BY 1
    NO MINVALUE
    MAXVALUE 1073741823
    CACHE 1;

CREATE TABLE public.account (
    id bigint DEFAULT nextval('public.owner_id'::regclass) NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    status public.account_status DEFAULT 'active'::public.account_status NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT account_id_fits_identifiers CHECK (((id > 0) AND (id < (1 << 30))))
);

COMMENT ON TABLE public.account IS 'A driver who pays (车主账户). Its id is an owner in the ledger; the wallet is a balance there.';

CREATE TABLE public.account_plate (
    plate text NOT NULL,
    plate_color public.plate_color NOT NULL,
    account_id bigint NOT NULL,
    linked_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.account_plate IS 'Which account pays for a plate. A plate is its text and its colour: the same text on blue and on yellow is two vehicles.';

CREATE TABLE public.attempt (
    shard integer CONSTRAINT attempt_lot_id_not_null NOT NULL,
    payable_id uuid CONSTRAINT attempt_charge_id_not_null NOT NULL,
    id uuid NOT NULL,
    request_no text NOT NULL,
    channel text NOT NULL,
    amount_fen bigint NOT NULL,
    state public.attempt_state NOT NULL,
    code text,
    request jsonb DEFAULT '{}'::jsonb NOT NULL,
    tries integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    query_at timestamp with time zone,
    kind public.payable_kind NOT NULL,
    next_action jsonb,
    CONSTRAINT attempt_amount_fen_check CHECK ((amount_fen > 0)),
    CONSTRAINT unresolved_is_queried CHECK (((query_at IS NULL) OR (state = ANY (ARRAY['submitting'::public.attempt_state, 'accepted'::public.attempt_state, 'unknown'::public.attempt_state]))))
)
PARTITION BY RANGE (payable_id);

COMMENT ON TABLE public.attempt IS 'One try to collect a charge or a top-up through one channel (扣费尝试). request_no is what the channel knows it by and is committed before the first byte is sent.';

COMMENT ON COLUMN public.attempt.shard IS 'Where the payable lies: the lot of a charge, the account of a top-up.';

COMMENT ON COLUMN public.attempt.payable_id IS 'The charge or the top-up it pays, as kind says.';

COMMENT ON COLUMN public.attempt.next_action IS 'What the payer needs to go on with an accepted payment, as the provider gave it; null if nothing.';

CREATE TABLE public.audit (
    owner_id bigint NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL
)
PARTITION BY RANGE (id);

COMMENT ON TABLE public.audit IS 'Who did what, when: every change a person or a key made outside the flow of events. It only grows.';

CREATE TABLE public.balance (
    owner_id bigint NOT NULL,
    book public.ledger_book NOT NULL,
    currency character(3) DEFAULT 'CNY'::bpchar NOT NULL,
    debits bigint DEFAULT 0 NOT NULL,
    credits bigint DEFAULT 0 NOT NULL,
    CONSTRAINT balance_credits_check CHECK ((credits >= 0)),
    CONSTRAINT balance_debits_check CHECK ((debits >= 0)),
    CONSTRAINT receivable_floor CHECK (((book <> 'receivable'::public.ledger_book) OR (debits >= credits))),
    CONSTRAINT wallet_floor CHECK (((book <> 'wallet'::public.ledger_book) OR (credits >= debits)))
)
WITH (fillfactor='50');

COMMENT ON TABLE public.balance IS 'Balances of the books kept in row mode; always equal to the sum of their transfers.';

CREATE TABLE public.book (
    book public.ledger_book NOT NULL,
    kind text NOT NULL,
    mode text NOT NULL,
    floored boolean NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    CONSTRAINT book_kind_check CHECK ((kind = ANY (ARRAY['asset'::text, 'liability'::text, 'income'::text, 'expense'::text]))),
    CONSTRAINT book_mode_check CHECK ((mode = ANY (ARRAY['row'::text, 'append'::text]))),
    CONSTRAINT only_rows_have_floors CHECK (((mode = 'row'::text) OR (NOT floored)))
);

COMMENT ON TABLE public.book IS 'The chart of accounts. row: a balance row is kept and locked; append: hot, only transfers, summed when asked.';

CREATE TABLE public.catalog_version (
    only_row boolean DEFAULT true NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT catalog_version_only_row_check CHECK (only_row)
);

COMMENT ON TABLE public.catalog_version IS 'Moves with every change of the network, so that a revoked key or a new lane is known within a second. Who changes the network by hand moves it by hand.';

CREATE TABLE public.channel_local_payment (
    number text NOT NULL,
    amount_fen bigint NOT NULL,
    payer text NOT NULL,
    state text NOT NULL,
    code text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT channel_local_payment_amount_fen_check CHECK ((amount_fen > 0)),
    CONSTRAINT channel_local_payment_state_check CHECK ((state = ANY (ARRAY['accepted'::text, 'succeeded'::text, 'failed'::text])))
);

COMMENT ON TABLE public.channel_local_payment IS 'The local test channel''s own books, as an outside provider holds them: what it was asked to take.';

CREATE TABLE public.channel_local_refund (
    number text NOT NULL,
    payment_number text NOT NULL,
    amount_fen bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT channel_local_refund_amount_fen_check CHECK ((amount_fen > 0))
);

COMMENT ON TABLE public.channel_local_refund IS 'The local test channel''s own books: what it gave back.';

CREATE TABLE public.charge (
    lot_id integer NOT NULL,
    id uuid NOT NULL,
    stay_id uuid NOT NULL,
    operator_id bigint NOT NULL,
    account_id bigint,
    amount_fen bigint NOT NULL,
    refunded_fen bigint DEFAULT 0 NOT NULL,
    state public.charge_state DEFAULT 'due'::public.charge_state NOT NULL,
    method text,
    lines jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    paid_at timestamp with time zone,
    collect_at timestamp with time zone,
    collect_tries integer DEFAULT 0 NOT NULL,
    CONSTRAINT amount_positive CHECK ((amount_fen > 0)),
    CONSTRAINT only_due_is_collected CHECK (((collect_at IS NULL) OR ((state = 'due'::public.charge_state) AND (account_id IS NOT NULL)))),
    CONSTRAINT paid_is_whole CHECK (((state = 'paid'::public.charge_state) = ((paid_at IS NOT NULL) AND (method IS NOT NULL)))),
    CONSTRAINT refunded_within_amount CHECK (((refunded_fen >= 0) AND (refunded_fen <= amount_fen)))
)
PARTITION BY RANGE (id);

COMMENT ON TABLE public.charge IS 'What a stay costs (应收), its price explained line by line. The id follows from the stay''s, so a stay is charged once.';

COMMENT ON COLUMN public.charge.account_id IS 'Who pays: the account the plate was linked to when the vehicle left; null for a casual driver.';

COMMENT ON COLUMN public.charge.collect_at IS 'When the worker tries next to take it from the account; null when it does not.';

CREATE VIEW public.disputed_payment AS
 SELECT kind,
    shard,
    payable_id,
    id,
    request_no,
    channel,
    amount_fen,
    state,
    updated_at
   FROM public.attempt
  WHERE ((state = ANY (ARRAY['submitting'::public.attempt_state, 'accepted'::public.attempt_state, 'unknown'::public.attempt_state])) AND (code = 'evidence_mismatch'::text));

COMMENT ON VIEW public.disputed_payment IS 'Payments whose channel named another number or amount than was asked for. They wait for a person.';

CREATE TABLE public.gate (
    id integer NOT NULL,
    lot_id integer NOT NULL,
    code text NOT NULL,
    name text DEFAULT ''::text NOT NULL
);

COMMENT ON TABLE public.gate IS 'A place where vehicles pass the border of a lot (出入口); it has one or more lanes.';

CREATE TABLE public.gate_event (
    lot_id integer NOT NULL,
    id uuid NOT NULL,
    gateway_id integer NOT NULL,
    event_id text NOT NULL,
    lane_id integer NOT NULL,
    kind public.direction NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    replay boolean NOT NULL,
    plate text NOT NULL,
    plate_read text NOT NULL,
    plate_color public.plate_color NOT NULL,
    color_read public.plate_color NOT NULL,
    vehicle_class public.vehicle_class NOT NULL,
    confidence real NOT NULL,
    images jsonb,
    remaining_spaces integer,
    content_hash bytea NOT NULL,
    status public.event_status NOT NULL,
    reason public.review_reason,
    gate public.gate_command NOT NULL,
    stay_id uuid,
    fee_fen bigint,
    payment public.payment_kind,
    CONSTRAINT confidence_is_share CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision))),
    CONSTRAINT fee_not_negative CHECK ((fee_fen >= 0)),
    CONSTRAINT review_has_reason CHECK (((status = 'review'::public.event_status) = (reason IS NOT NULL)))
)
PARTITION BY RANGE (id);

COMMENT ON TABLE public.gate_event IS 'Every plate event a gateway sent, once, with the answer it got. plate is empty when the camera read none.';

COMMENT ON COLUMN public.gate_event.occurred_at IS 'What the device''s clock said.';

COMMENT ON COLUMN public.gate_event.effective_at IS 'The instant the rules use: occurred_at, or received_at where a live event''s clock is off.';

COMMENT ON COLUMN public.gate_event.plate_color IS 'The colour the rules use: color_read, or the usual one of the plate''s form where the camera read none.';

COMMENT ON COLUMN public.gate_event.content_hash IS 'Over everything but replay: the same event sent live and then replayed is one event.';

ALTER TABLE public.gate ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.gate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.gateway (
    id integer NOT NULL,
    lot_id integer NOT NULL,
    code text NOT NULL
);

COMMENT ON TABLE public.gateway IS 'The computer of a lot that sends plate events (车场网关). It belongs to one lot.';

ALTER TABLE public.gateway ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.gateway_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.gateway_key (
    id text NOT NULL,
    gateway_id integer NOT NULL,
    slot smallint NOT NULL,
    secret_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT secret_is_hashed CHECK ((length(secret_hash) = 32)),
    CONSTRAINT two_slots CHECK ((slot = ANY (ARRAY[1, 2])))
);

COMMENT ON TABLE public.gateway_key IS 'Bearer keys of gateways, hashed; at most two are active at a time, so that one can be rotated.';

CREATE TABLE public.growing_table (
    name text NOT NULL,
    keep_months integer,
    kept_from uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    CONSTRAINT growing_table_keep_months_check CHECK ((keep_months > 0))
);

COMMENT ON TABLE public.growing_table IS 'Tables partitioned by month of their identifier; retention drops whole partitions (drop_expired).';

COMMENT ON COLUMN public.growing_table.kept_from IS 'The lowest identifier that is surely still there: what came before it may have been dropped.';

CREATE TABLE public.job (
    name text NOT NULL,
    holder text NOT NULL,
    leased_until timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.job IS 'Who does a job of the worker now, and until when nobody else does it. Leases run by the clock of the database.';

CREATE TABLE public.journal (
    owner_id bigint NOT NULL,
    id uuid NOT NULL,
    kind public.journal_kind NOT NULL,
    ref uuid NOT NULL,
    lot_id integer,
    operator_id bigint,
    currency character(3) DEFAULT 'CNY'::bpchar NOT NULL,
    business_date date NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    fingerprint bytea NOT NULL,
    reverses uuid,
    txid xid8 NOT NULL
)
PARTITION BY RANGE (id);

COMMENT ON TABLE public.journal IS 'One business fact in the books (记账凭证). The id is the idempotency key: it follows from what the journal is about.';

COMMENT ON COLUMN public.journal.ref IS 'The charge, refund, top-up, settlement or journal it is about.';

COMMENT ON COLUMN public.journal.operator_id IS 'Whose payable it moves, and so whose day it belongs to; null if it moves none.';

CREATE TABLE public.lane (
    id integer NOT NULL,
    lot_id integer NOT NULL,
    gate_id integer NOT NULL,
    gateway_id integer NOT NULL,
    code text NOT NULL,
    direction public.direction NOT NULL
);

COMMENT ON TABLE public.lane IS 'One lane through a gate (车道). Its registration, never the camera, says whether it leads in or out.';

ALTER TABLE public.lane ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.lane_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.lot (
    id integer NOT NULL,
    code text NOT NULL,
    operator_id bigint NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    district_zh text NOT NULL,
    district_en text NOT NULL,
    address_zh text DEFAULT ''::text NOT NULL,
    kind public.lot_kind NOT NULL,
    capacity integer NOT NULL,
    longitude double precision NOT NULL,
    latitude double precision NOT NULL,
    time_zone text DEFAULT 'Asia/Shanghai'::text NOT NULL,
    CONSTRAINT capacity_positive CHECK ((capacity > 0)),
    CONSTRAINT lot_id_fits_identifiers CHECK ((id < (1 << 30))),
    CONSTRAINT wgs84 CHECK ((((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision)) AND ((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))))
);

COMMENT ON TABLE public.lot IS 'A car park or a stretch of road bays (停车场); the shard of every parking fact.';

ALTER TABLE public.lot ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.lot_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.lot_occupancy (
    lot_id integer NOT NULL,
    inside integer DEFAULT 0 NOT NULL,
    correction integer DEFAULT 0 NOT NULL,
    reported_free integer,
    reported_at timestamp with time zone,
    version bigint DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

COMMENT ON TABLE public.lot_occupancy IS 'Cars inside per lot. inside: the raw count, equal to the open stays; correction: what the lot''s own last count adds to it (the drift).';

CREATE TABLE public.lot_tariff (
    lot_id integer NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    tariff_id integer NOT NULL
);

COMMENT ON TABLE public.lot_tariff IS 'Which tariff holds at a lot, and since when.';

CREATE TABLE public.lot_zone (
    lot_id integer NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    zone_id integer
);

COMMENT ON TABLE public.lot_zone IS 'In which price area a lot lies, and since when; null: in none. Kept by date, because a stay is priced by what held when it began.';

CREATE TABLE public.open_stay (
    lot_id integer NOT NULL,
    plate text NOT NULL,
    plate_color public.plate_color NOT NULL,
    id uuid NOT NULL,
    vehicle_class public.vehicle_class NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    entry_lane_id integer NOT NULL,
    entry_event_id uuid NOT NULL
)
WITH (fillfactor='70');

COMMENT ON TABLE public.open_stay IS 'Vehicles inside now. The key is the rule: a vehicle is inside a lot once.';

CREATE TABLE public.operator (
    id bigint DEFAULT nextval('public.owner_id'::regclass) NOT NULL,
    code text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    platform_fee_bps integer NOT NULL,
    time_zone text DEFAULT 'Asia/Shanghai'::text NOT NULL,
    CONSTRAINT operator_id_fits_identifiers CHECK (((id > 0) AND (id < (1 << 30)))),
    CONSTRAINT platform_fee_within_whole CHECK (((platform_fee_bps >= 0) AND (platform_fee_bps <= 10000)))
);

COMMENT ON TABLE public.operator IS 'Who runs lots and is owed their fees (经营单位). Its id is an owner in the ledger.';

CREATE TABLE public.operator_day (
    operator_id bigint NOT NULL,
    closed_through date
);

COMMENT ON TABLE public.operator_day IS 'The last settled business day of an operator (日结), null before the first. Nothing is booked into a closed day: postings hold the row shared, a closing has it alone.';

CREATE TABLE public.plate_slot (
    slot integer NOT NULL
);

COMMENT ON TABLE public.plate_slot IS 'Vehicles by a hash of their plates: whoever draws on what one has left in several lots locks its slot. Nothing is written here.';

CREATE TABLE public.refund (
    lot_id integer NOT NULL,
    charge_id uuid NOT NULL,
    id uuid NOT NULL,
    amount_fen bigint NOT NULL,
    channel text NOT NULL,
    state public.refund_state NOT NULL,
    reason text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT refund_amount_fen_check CHECK ((amount_fen > 0))
)
PARTITION BY RANGE (charge_id);

COMMENT ON TABLE public.refund IS 'Money given back for a paid charge, by the way it came. The amount is reserved on the charge when it is asked for.';

CREATE TABLE public.refused_event (
    lot_id integer NOT NULL,
    id uuid NOT NULL,
    gateway_id integer NOT NULL,
    received_at timestamp with time zone NOT NULL,
    event_id text,
    code text NOT NULL,
    field text,
    detail text NOT NULL,
    payload bytea NOT NULL,
    payload_bytes integer NOT NULL
)
PARTITION BY RANGE (id);

COMMENT ON TABLE public.refused_event IS 'What an authenticated gateway sent and the service could not take as an event: kept (first 8 KiB) so that no car is lost.';

CREATE TABLE public.review (
    lot_id integer NOT NULL,
    id uuid NOT NULL,
    event_id uuid NOT NULL,
    reason public.review_reason NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    resolved_at timestamp with time zone,
    resolved_by text,
    note text,
    CONSTRAINT resolved_is_whole CHECK (((resolved_at IS NULL) = (resolved_by IS NULL)))
)
PARTITION BY RANGE (id);

COMMENT ON TABLE public.review IS 'Events a person should look at, and what was said of them.';

CREATE TABLE public.schema_migration (
    number integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone NOT NULL,
    CONSTRAINT schema_migration_number_check CHECK ((number > 0))
);

COMMENT ON TABLE public.schema_migration IS 'Which files of sql/migrations this database has had, with the sha256 of each as it was applied.';

CREATE TABLE public.settlement (
    operator_id bigint NOT NULL,
    business_date date NOT NULL,
    id uuid NOT NULL,
    charges integer NOT NULL,
    gross_fen bigint NOT NULL,
    refunds_fen bigint NOT NULL,
    platform_fee_bps integer NOT NULL,
    platform_fee_fen bigint NOT NULL,
    net_fen bigint NOT NULL,
    settled_at timestamp with time zone NOT NULL,
    CONSTRAINT fee_not_negative CHECK ((platform_fee_fen >= 0)),
    CONSTRAINT net_adds_up CHECK ((net_fen = ((gross_fen - refunds_fen) - platform_fee_fen)))
);

COMMENT ON TABLE public.settlement IS 'The statement of one operator for one closed business day (结算单).';

CREATE TABLE public.settlement_line (
    operator_id bigint NOT NULL,
    business_date date NOT NULL,
    lot_id integer NOT NULL,
    charges integer NOT NULL,
    gross_fen bigint NOT NULL,
    refunds_fen bigint NOT NULL
);

COMMENT ON TABLE public.settlement_line IS 'The part of a settlement each lot earned.';

CREATE TABLE public.settlement_run (
    business_date date NOT NULL,
    stage public.settlement_stage NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone
);

COMMENT ON TABLE public.settlement_run IS 'A settlement of one business day over all operators; started again it goes on where it stopped.';

CREATE TABLE public.stay (
    lot_id integer NOT NULL,
    id uuid NOT NULL,
    plate text NOT NULL,
    plate_color public.plate_color NOT NULL,
    vehicle_class public.vehicle_class NOT NULL,
    state public.stay_state NOT NULL,
    entered_at timestamp with time zone,
    left_at timestamp with time zone,
    entry_lane_id integer,
    exit_lane_id integer,
    entry_event_id uuid,
    exit_event_id uuid,
    tariff_id integer,
    fee_fen bigint,
    account_id bigint,
    last_at timestamp with time zone GENERATED ALWAYS AS (COALESCE(left_at, entered_at)) STORED NOT NULL,
    uses jsonb,
    CONSTRAINT closed_is_whole CHECK (((state = 'closed'::public.stay_state) = ((entered_at IS NOT NULL) AND (left_at IS NOT NULL) AND (fee_fen IS NOT NULL)))),
    CONSTRAINT exit_only_lacks_entry CHECK (((state = 'exit_only'::public.stay_state) = ((entered_at IS NULL) AND (left_at IS NOT NULL)))),
    CONSTRAINT fee_not_negative CHECK ((fee_fen >= 0)),
    CONSTRAINT leaves_after_entering CHECK ((left_at >= entered_at)),
    CONSTRAINT superseded_lacks_exit CHECK (((state = 'superseded'::public.stay_state) = ((entered_at IS NOT NULL) AND (left_at IS NULL))))
)
PARTITION BY RANGE (id);

COMMENT ON TABLE public.stay IS 'Finished stays. superseded: an entry whose exit never came. exit_only: an exit whose entry never came. Both become closed when the missing half arrives.';

COMMENT ON COLUMN public.stay.uses IS 'What it used of things that are remembered: [{rule, at, amount}], null if nothing. `at` is the instant its memory counts from.';

CREATE TABLE public.tariff (
    id integer NOT NULL,
    code text NOT NULL,
    version integer NOT NULL,
    document jsonb NOT NULL,
    state public.tariff_state DEFAULT 'draft'::public.tariff_state NOT NULL,
    registered_at timestamp with time zone NOT NULL,
    registered_by text NOT NULL,
    published_at timestamp with time zone,
    published_by text,
    findings jsonb DEFAULT '[]'::jsonb NOT NULL,
    accepted jsonb DEFAULT '[]'::jsonb NOT NULL,
    supersedes text GENERATED ALWAYS AS ((document ->> 'supersedes'::text)) STORED,
    CONSTRAINT published_is_whole CHECK (((state = 'published'::public.tariff_state) = ((published_at IS NOT NULL) AND (published_by IS NOT NULL)))),
    CONSTRAINT tariff_version_check CHECK ((version > 0))
);

COMMENT ON TABLE public.tariff IS 'A price text (收费标准) as a document. A draft may be replaced; what is published stays as it is, and a change is a new version.';

COMMENT ON COLUMN public.tariff.findings IS 'What the publication check found.';

COMMENT ON COLUMN public.tariff.accepted IS 'Findings that somebody publishes in spite of: [{kind, reason, by, at}].';

ALTER TABLE public.tariff ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.tariff_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.top_up (
    account_id bigint NOT NULL,
    id uuid NOT NULL,
    key_digest text CONSTRAINT top_up_request_no_not_null NOT NULL,
    amount_fen bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT top_up_amount_fen_check CHECK ((amount_fen > 0))
)
PARTITION BY RANGE (id);

COMMENT ON TABLE public.top_up IS 'Money a driver puts into the wallet through a channel (充值). How far that went says its attempt.';

COMMENT ON COLUMN public.top_up.key_digest IS 'The key the driver chose for it, hashed together with the account: the same key is the same top-up.';

CREATE TABLE public.transfer (
    owner_id bigint NOT NULL,
    journal_id uuid NOT NULL,
    leg smallint NOT NULL,
    debit_owner bigint NOT NULL,
    debit_book public.ledger_book NOT NULL,
    credit_owner bigint NOT NULL,
    credit_book public.ledger_book NOT NULL,
    amount_fen bigint NOT NULL,
    txid xid8 NOT NULL,
    CONSTRAINT transfer_amount_fen_check CHECK ((amount_fen > 0)),
    CONSTRAINT transfer_leg_check CHECK ((leg > 0)),
    CONSTRAINT two_books CHECK (((debit_owner <> credit_owner) OR (debit_book <> credit_book)))
)
PARTITION BY RANGE (journal_id);

COMMENT ON TABLE public.transfer IS 'An amount from one book to another (分录). Positive, so direction is in the books, never in a sign.';

CREATE TABLE public.zone (
    id integer NOT NULL,
    code text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL
);

COMMENT ON TABLE public.zone IS 'A price area (收费区域): its lots that have no price of their own charge by its price.';

ALTER TABLE public.zone ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.zone_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.zone_tariff (
    zone_id integer NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    tariff_id integer NOT NULL
);

COMMENT ON TABLE public.zone_tariff IS 'Which tariff holds in a price area, and since when.';

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.account_plate
    ADD CONSTRAINT account_plate_pkey PRIMARY KEY (plate, plate_color);

ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (shard, payable_id, id);

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (owner_id, id);

ALTER TABLE ONLY public.balance
    ADD CONSTRAINT balance_pkey PRIMARY KEY (owner_id, book, currency);

ALTER TABLE ONLY public.book
    ADD CONSTRAINT book_pkey PRIMARY KEY (book);

ALTER TABLE ONLY public.catalog_version
    ADD CONSTRAINT catalog_version_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.channel_local_payment
    ADD CONSTRAINT channel_local_payment_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.channel_local_refund
    ADD CONSTRAINT channel_local_refund_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.charge
    ADD CONSTRAINT charge_pkey PRIMARY KEY (lot_id, id);

ALTER TABLE ONLY public.gate_event
    ADD CONSTRAINT gate_event_pkey PRIMARY KEY (lot_id, id);

ALTER TABLE ONLY public.gate
    ADD CONSTRAINT gate_lot_id_code_key UNIQUE (lot_id, code);

ALTER TABLE ONLY public.gate
    ADD CONSTRAINT gate_lot_id_id_key UNIQUE (lot_id, id);

ALTER TABLE ONLY public.gate
    ADD CONSTRAINT gate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.gateway
    ADD CONSTRAINT gateway_code_key UNIQUE (code);

ALTER TABLE ONLY public.gateway_key
    ADD CONSTRAINT gateway_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.gateway
    ADD CONSTRAINT gateway_lot_id_id_key UNIQUE (lot_id, id);

ALTER TABLE ONLY public.gateway
    ADD CONSTRAINT gateway_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.growing_table
    ADD CONSTRAINT growing_table_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (owner_id, id);

ALTER TABLE ONLY public.lane
    ADD CONSTRAINT lane_code_key UNIQUE (code);

ALTER TABLE ONLY public.lane
    ADD CONSTRAINT lane_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lot
    ADD CONSTRAINT lot_code_key UNIQUE (code);

ALTER TABLE ONLY public.lot_occupancy
    ADD CONSTRAINT lot_occupancy_pkey PRIMARY KEY (lot_id);

ALTER TABLE ONLY public.lot
    ADD CONSTRAINT lot_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lot_tariff
    ADD CONSTRAINT lot_tariff_pkey PRIMARY KEY (lot_id, valid_from);

ALTER TABLE ONLY public.lot_zone
    ADD CONSTRAINT lot_zone_pkey PRIMARY KEY (lot_id, valid_from);

ALTER TABLE ONLY public.open_stay
    ADD CONSTRAINT open_stay_pkey PRIMARY KEY (lot_id, plate, plate_color);

ALTER TABLE ONLY public.operator
    ADD CONSTRAINT operator_code_key UNIQUE (code);

ALTER TABLE ONLY public.operator_day
    ADD CONSTRAINT operator_day_pkey PRIMARY KEY (operator_id);

ALTER TABLE ONLY public.operator
    ADD CONSTRAINT operator_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.plate_slot
    ADD CONSTRAINT plate_slot_pkey PRIMARY KEY (slot);

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT refund_pkey PRIMARY KEY (lot_id, charge_id, id);

ALTER TABLE ONLY public.refused_event
    ADD CONSTRAINT refused_event_pkey PRIMARY KEY (lot_id, id);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_pkey PRIMARY KEY (lot_id, id);

ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.settlement
    ADD CONSTRAINT settlement_id_key UNIQUE (id);

ALTER TABLE ONLY public.settlement_line
    ADD CONSTRAINT settlement_line_pkey PRIMARY KEY (operator_id, business_date, lot_id);

ALTER TABLE ONLY public.settlement
    ADD CONSTRAINT settlement_pkey PRIMARY KEY (operator_id, business_date);

ALTER TABLE ONLY public.settlement_run
    ADD CONSTRAINT settlement_run_pkey PRIMARY KEY (business_date);

ALTER TABLE ONLY public.stay
    ADD CONSTRAINT stay_pkey PRIMARY KEY (lot_id, id);

ALTER TABLE ONLY public.tariff
    ADD CONSTRAINT tariff_code_version_key UNIQUE (code, version);

ALTER TABLE ONLY public.tariff
    ADD CONSTRAINT tariff_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.top_up
    ADD CONSTRAINT top_up_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.transfer
    ADD CONSTRAINT transfer_pkey PRIMARY KEY (owner_id, journal_id, leg);

ALTER TABLE ONLY public.zone
    ADD CONSTRAINT zone_code_key UNIQUE (code);

ALTER TABLE ONLY public.zone
    ADD CONSTRAINT zone_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.zone_tariff
    ADD CONSTRAINT zone_tariff_pkey PRIMARY KEY (zone_id, valid_from);

CREATE INDEX account_plate_of_account ON public.account_plate USING btree (account_id);

CREATE INDEX attempt_to_query ON ONLY public.attempt USING btree (query_at) WHERE (query_at IS NOT NULL);

CREATE INDEX charge_of_account ON ONLY public.charge USING btree (account_id, id) WHERE (account_id IS NOT NULL);

CREATE INDEX charge_to_collect ON ONLY public.charge USING btree (collect_at) WHERE (collect_at IS NOT NULL);

CREATE INDEX gate_event_by_event_id ON ONLY public.gate_event USING btree (lot_id, gateway_id, event_id, id);

CREATE INDEX journal_by_day ON ONLY public.journal USING btree (business_date, kind);

CREATE INDEX journal_by_reversed ON ONLY public.journal USING btree (owner_id, reverses) WHERE (reverses IS NOT NULL);

CREATE INDEX journal_of_operator ON ONLY public.journal USING btree (operator_id, business_date) WHERE (operator_id IS NOT NULL);

CREATE UNIQUE INDEX one_live_attempt ON ONLY public.attempt USING btree (shard, payable_id) WHERE (state = ANY (ARRAY['submitting'::public.attempt_state, 'accepted'::public.attempt_state, 'unknown'::public.attempt_state]));

CREATE INDEX refund_unresolved ON ONLY public.refund USING btree (updated_at) WHERE (state = ANY (ARRAY['requested'::public.refund_state, 'unknown'::public.refund_state]));

CREATE INDEX review_open ON ONLY public.review USING btree (lot_id, id) WHERE (resolved_at IS NULL);

CREATE INDEX stay_by_plate ON ONLY public.stay USING btree (lot_id, plate, plate_color, last_at, id);

CREATE INDEX stay_with_uses ON ONLY public.stay USING btree (plate, plate_color, last_at, id) WHERE (uses IS NOT NULL);

CREATE UNIQUE INDEX two_active_keys_for_rotation ON public.gateway_key USING btree (gateway_id, slot) WHERE (revoked_at IS NULL);

CREATE TRIGGER guard_published BEFORE DELETE OR UPDATE ON public.tariff FOR EACH ROW EXECUTE FUNCTION public.guard_published();

CREATE TRIGGER guard_published_whole BEFORE TRUNCATE ON public.tariff FOR EACH STATEMENT EXECUTE FUNCTION public.guard_published();

CREATE TRIGGER never_truncated BEFORE TRUNCATE ON public.journal FOR EACH STATEMENT EXECUTE FUNCTION public.deny();

CREATE TRIGGER never_truncated BEFORE TRUNCATE ON public.transfer FOR EACH STATEMENT EXECUTE FUNCTION public.deny();

CREATE TRIGGER only_grows BEFORE DELETE OR UPDATE ON public.journal FOR EACH ROW EXECUTE FUNCTION public.deny();

CREATE TRIGGER only_grows BEFORE DELETE OR UPDATE ON public.transfer FOR EACH ROW EXECUTE FUNCTION public.deny();

CREATE TRIGGER same_transaction AFTER INSERT ON public.transfer REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.same_transaction();

ALTER TABLE ONLY public.account_plate
    ADD CONSTRAINT account_plate_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.balance
    ADD CONSTRAINT balance_book_fkey FOREIGN KEY (book) REFERENCES public.book(book);

ALTER TABLE ONLY public.channel_local_refund
    ADD CONSTRAINT channel_local_refund_payment_number_fkey FOREIGN KEY (payment_number) REFERENCES public.channel_local_payment(number);

ALTER TABLE ONLY public.gate
    ADD CONSTRAINT gate_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES public.lot(id);

ALTER TABLE ONLY public.gateway_key
    ADD CONSTRAINT gateway_key_gateway_id_fkey FOREIGN KEY (gateway_id) REFERENCES public.gateway(id);

ALTER TABLE ONLY public.gateway
    ADD CONSTRAINT gateway_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES public.lot(id);

ALTER TABLE ONLY public.lane
    ADD CONSTRAINT lane_lot_id_gate_id_fkey FOREIGN KEY (lot_id, gate_id) REFERENCES public.gate(lot_id, id);

ALTER TABLE ONLY public.lane
    ADD CONSTRAINT lane_lot_id_gateway_id_fkey FOREIGN KEY (lot_id, gateway_id) REFERENCES public.gateway(lot_id, id);

ALTER TABLE ONLY public.lot_occupancy
    ADD CONSTRAINT lot_occupancy_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES public.lot(id);

ALTER TABLE ONLY public.lot
    ADD CONSTRAINT lot_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operator(id);

ALTER TABLE ONLY public.lot_tariff
    ADD CONSTRAINT lot_tariff_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES public.lot(id);

ALTER TABLE ONLY public.lot_tariff
    ADD CONSTRAINT lot_tariff_tariff_id_fkey FOREIGN KEY (tariff_id) REFERENCES public.tariff(id);

ALTER TABLE ONLY public.lot_zone
    ADD CONSTRAINT lot_zone_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES public.lot(id);

ALTER TABLE ONLY public.lot_zone
    ADD CONSTRAINT lot_zone_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES public.zone(id);

ALTER TABLE ONLY public.operator_day
    ADD CONSTRAINT operator_day_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operator(id);

ALTER TABLE ONLY public.settlement_line
    ADD CONSTRAINT settlement_line_operator_id_business_date_fkey FOREIGN KEY (operator_id, business_date) REFERENCES public.settlement(operator_id, business_date);

ALTER TABLE ONLY public.settlement
    ADD CONSTRAINT settlement_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operator(id);

ALTER TABLE public.top_up
    ADD CONSTRAINT top_up_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.zone_tariff
    ADD CONSTRAINT zone_tariff_tariff_id_fkey FOREIGN KEY (tariff_id) REFERENCES public.tariff(id);

ALTER TABLE ONLY public.zone_tariff
    ADD CONSTRAINT zone_tariff_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES public.zone(id);

GRANT USAGE ON SCHEMA public TO onelot_service;

REVOKE ALL ON FUNCTION public.analyze_grown() FROM PUBLIC;
GRANT ALL ON FUNCTION public.analyze_grown() TO onelot_service;

REVOKE ALL ON FUNCTION public.close_day(_operator bigint, _date date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.close_day(_operator bigint, _date date) TO onelot_service;

REVOKE ALL ON FUNCTION public.create_month_partition(_table text, _month date) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.create_partitions(_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_partitions(_now timestamp with time zone) TO onelot_service;

REVOKE ALL ON FUNCTION public.drop_expired(_table text, _now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.drop_expired(_table text, _now timestamp with time zone) TO onelot_service;

REVOKE ALL ON FUNCTION public.guard_partition(_table text, _partition text) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.lock_wallets(_owner bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.lock_wallets(_owner bigint[]) TO onelot_service;

REVOKE ALL ON FUNCTION public.open_balances(_owner bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.open_balances(_owner bigint) TO onelot_service;

REVOKE ALL ON FUNCTION public.post(_owner bigint[], _id uuid[], _kind public.journal_kind[], _ref uuid[], _lot integer[], _date date[], _reverses uuid[], _now timestamp with time zone, _journal integer[], _debit_owner bigint[], _debit_book public.ledger_book[], _credit_owner bigint[], _credit_book public.ledger_book[], _amount bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.post(_owner bigint[], _id uuid[], _kind public.journal_kind[], _ref uuid[], _lot integer[], _date date[], _reverses uuid[], _now timestamp with time zone, _journal integer[], _debit_owner bigint[], _debit_book public.ledger_book[], _credit_owner bigint[], _credit_book public.ledger_book[], _amount bigint[]) TO onelot_service;

GRANT USAGE ON SEQUENCE public.owner_id TO onelot_service;

GRANT SELECT,INSERT,UPDATE ON TABLE public.account TO onelot_service;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_plate TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.attempt TO onelot_service;

GRANT UPDATE(state) ON TABLE public.attempt TO onelot_service;

GRANT UPDATE(code) ON TABLE public.attempt TO onelot_service;

GRANT UPDATE(tries) ON TABLE public.attempt TO onelot_service;

GRANT UPDATE(updated_at) ON TABLE public.attempt TO onelot_service;

GRANT UPDATE(query_at) ON TABLE public.attempt TO onelot_service;

GRANT UPDATE(next_action) ON TABLE public.attempt TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.audit TO onelot_service;

GRANT SELECT ON TABLE public.balance TO onelot_service;

GRANT SELECT ON TABLE public.book TO onelot_service;

GRANT SELECT ON TABLE public.catalog_version TO onelot_service;

GRANT UPDATE(version) ON TABLE public.catalog_version TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.channel_local_payment TO onelot_service;

GRANT UPDATE(state) ON TABLE public.channel_local_payment TO onelot_service;

GRANT UPDATE(code) ON TABLE public.channel_local_payment TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.channel_local_refund TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.charge TO onelot_service;

GRANT UPDATE(refunded_fen) ON TABLE public.charge TO onelot_service;

GRANT UPDATE(state) ON TABLE public.charge TO onelot_service;

GRANT UPDATE(method) ON TABLE public.charge TO onelot_service;

GRANT UPDATE(paid_at) ON TABLE public.charge TO onelot_service;

GRANT UPDATE(collect_at) ON TABLE public.charge TO onelot_service;

GRANT UPDATE(collect_tries) ON TABLE public.charge TO onelot_service;

GRANT SELECT ON TABLE public.disputed_payment TO onelot_service;

GRANT SELECT,INSERT,UPDATE ON TABLE public.gate TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.gate_event TO onelot_service;

GRANT SELECT,INSERT,UPDATE ON TABLE public.gateway TO onelot_service;

GRANT SELECT,INSERT,UPDATE ON TABLE public.gateway_key TO onelot_service;

GRANT SELECT ON TABLE public.growing_table TO onelot_service;

GRANT SELECT,INSERT,UPDATE ON TABLE public.job TO onelot_service;

GRANT SELECT ON TABLE public.journal TO onelot_service;

GRANT SELECT,INSERT,UPDATE ON TABLE public.lane TO onelot_service;

GRANT SELECT,INSERT,UPDATE ON TABLE public.lot TO onelot_service;

GRANT SELECT,INSERT,UPDATE ON TABLE public.lot_occupancy TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.lot_tariff TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.lot_zone TO onelot_service;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.open_stay TO onelot_service;

GRANT SELECT,INSERT,UPDATE ON TABLE public.operator TO onelot_service;

GRANT SELECT ON TABLE public.operator_day TO onelot_service;

GRANT SELECT,UPDATE ON TABLE public.plate_slot TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.refund TO onelot_service;

GRANT UPDATE(state) ON TABLE public.refund TO onelot_service;

GRANT UPDATE(updated_at) ON TABLE public.refund TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.refused_event TO onelot_service;

GRANT SELECT,INSERT,UPDATE ON TABLE public.review TO onelot_service;

GRANT SELECT ON TABLE public.schema_migration TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.settlement TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.settlement_line TO onelot_service;

GRANT SELECT,INSERT,UPDATE ON TABLE public.settlement_run TO onelot_service;

GRANT SELECT,INSERT,UPDATE ON TABLE public.stay TO onelot_service;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tariff TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.top_up TO onelot_service;

GRANT SELECT ON TABLE public.transfer TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.zone TO onelot_service;

GRANT SELECT,INSERT ON TABLE public.zone_tariff TO onelot_service;
