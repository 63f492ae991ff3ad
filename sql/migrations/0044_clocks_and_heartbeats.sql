-- What gateways say of themselves, and how far their clocks are off.

alter table gateway_state
  add column seen_at timestamptz,
  add column sent_at timestamptz,
  add column backlog_events int check (backlog_events >= 0),
  add column software text,
  add column lanes jsonb;
comment on column gateway_state.seen_at is 'When its last heartbeat came; sent_at by its own clock.';
comment on column gateway_state.backlog_events is 'How many events it has still to hand in, as it says; so do software and lanes.';

create table clock_spell (
  lot_id      int not null,
  id          uuid not null,
  gateway_id  int not null,
  lane_id     int,
  ahead       interval,
  since       timestamptz not null,
  right_until timestamptz,
  ended_at    timestamptz,
  case_id     uuid not null,
  primary key (lot_id, id),
  constraint ends_later check (ended_at >= since),
  constraint right_before check (right_until <= since)
);
create unique index one_clock_is_wrong_once on clock_spell (lot_id, gateway_id, coalesce(lane_id, 0)) where ended_at is null;
create index clock_spell_ended on clock_spell (ended_at);
comment on table clock_spell is 'Times in which the clock of a gateway (lane_id null: by its heartbeats) or of one of its lanes was wrong. What is handed in later of such a time is shifted by ahead.';
comment on column clock_spell.ahead is 'By how much it was ahead of ours all the while; null: it was wrong in no steady way.';
comment on column clock_spell.right_until is 'When it was last seen otherwise before.';
comment on column clock_spell.case_id is 'What a person was told: one case of a gateway, however many of its clocks are wrong and in how many ways.';
grant select, insert, delete, update (ended_at) on clock_spell to onelot_service;

alter table device_fact add column clock_ahead interval;
comment on column device_fact.clock_ahead is 'By how much the clock was taken to be ahead that occurred_at is by: effective_at is earlier by that.';
alter table gate_event add column clock_ahead interval;
comment on column gate_event.clock_ahead is 'By how much the clock was taken to be ahead that occurred_at is by: effective_at is earlier by that.';
