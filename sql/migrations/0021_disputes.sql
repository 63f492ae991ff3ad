-- What a channel says and what moves nothing stands before a person, and so does money that came and is not owed.

alter type journal_kind add value 'suspense_received';
alter type journal_kind add value 'suspense_returned';

create type dispute_kind as enum ('overpaid', 'other_number', 'other_amount', 'other_channel_no', 'denied', 'no_answer',
  'refund_mismatch', 'refund_after_closed', 'refund_denied', 'refund_no_answer');
create type dispute_state as enum ('open', 'resolved');
create type dispute_resolution as enum ('returned', 'paid', 'not_paid', 'dismissed');

create table dispute (
  shard       int not null,
  id          uuid not null,
  kind        dispute_kind not null,
  payable     payable_kind not null,
  payable_id  uuid not null,
  attempt_id  uuid not null,
  refund_id   uuid,
  operator_id bigint,
  channel     text not null,
  asked_fen   bigint not null,
  said        jsonb not null,
  held_fen    bigint not null default 0 check (held_fen >= 0),
  state       dispute_state not null default 'open',
  opened_at   timestamptz not null,
  resolved_at timestamptz,
  resolved_by text,
  resolution  dispute_resolution,
  note        text,
  primary key (shard, id),
  constraint resolved_is_whole check (
    (state = 'resolved') = (resolved_at is not null and resolved_by is not null and resolution is not null))
) partition by range (id);
create index dispute_open on dispute (id) where state = 'open';
create index dispute_of_attempt on dispute (shard, attempt_id);
select grow('dispute');
-- What is in dispute has the instant of its attempt, or of the charge whose refund it is: every month of theirs is one of
-- disputes.
select create_month_partition('dispute', month)
  from (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent in ('attempt'::regclass, 'refund'::regclass, 'charge'::regclass, 'top_up'::regclass)) made;
comment on table dispute is 'What a channel said and what could not be followed, and money that came and was not owed (争议). A person resolves it.';
comment on column dispute.operator_id is 'Whose staff may look at it: the operator of the charge; null for a top-up.';
comment on column dispute.asked_fen is 'What the attempt, or the refund, was over.';
comment on column dispute.said is 'What the channel said: number, amount in fen, the channel''s own number, code.';
comment on column dispute.held_fen is 'What of it lies in suspense until it is given back.';
grant select, insert on dispute to onelot_service;
grant update (held_fen, state, resolved_at, resolved_by, resolution, note) on dispute to onelot_service;

-- Money in suspense goes back once: a second way back starts when the first was closed without paying.
create unique index one_way_back on refund (shard, payable_id, dispute_id) where dispute_id is not null and state <> 'closed';

drop view disputed_payment;
insert into dispute (shard, id, kind, payable, payable_id, attempt_id, operator_id, channel, asked_fen, said, opened_at)
select a.shard, a.id, 'other_amount', a.kind, a.payable_id, a.id, c.operator_id, a.channel, a.amount_fen, '{}', a.updated_at
  from attempt a left join charge c on a.kind = 'charge' and c.lot_id = a.shard and c.id = a.payable_id
 where a.state in ('submitting', 'accepted', 'unknown') and a.code = 'evidence_mismatch';
insert into dispute (shard, id, kind, payable, payable_id, attempt_id, operator_id, channel, asked_fen, said, held_fen, opened_at)
select a.shard, a.id, 'overpaid', a.kind, a.payable_id, a.id, c.operator_id, a.channel, a.amount_fen, '{}', a.amount_fen,
       a.updated_at
  from attempt a join charge c on c.lot_id = a.shard and c.id = a.payable_id
 where a.kind = 'charge' and a.state = 'succeeded' and a.id is distinct from c.paid_attempt_id;
