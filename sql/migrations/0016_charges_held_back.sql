-- What a gateway bills in an hour is compared with what it usually does, and charges beyond that wait for a person.

create table gateway_billing (
  lot_id          int not null,
  gateway_id      int not null,
  hour            timestamptz not null,
  billed_fen      bigint not null constraint billed_not_negative check (billed_fen >= 0),
  day_largest_fen bigint not null constraint day_largest_not_negative check (day_largest_fen >= 0),
  usual_fen       bigint not null constraint usual_not_negative check (usual_fen >= 0),
  primary key (lot_id, gateway_id)
) with (fillfactor = 50);
comment on table gateway_billing is 'What the events of a gateway billed to accounts in the hour in which some last came, beside what it usually does (parking/billings.py).';
comment on column gateway_billing.hour is 'The beginning of an hour of receipt, not of the events'' own time.';
comment on column gateway_billing.day_largest_fen is 'The largest hour so far of the day (UTC) of hour that was within its limit.';
comment on column gateway_billing.usual_fen is 'The largest hour of the days before, as far as it is believed.';
grant select, insert, update on gateway_billing to onelot_service;

create table charge_hold (
  lot_id      int not null,
  charge_id   uuid not null,
  reason      text not null,
  held_at     timestamptz not null,
  released_at timestamptz,
  released_by text,
  primary key (lot_id, charge_id),
  constraint released_is_whole check ((released_at is null) = (released_by is null))
);
create index charge_hold_waiting on charge_hold (lot_id, charge_id) where released_at is null;
comment on table charge_hold is 'Due charges that are not taken from their account by themselves until a person releases or voids them. The driver may pay them all the same.';
grant select, insert, update (released_at, released_by) on charge_hold to onelot_service;
