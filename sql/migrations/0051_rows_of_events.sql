-- A batch hands its events over as one array of rows: an array for each column costs more on both sides. A column that
-- comes later comes in a type of its own, so that a process of the version before can still write.

create type event_row as (
  lot_id           int,
  id               uuid,
  gateway_id       int,
  event_id         text,
  lane_id          int,
  kind             direction,
  occurred_at      timestamptz,
  received_at      timestamptz,
  effective_at     timestamptz,
  replay           boolean,
  plate            text,
  plate_read       text,
  plate_color      plate_color,
  color_read       plate_color,
  vehicle_class    vehicle_class,
  confidence       real,
  images           jsonb,
  remaining_spaces int,
  content_hash     bytea,
  status           event_status,
  reason           case_reason,
  gate             gate_command,
  stay_id          uuid,
  fee_fen          bigint,
  payment          payment_kind,
  charge_reference uuid,
  doubts           jsonb,
  first_id         uuid,
  clock_ahead      interval
);
comment on type event_row is 'A row of gate_event as it is written.';
