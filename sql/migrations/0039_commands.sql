-- What a gateway is told without having asked: commands, numbered in the order of their commits.

create type command_reason as enum ('paid', 'released', 'debited', 'free', 'priced', 'remote_open');
create type command_outcome as enum ('done', 'failed', 'too_late');

create table gateway_state (
  lot_id     int not null,
  gateway_id int not null,
  commands   bigint not null default 0,
  primary key (lot_id, gateway_id)
) with (fillfactor = 50);
comment on table gateway_state is 'What is known of a gateway beside what is registered: one row each, which changes often.';
comment on column gateway_state.commands is 'The number of its last command. Whoever adds one holds this row until the commit, so that no lower number shows up later.';
grant select, insert, update on gateway_state to onelot_service;

create table gateway_command (
  lot_id       int not null,
  id           uuid not null,
  gateway_id   int not null,
  n            bigint not null check (n > 0),
  lane_id      int not null,
  gate         gate_command not null,
  because      command_reason not null,
  stay_id      uuid,
  fact_id      uuid,
  event_id     text,
  read_at      timestamptz,
  fee_fen      bigint check (fee_fen >= 0),
  display_zh   text not null,
  display_en   text not null,
  reason       text,
  asked_by     text,
  issued_at    timestamptz not null,
  expires_at   timestamptz not null,
  outcome      command_outcome,
  acknowledged_at timestamptz,
  detail       text,
  primary key (lot_id, id),
  constraint expires_later check (expires_at > issued_at),
  constraint moves_or_shows check (gate in ('open', 'hold')),
  constraint answers_a_read check ((fact_id is null) = (event_id is null) and (fact_id is null) = (read_at is null)),
  constraint acknowledged_is_whole check ((outcome is null) = (acknowledged_at is null)),
  constraint asked_is_whole check ((because = 'remote_open') = (asked_by is not null) and (asked_by is null) = (reason is null))
) partition by range (id);
create index gateway_command_by_number on gateway_command (lot_id, gateway_id, n);
create index gateway_command_by_fact on gateway_command (lot_id, fact_id) where fact_id is not null;
create index gateway_command_by_lane on gateway_command (lot_id, lane_id, id);
select grow('gateway_command', 13);
select create_month_partition('gateway_command', month)
  from (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent = 'gate_event'::regclass) made;
comment on table gateway_command is 'What a gateway is told to do at a lane, written in the transaction of its cause. What the gateway says of it (outcome) is apart from what is seen to happen, which is a fact of its own.';
comment on column gateway_command.n is '1, 2, … of its gateway: where a gateway goes on after a break.';
comment on column gateway_command.fact_id is 'The read of the car that it is for (event_id: by the gateway''s own number, read_at: when); null: for whoever stands at the lane.';
comment on column gateway_command.expires_at is 'From then on nobody is told. Nor is it once another car was read at the lane after read_at.';
comment on column gateway_command.reason is 'Why a person (asked_by) opens from afar.';
comment on column gateway_command.detail is 'What the gateway said beside the outcome.';
grant select, insert, update (outcome, acknowledged_at, detail) on gateway_command to onelot_service;

create table charge_cleared (
  lot_id     int not null,
  charge_id  uuid not null,
  stay_id    uuid not null,
  cleared_at timestamptz not null,
  primary key (lot_id, charge_id)
);
create index charge_cleared_in_turn on charge_cleared (cleared_at);
comment on table charge_cleared is 'Charges that no account pays and of which nothing is owed any more, until that was passed on to where a car may wait for it. Written in the transaction that clears them.';
grant select, insert, delete, update (cleared_at) on charge_cleared to onelot_service;
