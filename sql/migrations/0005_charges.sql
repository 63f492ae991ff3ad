-- What is owed for a stay, the attempts to collect it, and what was given back.

create type charge_state as enum ('due', 'paid', 'void');

create table charge (
  lot_id        int not null,
  id            uuid not null,
  stay_id       uuid not null,
  operator_id   bigint not null,
  account_id    bigint,
  amount_fen    bigint not null,
  refunded_fen  bigint not null default 0,
  state         charge_state not null default 'due',
  method        text,
  lines         jsonb not null,
  created_at    timestamptz not null,
  paid_at       timestamptz,
  collect_at    timestamptz,
  collect_tries int not null default 0,
  primary key (lot_id, id),
  constraint amount_positive check (amount_fen > 0),
  constraint refunded_within_amount check (refunded_fen between 0 and amount_fen),
  constraint paid_is_whole check ((state = 'paid') = (paid_at is not null and method is not null)),
  constraint only_due_is_collected check (collect_at is null or (state = 'due' and account_id is not null))
) partition by range (id);
create index charge_to_collect on charge (collect_at) where collect_at is not null;
create index charge_of_account on charge (account_id, id) where account_id is not null;
select grow('charge');
comment on table charge is 'What a stay costs (应收), its price explained line by line. The id follows from the stay''s, so a stay is charged once.';
comment on column charge.account_id is 'Who pays: the account the plate was linked to when the vehicle left; null for a casual driver.';
comment on column charge.collect_at is 'When the worker tries next to take it from the account; null when it does not.';

create type attempt_state as enum ('submitting', 'accepted', 'unknown', 'succeeded', 'declined', 'failed', 'void', 'superseded');

create table attempt (
  lot_id     int not null,
  charge_id  uuid not null,
  id         uuid not null,
  request_no text not null,
  channel    text not null,
  amount_fen bigint not null check (amount_fen > 0),
  state      attempt_state not null,
  code       text,
  request    jsonb not null default '{}',
  tries      int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  query_at   timestamptz,
  primary key (lot_id, charge_id, id),
  constraint unresolved_is_queried check (query_at is null or state in ('submitting', 'accepted', 'unknown'))
) partition by range (charge_id);
-- A second try may only start when the first has ended: this is what keeps a driver from paying twice.
create unique index one_live_attempt on attempt (lot_id, charge_id) where state in ('submitting', 'accepted', 'unknown');
create index attempt_to_query on attempt (query_at) where query_at is not null;
select grow('attempt');
comment on table attempt is 'One try to collect a charge through one channel (扣费尝试). request_no is what the channel knows it by and is committed before the first byte is sent.';

create type refund_state as enum ('requested', 'unknown', 'succeeded', 'closed');

create table refund (
  lot_id     int not null,
  charge_id  uuid not null,
  id         uuid not null,
  amount_fen bigint not null check (amount_fen > 0),
  channel    text not null,
  state      refund_state not null,
  reason     text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (lot_id, charge_id, id)
) partition by range (charge_id);
create index refund_unresolved on refund (updated_at) where state in ('requested', 'unknown');
select grow('refund');
comment on table refund is 'Money given back for a paid charge, by the way it came. The amount is reserved on the charge when it is asked for.';

create table top_up (
  account_id bigint not null references account,
  id         uuid not null,
  request_no text not null,
  channel    text not null,
  amount_fen bigint not null check (amount_fen > 0),
  state      attempt_state not null,
  code       text,
  request    jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  query_at   timestamptz,
  primary key (account_id, id),
  constraint unresolved_is_queried check (query_at is null or state in ('submitting', 'accepted', 'unknown'))
) partition by range (id);
create index top_up_to_query on top_up (query_at) where query_at is not null;
select grow('top_up');
comment on table top_up is 'Money a driver puts into the wallet through a channel (充值).';

-- Amounts, owners and identifiers stand as they were written; only what happens to them moves.
grant select, insert on charge, attempt, refund, top_up to onelot_service;
grant update (state, method, paid_at, collect_at, collect_tries, refunded_fen) on charge to onelot_service;
grant update (state, code, tries, updated_at, query_at) on attempt to onelot_service;
grant update (state, updated_at) on refund to onelot_service;
grant update (state, code, updated_at, query_at) on top_up to onelot_service;

-- Nobody asks about these any more and nothing else may be tried in their place: a person has to look.
create view disputed_payment as
  select 'attempt' as what, lot_id::bigint as shard, id, request_no, channel, amount_fen, state, updated_at
    from attempt where state in ('submitting', 'accepted', 'unknown') and code = 'evidence_mismatch'
  union all
  select 'top_up', account_id, id, request_no, channel, amount_fen, state, updated_at
    from top_up where state in ('submitting', 'accepted', 'unknown') and code = 'evidence_mismatch';
comment on view disputed_payment is 'Payments whose channel named another number or amount than was asked for. They wait for a person.';
grant select on disputed_payment to onelot_service;

-- The local test channel's own books: what an outside provider would hold. The service never reads them
-- but through payments/channels/local.py, on a connection and a transaction of their own.
create schema channel_local;
create table channel_local.payment (
  number     text primary key,
  amount_fen bigint not null check (amount_fen > 0),
  payer      text not null,
  state      text not null check (state in ('accepted', 'succeeded', 'failed')),
  code       text,
  at         timestamptz not null
);
create table channel_local.refund (
  number         text primary key,
  payment_number text not null references channel_local.payment,
  amount_fen     bigint not null check (amount_fen > 0),
  at             timestamptz not null
);
grant usage on schema channel_local to onelot_service;
grant select, insert on channel_local.payment to onelot_service;
grant update (state, code) on channel_local.payment to onelot_service;
grant select, insert on channel_local.refund to onelot_service;
