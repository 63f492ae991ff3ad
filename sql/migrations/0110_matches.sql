-- Which entry an exit belongs to is a decision of its own, that a later fact or a person may replace.

create type match_outcome as enum ('certain', 'probable', 'ambiguous', 'none');

create table match (
  lot_id         int not null,
  fact_id        uuid not null,
  n              int not null check (n > 0),
  outcome        match_outcome not null,
  entry_id       uuid,
  candidates     jsonb not null,
  believed_from  timestamptz not null,
  believed_until timestamptz,
  primary key (lot_id, fact_id, n),
  constraint matched_as_outcome_says check ((entry_id is not null) = (outcome in ('certain', 'probable'))),
  constraint believed_for_a_while check (believed_until >= believed_from)
) partition by range (fact_id);
select grow('match', 13);
select create_month_partition('match', month)
  from (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent = 'gate_event'::regclass) made;
comment on table match is 'Which entry an exit belongs to, as far as its stay does not tell: what is not certain, and what replaced another decision.';
comment on column match.fact_id is 'The first read of the exit.';
comment on column match.n is '1, 2, … of its exit; the last one holds, if nothing ended it.';
comment on column match.entry_id is 'The stay that it ended.';
comment on column match.candidates is 'The stays that it may have ended, the likeliest first: stay_id, and likeness from 4 (the same text) to 1 (perhaps).';
grant select, insert, update (believed_until) on match to onelot_service;

alter type discrepancy_kind add value if not exists 'match_otherwise';
alter type discrepancy_kind add value if not exists 'match_missing';
