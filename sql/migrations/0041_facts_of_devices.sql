-- What gateways tell beside plate reads, by the same door; and what became of a vehicle after it was read.

alter type case_reason add value if not exists 'passage_without_read';

create type device_fact_kind as enum ('passage', 'barrier', 'count', 'cash', 'plates_inside');
create type passage_outcome as enum ('passed', 'turned_back', 'cancelled');

create table device_fact (
  lot_id       int not null,
  id           uuid not null,
  gateway_id   int not null,
  event_id     text not null,
  kind         device_fact_kind not null,
  lane_id      int,
  occurred_at  timestamptz not null,
  received_at  timestamptz not null,
  effective_at timestamptz not null,
  replay       boolean not null,
  applies      boolean not null,
  outcome      passage_outcome,
  of_event_id  text,
  said         jsonb not null,
  content_hash bytea not null,
  reason       case_reason,
  stay_id      uuid,
  doubts       jsonb,
  first_id     uuid,
  primary key (lot_id, id),
  constraint passage_says_what_became check ((kind = 'passage') = (outcome is not null)),
  constraint at_a_lane check (lane_id is not null or kind in ('count', 'cash', 'plates_inside'))
) partition by range (id);
create index device_fact_by_event_id on device_fact (lot_id, gateway_id, event_id, id);
create index device_fact_passages on device_fact (lot_id, lane_id, effective_at, id) where kind = 'passage';
select grow('device_fact', 13);
comment on table device_fact is 'What a device said beside plate reads: passages, barriers, counts, cash, the plates inside. It only grows.';
comment on column device_fact.effective_at is 'The instant the rules use: occurred_at, or received_at where a live one''s clock is off.';
comment on column device_fact.applies is 'Whether anything follows from it: not where its time is impossible.';
comment on column device_fact.of_event_id is 'The gateway''s own number of the read that it is about, if it said one.';
comment on column device_fact.said is 'All that was said, in its form; what was not in form stands in doubts.';
comment on column device_fact.stay_id is 'The stay that it was about when it was told.';
comment on column device_fact.first_id is 'This is fuller or other content of that fact under the same number, and changed nothing.';
grant select, insert on device_fact to onelot_service;

create table read_passage (
  lot_id     int not null,
  read_id    uuid not null,
  passage_id uuid,
  outcome    passage_outcome,
  passed_at  timestamptz,
  counts     boolean not null,
  primary key (lot_id, read_id),
  constraint passage_is_whole check ((passage_id is null) = (outcome is null)),
  constraint passed_at_an_instant check ((passed_at is not null) = (outcome is not null and outcome = 'passed'))
) partition by range (read_id);
select grow('read_passage', 13);
comment on table read_passage is 'The passage by which a read stands, as follows from all reads and passages of its lane: a vehicle that turned back made no read.';
comment on column read_passage.passage_id is 'Null where a passage was taken for that of this read, and is not any more.';
comment on column read_passage.counts is 'Whether stays are derived from the read, as long as nobody decided about it.';
grant select, insert, update on read_passage to onelot_service;

alter table lot_occupancy add column tells_passages boolean not null default false;
comment on column lot_occupancy.tells_passages is 'A passage was told of this lot: from then on new reads are held against passages.';

select create_month_partition(t.name, month)
  from (values ('device_fact'), ('read_passage')) t (name),
       (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent = 'gate_event'::regclass) made;
