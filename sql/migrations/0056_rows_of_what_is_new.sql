-- What a batch is near to, whoever came and what is charged is handed over as events and stays are (event_row, stay_row):
-- one array of rows.

create type near_row as (
  lot_id      int,
  id          uuid,
  lane_id     int,
  at          timestamptz,
  plate       text,
  plate_color plate_color
);
comment on type near_row is 'A read to which others are looked for at its lane.';

create type open_stay_row as (
  lot_id         int,
  plate          text,
  plate_color    plate_color,
  id             uuid,
  vehicle_class  vehicle_class,
  entered_at     timestamptz,
  entry_lane_id  int,
  entry_event_id uuid,
  confidence     real,
  facts          uuid[],
  read_until     timestamptz,
  counted        boolean
);
comment on type open_stay_row is 'A row of open_stay as it is written.';

create type charge_row as (
  lot_id       int,
  id           uuid,
  stay_id      uuid,
  operator_id  bigint,
  account_id   bigint,
  amount_fen   bigint,
  lines        jsonb,
  held         boolean,
  reference    uuid,
  place_hidden boolean
);
comment on type charge_row is 'A charge as it is made.';
