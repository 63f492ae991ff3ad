-- Stays are handed over as events are (event_row): one array of rows, and what is an array in a stay is one there, too.

create type stay_row as (
  lot_id         int,
  id             uuid,
  plate          text,
  plate_color    plate_color,
  vehicle_class  vehicle_class,
  state          stay_state,
  entered_at     timestamptz,
  left_at        timestamptz,
  entry_lane_id  int,
  exit_lane_id   int,
  entry_event_id uuid,
  exit_event_id  uuid,
  confidence     real,
  facts          uuid[],
  read_until     timestamptz,
  doubts         text[],
  seen_again_at  timestamptz,
  matched_id     uuid,
  matched_half   stay_state,
  merged_into    uuid,
  tariff_id      int,
  fee_fen        bigint,
  account_id     bigint,
  uses           jsonb,
  let_out        let_out,
  set_fen        bigint,
  at_exit        boolean,
  exits          timestamptz[],
  counted        boolean
);
comment on type stay_row is 'A row of stay as it is written.';
