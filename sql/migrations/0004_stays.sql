-- What happens in car parks: events as they came, stays as they follow from them, and the count of cars.
-- Every row carries lot_id, the shard. All writers of one lot's facts hold that lot's advisory lock
-- (sql/parking/gate.sql, lock_lots), which is what makes the look-ups below free of races.

create type vehicle_class as enum ('small', 'large', 'motorcycle', 'unknown');
create type event_status as enum ('recorded', 'review');
create type gate_command as enum ('open', 'hold', 'none');
create type payment_kind as enum ('not_needed', 'will_be_charged', 'pay_at_gate');
create type review_reason as enum (
  'kind_contradicts_lane', 'no_plate', 'unknown_plate_form', 'low_confidence', 'clock_ahead', 'clock_behind',
  'long_stay', 'entry_while_inside', 'entry_out_of_order', 'entry_during_stay',
  'exit_without_entry', 'exit_during_stay', 'could_not_apply');

create table gate_event (
  lot_id           int not null,
  id               uuid not null,
  gateway_id       int not null,
  event_id         text not null,
  lane_id          int not null,
  kind             direction not null,
  occurred_at      timestamptz not null,
  received_at      timestamptz not null,
  effective_at     timestamptz not null,
  replay           boolean not null,
  plate            text not null,
  plate_read       text not null,
  plate_color      plate_color not null,
  color_read       plate_color not null,
  vehicle_class    vehicle_class not null,
  confidence       real not null,
  images           jsonb,
  remaining_spaces int,
  content_hash     bytea not null,
  status           event_status not null,
  reason           review_reason,
  gate             gate_command not null,
  stay_id          uuid,
  fee_fen          bigint,
  payment          payment_kind,
  primary key (lot_id, id),
  constraint review_has_reason check ((status = 'review') = (reason is not null)),
  constraint confidence_is_share check (confidence between 0 and 1),
  constraint fee_not_negative check (fee_fen >= 0)
) partition by range (id);
-- Not unique: a unique key would need the partition key in it. Under the lot's lock "look, then insert" cannot race,
-- and the invariant event_recorded_twice watches over it.
-- id stands in it so that no plan prefers the primary key, which would walk all a lot's recent events.
create index gate_event_by_event_id on gate_event (lot_id, gateway_id, event_id, id);
select grow('gate_event', 13);
comment on table gate_event is 'Every plate event a gateway sent, once, with the answer it got. plate is empty when the camera read none.';
comment on column gate_event.occurred_at is 'What the device''s clock said.';
comment on column gate_event.effective_at is 'The instant the rules use: occurred_at, or received_at where a live event''s clock is off.';
comment on column gate_event.plate_color is 'The colour the rules use: color_read, or the usual one of the plate''s form where the camera read none.';
comment on column gate_event.content_hash is 'Over everything but replay: the same event sent live and then replayed is one event.';

create table refused_event (
  lot_id        int not null,
  id            uuid not null,
  gateway_id    int not null,
  received_at   timestamptz not null,
  event_id      text,
  code          text not null,
  field         text,
  detail        text not null,
  payload       bytea not null,
  payload_bytes int not null,
  primary key (lot_id, id)
) partition by range (id);
select grow('refused_event', 13);
comment on table refused_event is 'What an authenticated gateway sent and the service could not take as an event: kept (first 8 KiB) so that no car is lost.';

create table open_stay (
  lot_id         int not null,
  plate          text not null,
  plate_color    plate_color not null,
  id             uuid not null,
  vehicle_class  vehicle_class not null,
  entered_at     timestamptz not null,
  entry_lane_id  int not null,
  entry_event_id uuid not null,
  primary key (lot_id, plate, plate_color)
) with (fillfactor = 70);
comment on table open_stay is 'Vehicles inside now. The key is the rule: a vehicle is inside a lot once.';

create type stay_state as enum ('closed', 'superseded', 'exit_only');

create table stay (
  lot_id         int not null,
  id             uuid not null,
  plate          text not null,
  plate_color    plate_color not null,
  vehicle_class  vehicle_class not null,
  state          stay_state not null,
  entered_at     timestamptz,
  left_at        timestamptz,
  entry_lane_id  int,
  exit_lane_id   int,
  entry_event_id uuid,
  exit_event_id  uuid,
  tariff_id      int,
  fee_fen        bigint,
  quota_used_min int not null default 0,
  account_id     bigint,
  last_at        timestamptz not null generated always as (coalesce(left_at, entered_at)) stored,
  primary key (lot_id, id),
  constraint closed_is_whole check ((state = 'closed') = (entered_at is not null and left_at is not null and fee_fen is not null)),
  constraint superseded_lacks_exit check ((state = 'superseded') = (entered_at is not null and left_at is null)),
  constraint exit_only_lacks_entry check ((state = 'exit_only') = (entered_at is null and left_at is not null)),
  constraint leaves_after_entering check (left_at >= entered_at),
  constraint fee_not_negative check (fee_fen >= 0)
) partition by range (id);
create index stay_by_plate on stay (lot_id, plate, plate_color, last_at, id);
select grow('stay', 37);
comment on table stay is 'Finished stays. superseded: an entry whose exit never came. exit_only: an exit whose entry never came. Both become closed when the missing half arrives.';

create table review (
  lot_id      int not null,
  id          uuid not null,
  event_id    uuid not null,
  reason      review_reason not null,
  opened_at   timestamptz not null,
  resolved_at timestamptz,
  resolved_by text,
  note        text,
  primary key (lot_id, id),
  constraint resolved_is_whole check ((resolved_at is null) = (resolved_by is null))
) partition by range (id);
create index review_open on review (lot_id, id) where resolved_at is null;
select grow('review', 37);
comment on table review is 'Events a person should look at, and what was said of them.';

create table lot_occupancy (
  lot_id        int primary key references lot,
  inside        int not null default 0,
  correction    int not null default 0,
  reported_free int,
  reported_at   timestamptz,
  version       bigint not null default 0,
  updated_at    timestamptz not null
) with (fillfactor = 50);
comment on table lot_occupancy is 'Cars inside per lot. inside: the raw count, equal to the open stays; correction: what the lot''s own last count adds to it (the drift).';

grant select, insert on gate_event, refused_event to onelot_service;
grant select, insert, update, delete on open_stay to onelot_service;
grant select, insert, update on stay, review, lot_occupancy to onelot_service;
