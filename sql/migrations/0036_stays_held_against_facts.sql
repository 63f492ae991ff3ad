-- Stays are derived again from their facts by the clock, and what comes out otherwise is written down.

create table sweep (
  name      text primary key,
  lot_id    int not null,
  after     uuid not null,
  began_at  timestamptz not null,
  turn      bigint not null,
  whole_at  timestamptz
);
comment on table sweep is 'Where a look at all lots, one after the other, has come to: the lot, and the last fact of it that was looked at.';
comment on column sweep.began_at is 'When the round began.';
comment on column sweep.turn is 'The number of the look at this lot: what an earlier one found and this one does not is no more.';
comment on column sweep.whole_at is 'When a round last came through.';
grant select, insert, update on sweep to onelot_service;

create type discrepancy_kind as enum
  ('stay_otherwise', 'stay_missing', 'stay_unfounded', 'counted_wrongly', 'case_missing', 'case_moot', 'charge_otherwise', 'hold_missing');

create table discrepancy (
  lot_id     int not null,
  kind       discrepancy_kind not null,
  subject_id uuid not null,
  says       text not null,
  found_at   timestamptz not null,
  turn       bigint not null,
  primary key (lot_id, kind, subject_id)
);
comment on table discrepancy is 'What is stored otherwise than it follows from facts: a stay, a case or a charge (subject_id). It goes when the lot was looked at again and all is well.';
grant select, insert, update, delete on discrepancy to onelot_service;
