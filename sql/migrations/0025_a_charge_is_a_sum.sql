-- A stay is derived again when more is known of it, so what it costs may change after it was billed, paid or given back. A
-- charge is what it was first billed over and the dated adjustments since. What it costs, what was paid of it and what is
-- owed stand apart: a paid charge may be due for the rest of a higher price, and may be paid by several attempts.

alter type journal_kind add value 'charge_raised';
alter type journal_kind add value 'charge_lowered';

alter table charge
  add column first_fen bigint,
  add column paid_fen bigint not null default 0,
  add column owed_fen bigint not null default 0,
  add column waived_fen bigint not null default 0,
  add column kept_max_fen bigint,
  add column accepted_fen bigint not null default 0,
  add column adjustments int not null default 0;
update charge
   set first_fen = amount_fen,
       paid_fen = case state when 'paid' then amount_fen else 0 end,
       accepted_fen = case state when 'paid' then amount_fen else 0 end,
       owed_fen = case state when 'due' then amount_fen else 0 end,
       kept_max_fen = case when refunded_fen > 0 then amount_fen - refunded_fen end;
alter table charge
  alter column first_fen set not null,
  drop constraint amount_positive,
  drop constraint refunded_within_amount,
  drop constraint paid_is_whole,
  add constraint billed_over_something check (first_fen > 0),
  add constraint amount_not_negative check (amount_fen >= 0 and waived_fen >= 0),
  add constraint refunded_within_paid check (refunded_fen between 0 and paid_fen),
  add constraint due_is_owed check (owed_fen >= 0 and (state = 'due') = (owed_fen > 0)),
  add constraint paid_is_whole check (
    (paid_fen > 0) = (paid_at is not null and method is not null) and (paid_fen = 0 or state <> 'void'));
comment on column charge.amount_fen is 'What the stay costs as far as it is known: first_fen and every adjustment since.';
comment on column charge.first_fen is 'What it was billed over when it was made. The lines beside it explain that; later ones stand in charge_adjustment.';
comment on column charge.paid_fen is 'What attempts paid of it, before anything was given back.';
comment on column charge.owed_fen is 'What is still owed. Without corrections that is all of a due charge and nothing of any other.';
comment on column charge.waived_fen is 'What the stay would cost beyond amount_fen and nobody is asked for.';
comment on column charge.accepted_fen is 'The most that was ever paid of it at a time, less what had gone back by then: so much its driver accepted.';
comment on column charge.kept_max_fen is 'The most that may be kept of it, since a person gave some back or withdrew the rest; null where none did.';
comment on column charge.adjustments is 'How many adjustments it had: the number of the last.';
comment on column charge.method is 'The channel of the last attempt that paid of it (paid_attempt_id), at paid_at; null while nothing was paid.';
comment on column charge.paid_attempt_id is 'The last attempt whose money paid of it. How much each paid: attempt.paid_fen.';
grant update (amount_fen, paid_fen, owed_fen, waived_fen, kept_max_fen, accepted_fen, adjustments) on charge to onelot_service;

create type waived_for as enum ('not_accepted', 'given_back');
create type adjustment_kind as enum ('raised', 'lowered', 'waived');

create table charge_adjustment (
  lot_id        int not null,
  charge_id     uuid not null,
  n             int not null check (n > 0),
  id            uuid not null,
  kind          adjustment_kind not null,
  wanted_fen    bigint not null,
  amount_fen    bigint not null check (amount_fen >= 0),
  change_fen    bigint not null,
  waived_fen    bigint not null check (waived_fen >= 0),
  waived_for    waived_for,
  owed_fen      bigint not null,
  returned_fen  bigint not null check (returned_fen >= 0),
  cause         text not null check (cause <> ''),
  cause_id      uuid not null,
  lines         jsonb not null,
  made_at       timestamptz not null,
  business_date date not null,
  primary key (lot_id, charge_id, n),
  constraint asked_for_or_waived check (wanted_fen = amount_fen + waived_fen and (waived_fen > 0) = (waived_for is not null)),
  constraint changed_as_kind_says check (
    change_fen = 0 and kind = 'waived' or change_fen > 0 and kind = 'raised' or change_fen < 0 and kind = 'lowered')
) partition by range (charge_id);
select grow('charge_adjustment');
select create_month_partition('charge_adjustment', month)
  from (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent = 'charge'::regclass) made;
create trigger only_grows before delete on charge_adjustment for each row execute function deny();
-- Its lines may be forgotten, as those of a charge are; nothing else of it ever changes.
create trigger stays_as_it_was before update on charge_adjustment for each row
  when (to_jsonb(old) - 'lines' is distinct from to_jsonb(new) - 'lines') execute function deny();
alter table charge_adjustment enable always trigger only_grows;
alter table charge_adjustment enable always trigger stays_as_it_was;
comment on table charge_adjustment is 'A later price of a charge (调整): what the stay costs from then on, which fact caused it, and what followed for the money. It only grows.';
comment on column charge_adjustment.n is '1, 2, … of its charge; what it was billed over at first stands in charge.';
comment on column charge_adjustment.kind is 'waived: what it costs stays, and only what nobody is asked for changes.';
comment on column charge_adjustment.wanted_fen is 'What the stay would cost by its facts.';
comment on column charge_adjustment.amount_fen is 'What the charge costs after it; change_fen more or less than before.';
comment on column charge_adjustment.waived_fen is 'The rest of what the stay would cost, for which nobody is asked: waived_for, beyond what the driver accepted or what a person left of it.';
comment on column charge_adjustment.owed_fen is 'By how much what is owed grew (or shrank, below nothing): the amount of its journal, if it is not nothing.';
comment on column charge_adjustment.returned_fen is 'What was to go back of what was paid, by refunds that name the adjustment.';
comment on column charge_adjustment.cause is 'In a word what its asker knows cause_id as.';
comment on column charge_adjustment.business_date is 'The day it is of; its journal is booked into that, or into the first open one.';
grant select, insert on charge_adjustment to onelot_service;

alter table attempt add column paid_fen bigint not null default 0;
update attempt a set paid_fen = a.amount_fen
  from charge c
 where a.kind = 'charge' and a.state = 'succeeded' and c.lot_id = a.shard and c.id = a.payable_id and c.paid_attempt_id = a.id;
alter table attempt add constraint paid_by_what_succeeded check (
    paid_fen between 0 and amount_fen and (paid_fen = 0 or state = 'succeeded' and kind = 'charge'));
comment on column attempt.paid_fen is 'What of it paid its charge; if it succeeded, the rest of it lies in suspense.';
grant update (paid_fen) on attempt to onelot_service;

alter table refund add column adjustment_id uuid;
comment on column refund.adjustment_id is 'The adjustment of the charge that it follows from; null where a person asked for it.';

-- A charge may be held back for several reasons, and is free when none is left.
alter table charge_hold drop constraint charge_hold_pkey;
alter table charge_hold add primary key (lot_id, charge_id, reason);
grant update (held_at) on charge_hold to onelot_service;

alter table account add column debit_max_fen bigint not null default 5000 constraint debit_max_not_negative check (debit_max_fen >= 0);
comment on column account.debit_max_fen is 'Up to how much a visit that was billed may become dearer without the driver being asked (无感支付限额).';
