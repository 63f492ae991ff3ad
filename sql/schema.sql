-- The schema as sql/migrations leaves it: read this first. Written by `make schema`; do not edit.
-- By subject, in the order of a visit; it is to be read and not to be run. Left out: the partitions. Every table
-- "partition by range" has one a month (sql/migrations/0001) and a default.

-- Kinds of things ---------------------------------------------------------------------------------------------------

CREATE TYPE account_status AS ENUM ( 'active', 'suspended', 'closed' );
CREATE TYPE adjustment_kind AS ENUM ( 'raised', 'lowered', 'waived' );
CREATE TYPE attempt_state AS ENUM ( 'submitting', 'accepted', 'unknown', 'succeeded', 'declined', 'failed', 'void', 'superseded' );
CREATE TYPE case_reason AS ENUM ( 'kind_contradicts_lane', 'no_plate', 'unknown_plate_form', 'low_confidence', 'clock_ahead', 'clock_behind', 'numbers_restarted', 'long_stay', 'entry_while_inside', 'entry_out_of_order', 'entry_during_stay', 'exit_without_entry', 'exit_during_stay', 'could_not_apply', 'match_probable', 'turned_round', 'appeal', 'inside_too_long', 'banned', 'passage_without_read', 'elsewhere', 'plates_inside_differ', 'cash_taken', 'no_price', 'closed', 'left_unpaid' );
CREATE TYPE charge_row AS ( lot_id integer, id uuid, stay_id uuid, operator_id bigint, account_id bigint, amount_fen bigint, lines jsonb, held boolean, reference uuid, place_hidden boolean );
CREATE TYPE charge_state AS ENUM ( 'due', 'paid', 'void' );
CREATE TYPE command_outcome AS ENUM ( 'done', 'failed', 'too_late' );
CREATE TYPE command_reason AS ENUM ( 'paid', 'released', 'debited', 'free', 'priced', 'remote_open' );
CREATE TYPE day_kind AS ENUM ( 'work', 'off' );
CREATE TYPE decision_kind AS ENUM ( 'plate', 'ticket', 'void', 'right', 'pair', 'manual_entry', 'manual_exit', 'let_out_free', 'let_out_and_charge', 'undo' );
CREATE TYPE device_fact_kind AS ENUM ( 'passage', 'barrier', 'count', 'cash', 'plates_inside' );
CREATE TYPE direction AS ENUM ( 'entry', 'exit' );
CREATE TYPE discrepancy_kind AS ENUM ( 'stay_otherwise', 'stay_missing', 'stay_unfounded', 'counted_wrongly', 'case_missing', 'case_moot', 'charge_otherwise', 'hold_missing', 'match_otherwise', 'match_missing' );
CREATE TYPE dispute_kind AS ENUM ( 'overpaid', 'other_number', 'other_amount', 'other_channel_no', 'denied', 'no_answer', 'refund_mismatch', 'refund_after_closed', 'refund_denied', 'refund_no_answer' );
CREATE TYPE dispute_resolution AS ENUM ( 'returned', 'paid', 'not_paid', 'dismissed' );
CREATE TYPE dispute_state AS ENUM ( 'open', 'resolved' );
CREATE TYPE event_status AS ENUM ( 'recorded', 'review' );
CREATE TYPE gate_command AS ENUM ( 'open', 'hold', 'none' );
CREATE TYPE payment_kind AS ENUM ( 'not_needed', 'will_be_charged', 'pay_at_gate' );
CREATE TYPE plate_color AS ENUM ( 'blue', 'yellow', 'green', 'yellow_green', 'white', 'black', 'unknown' );
CREATE TYPE vehicle_class AS ENUM ( 'small', 'large', 'motorcycle', 'unknown' );
CREATE TYPE event_row AS ( lot_id integer, id uuid, gateway_id integer, event_id text, lane_id integer, kind direction, occurred_at timestamp with time zone, received_at timestamp with time zone, effective_at timestamp with time zone, replay boolean, plate text, plate_read text, plate_color plate_color, color_read plate_color, vehicle_class vehicle_class, confidence real, images jsonb, remaining_spaces integer, content_hash bytea, status event_status, reason case_reason, gate gate_command, stay_id uuid, fee_fen bigint, payment payment_kind, charge_reference uuid, doubts jsonb, first_id uuid, clock_ahead interval );
CREATE TYPE inner_clock AS ENUM ( 'runs', 'stops' );
CREATE TYPE journal_kind AS ENUM ( 'stay_billed', 'charge_voided', 'charge_paid', 'refund_requested', 'refund_paid', 'refund_closed', 'top_up', 'platform_fee', 'overpaid', 'reversal', 'suspense_received', 'suspense_returned', 'charge_raised', 'charge_lowered' );
CREATE TYPE ledger_book AS ENUM ( 'wallet', 'receivable', 'casual_receivable', 'payable', 'clearing', 'platform_income', 'refund_payable', 'suspense', 'cash' );
CREATE TYPE let_out AS ENUM ( 'free', 'charge' );
CREATE TYPE lot_kind AS ENUM ( 'road', 'garage', 'hospital', 'station', 'scenic', 'mall', 'office', 'residential' );
CREATE TYPE match_outcome AS ENUM ( 'certain', 'probable', 'ambiguous', 'none' );
CREATE TYPE near_row AS ( lot_id integer, id uuid, lane_id integer, at timestamp with time zone, plate text, plate_color plate_color );
CREATE TYPE open_stay_row AS ( lot_id integer, plate text, plate_color plate_color, id uuid, vehicle_class vehicle_class, entered_at timestamp with time zone, entry_lane_id integer, entry_event_id uuid, confidence real, facts uuid[], read_until timestamp with time zone, counted boolean );
CREATE TYPE passage_outcome AS ENUM ( 'passed', 'turned_back', 'cancelled' );
CREATE TYPE payable_kind AS ENUM ( 'charge', 'top_up' );
CREATE TYPE place_kind AS ENUM ( 'station', 'airport', 'metro', 'hospital', 'school', 'sight', 'mall', 'sport', 'office' );
CREATE TYPE probable_match AS ENUM ( 'open', 'hold' );
CREATE TYPE refund_state AS ENUM ( 'requested', 'unknown', 'succeeded', 'closed' );
CREATE TYPE report_run_state AS ENUM ( 'waiting', 'running', 'done', 'failed' );
CREATE TYPE say_arrears AS ENUM ( 'nothing', 'show' );
CREATE TYPE settlement_stage AS ENUM ( 'started', 'done' );
CREATE TYPE stay_state AS ENUM ( 'closed', 'superseded', 'exit_only', 'open', 'merged' );
CREATE TYPE stay_row AS ( lot_id integer, id uuid, plate text, plate_color plate_color, vehicle_class vehicle_class, state stay_state, entered_at timestamp with time zone, left_at timestamp with time zone, entry_lane_id integer, exit_lane_id integer, entry_event_id uuid, exit_event_id uuid, confidence real, facts uuid[], read_until timestamp with time zone, doubts text[], seen_again_at timestamp with time zone, matched_id uuid, matched_half stay_state, merged_into uuid, tariff_id integer, fee_fen bigint, account_id bigint, uses jsonb, let_out let_out, set_fen bigint, at_exit boolean, exits timestamp with time zone[], counted boolean );
CREATE TYPE tariff_state AS ENUM ( 'draft', 'published' );
CREATE TYPE waived_for AS ENUM ( 'not_accepted', 'given_back' );

COMMENT ON TYPE charge_row IS 'A charge as it is made.';

COMMENT ON TYPE event_row IS 'A row of gate_event as it is written.';

COMMENT ON TYPE ledger_book IS 'The chart of accounts; the table book describes it.';

COMMENT ON TYPE near_row IS 'A read to which others are looked for at its lane.';

COMMENT ON TYPE open_stay_row IS 'A row of open_stay as it is written.';

COMMENT ON TYPE stay_row IS 'A row of stay as it is written.';

CREATE SEQUENCE owner_id
    START WITH 1001
    INCREMENT BY 1
    NO MINVALUE
    MAXVALUE 1073741823
    CACHE 1;

GRANT USAGE ON SCHEMA public TO onelot_service;

GRANT USAGE ON SEQUENCE owner_id TO onelot_service;

-- Identifiers, months, and who does what ----------------------------------------------------------------------------

-- Tables partitioned by month of their identifier; retention drops whole partitions (drop_expired).
CREATE TABLE growing_table (
    name          text NOT NULL,
    keep_months   integer,
    kept_from     uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    months_before smallint DEFAULT 2 NOT NULL,
    months_ahead  smallint DEFAULT 3 NOT NULL,
    CONSTRAINT growing_table_keep_months_check CHECK ((keep_months > 0)),
    CONSTRAINT growing_table_months_ahead_check CHECK (((months_ahead >= 1) AND (months_ahead <= 24))),
    CONSTRAINT growing_table_months_before_check CHECK (((months_before >= 0) AND (months_before <= 120))),
    CONSTRAINT growing_table_pkey PRIMARY KEY (name)
);
COMMENT ON COLUMN growing_table.kept_from IS 'The lowest identifier that is surely still there: what came before it may have been dropped.';
COMMENT ON COLUMN growing_table.months_before IS 'So many months before the present one have a partition (create_partitions_of).';
COMMENT ON COLUMN growing_table.months_ahead IS 'So many months after the present one have a partition, so that none is missing when it begins.';
-- The service may: select.

-- Which files of sql/migrations this database has had, with the sha256 of each as it was applied.
CREATE TABLE schema_migration (
    number     integer NOT NULL,
    name       text NOT NULL,
    sha256     text NOT NULL,
    applied_at timestamp with time zone NOT NULL,
    CONSTRAINT schema_migration_number_check CHECK ((number > 0)),
    CONSTRAINT schema_migration_pkey PRIMARY KEY (number)
);
-- The service may: select.

-- Moves with every change of the network, so that a revoked key or a new lane is known within a second. Who changes
-- the network by hand moves it by hand.
CREATE TABLE catalog_version (
    only_row boolean DEFAULT true NOT NULL,
    version  bigint NOT NULL,
    CONSTRAINT catalog_version_only_row_check CHECK (only_row),
    CONSTRAINT catalog_version_pkey PRIMARY KEY (only_row)
);
-- The service may: select, update (version).

-- Moves when a token is revoked or an account is suspended, resumed or closed, so that every process knows it within
-- a second.
CREATE TABLE identity_version (
    only_row boolean DEFAULT true NOT NULL,
    version  bigint NOT NULL,
    CONSTRAINT identity_version_only_row_check CHECK (only_row),
    CONSTRAINT identity_version_pkey PRIMARY KEY (only_row)
);
-- The service may: select, update (version).

-- Who does a job of the worker now, and until when nobody else does it. Leases run by the clock of the database.
CREATE TABLE job (
    name         text NOT NULL,
    holder       text NOT NULL,
    leased_until timestamp with time zone NOT NULL,
    every_s      double precision,
    done_at      timestamp with time zone,
    begun_at     timestamp with time zone,
    took_s       double precision,
    failures     integer DEFAULT 0 NOT NULL,
    failed_at    timestamp with time zone,
    error        text,
    CONSTRAINT an_error_has_its_time CHECK (((error IS NULL) = (failed_at IS NULL))),
    CONSTRAINT job_pkey PRIMARY KEY (name)
);
COMMENT ON COLUMN job.every_s IS 'How long after the beginning of a round the next one is due, in seconds.';
COMMENT ON COLUMN job.done_at IS 'When a round last ended well. A job that is not being done and has not been for long says that the worker is dead or fails.';
COMMENT ON COLUMN job.begun_at IS 'When the last round began.';
COMMENT ON COLUMN job.took_s IS 'How long the last round that ended took, well or not, in seconds.';
COMMENT ON COLUMN job.failures IS 'How many rounds have failed since one ended well.';
COMMENT ON COLUMN job.error IS 'Why the last round that failed did, without whole plates; it failed at failed_at.';
-- The service may: select, insert, update.

-- Where a look at all lots, one after the other, has come to: the lot, and the last fact of it that was looked at.
CREATE TABLE sweep (
    name     text NOT NULL,
    lot_id   integer NOT NULL,
    after    uuid NOT NULL,
    began_at timestamp with time zone NOT NULL,
    turn     bigint NOT NULL,
    whole_at timestamp with time zone,
    CONSTRAINT sweep_pkey PRIMARY KEY (name)
);
COMMENT ON COLUMN sweep.began_at IS 'When the round began.';
COMMENT ON COLUMN sweep.turn IS 'The number of the look at this lot: what an earlier one found and this one does not is no more.';
COMMENT ON COLUMN sweep.whole_at IS 'When a round last came through.';
-- The service may: select, insert, update.

-- What of people is forgotten where the row itself is kept, and after how many months: the times in the lines of
-- charges and where they were made (as long as stays are kept), what a channel knew the payer by, plates in the audit
-- log, and what is left of closed accounts.
CREATE TABLE forgetting (
    what        text NOT NULL,
    keep_months integer NOT NULL,
    through     uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    CONSTRAINT forgetting_keep_months_check CHECK ((keep_months > 0)),
    CONSTRAINT forgetting_pkey PRIMARY KEY (what)
);
COMMENT ON COLUMN forgetting.through IS 'Up to which identifier it was forgotten.';
-- The service may: select.

-- The network -------------------------------------------------------------------------------------------------------

-- Who runs lots and is owed their fees (经营单位). Its id is an owner in the ledger.
CREATE TABLE operator (
    id               bigint DEFAULT nextval('owner_id'::regclass) NOT NULL,
    code             text NOT NULL,
    name_zh          text NOT NULL,
    name_en          text NOT NULL,
    platform_fee_bps integer NOT NULL,
    time_zone        text DEFAULT 'Asia/Shanghai'::text NOT NULL,
    say_arrears      say_arrears DEFAULT 'nothing'::say_arrears NOT NULL,
    closed_from      date,
    CONSTRAINT operator_id_fits_identifiers CHECK (((id > 0) AND (id < (1 << 30)))),
    CONSTRAINT platform_fee_within_whole CHECK (((platform_fee_bps >= 0) AND (platform_fee_bps <= 10000))),
    CONSTRAINT operator_code_key UNIQUE (code),
    CONSTRAINT operator_pkey PRIMARY KEY (id)
);
CREATE TRIGGER rate_stays BEFORE UPDATE OF platform_fee_bps ON operator FOR EACH ROW WHEN ((old.platform_fee_bps IS DISTINCT FROM new.platform_fee_bps)) EXECUTE FUNCTION deny_rate();
ALTER TABLE operator ENABLE ALWAYS TRIGGER rate_stays;
COMMENT ON COLUMN operator.platform_fee_bps IS 'The platform''s share from the beginning on, in ten-thousandths; it never changes. Later shares stand in operator_fee.';
COMMENT ON COLUMN operator.say_arrears IS 'Whether the lanes of its lots say what a car owes from before (show), or nothing.';
COMMENT ON COLUMN operator.closed_from IS 'The first day (by its clock) on which it runs no lots any more. What is owed is settled and paid as ever.';
-- The service may: select, insert, update (name_zh, name_en, time_zone, say_arrears, closed_from).

-- The platform's share of what an operator keeps, in ten-thousandths, of stays that end on this day or later. Before
-- the first it is that of operator.
CREATE TABLE operator_fee (
    operator_id      bigint NOT NULL,
    valid_from       date NOT NULL,
    platform_fee_bps integer NOT NULL,
    CONSTRAINT operator_fee_platform_fee_bps_check CHECK (((platform_fee_bps >= 0) AND (platform_fee_bps <= 10000))),
    CONSTRAINT operator_fee_pkey PRIMARY KEY (operator_id, valid_from),
    CONSTRAINT operator_fee_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id)
);
ALTER TABLE operator_fee ENABLE ALWAYS TRIGGER rate_stays;
-- The service may: select, insert, update (platform_fee_bps).

-- A car park or a stretch of road bays (停车场); the shard of every parking fact.
CREATE TABLE lot (
    id                      integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    code                    text NOT NULL,
    operator_id             bigint NOT NULL,
    name_zh                 text NOT NULL,
    name_en                 text NOT NULL,
    district_zh             text NOT NULL,
    district_en             text NOT NULL,
    address_zh              text DEFAULT ''::text NOT NULL,
    kind                    lot_kind NOT NULL,
    capacity                integer NOT NULL,
    longitude               double precision NOT NULL,
    latitude                double precision NOT NULL,
    time_zone               text DEFAULT 'Asia/Shanghai'::text NOT NULL,
    confirms_passages_since timestamp with time zone,
    leave_within_min        integer DEFAULT 15 NOT NULL,
    inside_of               integer,
    road                    text,
    road_within_min         integer,
    inner_clock             inner_clock DEFAULT 'runs'::inner_clock NOT NULL,
    say_arrears             say_arrears,
    probable_match          probable_match DEFAULT 'open'::probable_match NOT NULL,
    CONSTRAINT capacity_positive CHECK ((capacity > 0)),
    CONSTRAINT leaves_within_reason CHECK (((leave_within_min >= 1) AND (leave_within_min <= 120))),
    CONSTRAINT lot_id_fits_identifiers CHECK ((id < (1 << 30))),
    CONSTRAINT not_inside_itself CHECK ((inside_of <> id)),
    CONSTRAINT road_is_whole CHECK (((road IS NULL) = (road_within_min IS NULL))),
    CONSTRAINT road_within_limits CHECK (((road_within_min >= 1) AND (road_within_min <= 120))),
    CONSTRAINT stops_a_clock_around CHECK (((inner_clock = 'runs'::inner_clock) OR (inside_of IS NOT NULL))),
    CONSTRAINT wgs84 CHECK ((((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision)) AND ((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision)))),
    CONSTRAINT lot_code_key UNIQUE (code),
    CONSTRAINT lot_pkey PRIMARY KEY (id),
    CONSTRAINT lot_inside_of_fkey FOREIGN KEY (inside_of) REFERENCES lot(id),
    CONSTRAINT lot_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id)
);
COMMENT ON COLUMN lot.capacity IS 'From the beginning on; later ones stand in lot_capacity.';
COMMENT ON COLUMN lot.confirms_passages_since IS 'From when on a car that was read at an exit is inside until a passage says that it passed; null: an opened barrier means passed.';
COMMENT ON COLUMN lot.leave_within_min IS 'How long who has paid may take to leave; what is beyond that is asked.';
COMMENT ON COLUMN lot.inside_of IS 'The lot that it lay in from the beginning: whoever is here is there as well. Later ones stand in lot_surroundings.';
COMMENT ON COLUMN lot.road IS 'What all stretches of one road have in common: who drives on from one to another is priced as one stay.';
COMMENT ON COLUMN lot.road_within_min IS 'Within how many minutes of leaving another stretch that holds, unless the tariff says so itself.';
COMMENT ON COLUMN lot.inner_clock IS 'Whether the lots that it lies in count the time of who is here as well (runs), or not.';
COMMENT ON COLUMN lot.say_arrears IS 'The same of one lot; null: as its operator says.';
COMMENT ON COLUMN lot.probable_match IS 'From the beginning on; what it does later stands in lot_probable_match.';
-- The service may: select, insert, update.

-- How many spaces a lot has from an instant on; until the first it has those of lot.
CREATE TABLE lot_capacity (
    lot_id     integer NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    capacity   integer NOT NULL,
    CONSTRAINT lot_capacity_capacity_check CHECK ((capacity > 0)),
    CONSTRAINT lot_capacity_pkey PRIMARY KEY (lot_id, valid_from),
    CONSTRAINT lot_capacity_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
-- The service may: select, insert, update (capacity).

-- From when on a lot is closed, or open again; until the first it is open. Nobody is let into one that is closed.
CREATE TABLE lot_closure (
    lot_id     integer NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    is_closed  boolean NOT NULL,
    CONSTRAINT lot_closure_pkey PRIMARY KEY (lot_id, valid_from),
    CONSTRAINT lot_closure_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
-- The service may: select, insert, update (is_closed).

-- Whether the barriers of a lot open for a probable match from an instant on, or hold its vehicle until a person has
-- looked; until the first it does as lot says.
CREATE TABLE lot_probable_match (
    lot_id         integer NOT NULL,
    valid_from     timestamp with time zone NOT NULL,
    probable_match probable_match NOT NULL,
    CONSTRAINT lot_probable_match_pkey PRIMARY KEY (lot_id, valid_from),
    CONSTRAINT lot_probable_match_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
-- The service may: select, insert, update (probable_match).

-- In which lot a lot lies, what the clock there does, and along which road, from an instant on; until the first as
-- lot says it.
CREATE TABLE lot_surroundings (
    lot_id          integer NOT NULL,
    valid_from      timestamp with time zone NOT NULL,
    inside_of       integer,
    inner_clock     inner_clock NOT NULL,
    road            text,
    road_within_min integer,
    CONSTRAINT not_inside_itself CHECK ((inside_of <> lot_id)),
    CONSTRAINT road_is_whole CHECK (((road IS NULL) = (road_within_min IS NULL))),
    CONSTRAINT road_within_limits CHECK (((road_within_min >= 1) AND (road_within_min <= 120))),
    CONSTRAINT stops_a_clock_around CHECK (((inner_clock = 'runs'::inner_clock) OR (inside_of IS NOT NULL))),
    CONSTRAINT lot_surroundings_pkey PRIMARY KEY (lot_id, valid_from),
    CONSTRAINT lot_surroundings_inside_of_fkey FOREIGN KEY (inside_of) REFERENCES lot(id),
    CONSTRAINT lot_surroundings_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
-- The service may: select, insert, update (inside_of, inner_clock, road, road_within_min).

-- Codes that lots had until they were corrected; they lead to their lots until they are given up. No other lot is
-- registered by one.
CREATE TABLE former_lot_code (
    code   text NOT NULL,
    lot_id integer NOT NULL,
    until  timestamp with time zone NOT NULL,
    CONSTRAINT former_lot_code_pkey PRIMARY KEY (code),
    CONSTRAINT former_lot_code_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
-- The service may: select, insert, delete.

-- What a lot offers (parking/facilities.py): spaces of each kind, limits, opening hours, ways in, pictures, how one
-- pays. One document, replaced as a whole.
CREATE TABLE lot_facilities (
    lot_id   integer NOT NULL,
    document jsonb NOT NULL,
    said_at  timestamp with time zone NOT NULL,
    CONSTRAINT lot_facilities_pkey PRIMARY KEY (lot_id),
    CONSTRAINT lot_facilities_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
-- The service may: select, insert, update (document, said_at).

-- Spaces of a lot that have numbers of their own (泊位), as along roads.
CREATE TABLE bay (
    lot_id integer NOT NULL,
    number text NOT NULL,
    sensor text,
    CONSTRAINT bay_pkey PRIMARY KEY (lot_id, number),
    CONSTRAINT bay_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
CREATE UNIQUE INDEX bay_sensor_key ON bay USING btree (sensor);
COMMENT ON COLUMN bay.sensor IS 'What the sensor in the ground or on the post calls itself, if there is one.';
-- The service may: select, insert, delete, update (sensor).

-- A place where vehicles pass the border of a lot (出入口); it has one or more lanes.
CREATE TABLE gate (
    id     integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    lot_id integer NOT NULL,
    code   text NOT NULL,
    name   text DEFAULT ''::text NOT NULL,
    CONSTRAINT gate_lot_id_code_key UNIQUE (lot_id, code),
    CONSTRAINT gate_lot_id_id_key UNIQUE (lot_id, id),
    CONSTRAINT gate_pkey PRIMARY KEY (id),
    CONSTRAINT gate_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
-- The service may: select, insert, update.

-- The computer of a lot that sends plate events (车场网关). It belongs to one lot.
CREATE TABLE gateway (
    id     integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    lot_id integer NOT NULL,
    code   text NOT NULL,
    CONSTRAINT gateway_code_key UNIQUE (code),
    CONSTRAINT gateway_lot_id_id_key UNIQUE (lot_id, id),
    CONSTRAINT gateway_pkey PRIMARY KEY (id),
    CONSTRAINT gateway_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
COMMENT ON COLUMN gateway.lot_id IS 'Its own lot: what names no other is of that, and what is kept of the gateway itself is kept there.';
-- The service may: select, insert, update.

-- Bearer keys of gateways, hashed; at most two are active at a time, so that one can be rotated.
CREATE TABLE gateway_key (
    id          text NOT NULL,
    gateway_id  integer NOT NULL,
    slot        smallint NOT NULL,
    secret_hash bytea NOT NULL,
    created_at  timestamp with time zone NOT NULL,
    revoked_at  timestamp with time zone,
    CONSTRAINT secret_is_hashed CHECK ((length(secret_hash) = 32)),
    CONSTRAINT two_slots CHECK ((slot = ANY (ARRAY[1, 2]))),
    CONSTRAINT gateway_key_pkey PRIMARY KEY (id),
    CONSTRAINT gateway_key_gateway_id_fkey FOREIGN KEY (gateway_id) REFERENCES gateway(id)
);
CREATE UNIQUE INDEX two_active_keys_for_rotation ON gateway_key USING btree (gateway_id, slot) WHERE (revoked_at IS NULL);
-- The service may: select, insert, update.

-- Lots that a gateway serves beside its own, from when on, or no more. Its own it serves always.
CREATE TABLE gateway_lot (
    gateway_id integer NOT NULL,
    lot_id     integer NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    serves     boolean NOT NULL,
    CONSTRAINT gateway_lot_pkey PRIMARY KEY (gateway_id, lot_id, valid_from),
    CONSTRAINT gateway_lot_gateway_id_fkey FOREIGN KEY (gateway_id) REFERENCES gateway(id),
    CONSTRAINT gateway_lot_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
-- The service may: select, insert, update (serves).

-- The lots that each gateway serves, did or will.
CREATE VIEW gateway_serving AS
 SELECT gateway.id AS gateway_id,
    gateway.lot_id
   FROM gateway
UNION
 SELECT gateway_lot.gateway_id,
    gateway_lot.lot_id
   FROM gateway_lot
  WHERE gateway_lot.serves;
-- The service may: select.

-- One lane through a gate (车道). Its registration, never the camera, says whether it leads in or out.
CREATE TABLE lane (
    id         integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    lot_id     integer NOT NULL,
    gate_id    integer NOT NULL,
    gateway_id integer NOT NULL,
    code       text NOT NULL,
    direction  direction NOT NULL,
    CONSTRAINT lane_code_key UNIQUE (code),
    CONSTRAINT lane_pkey PRIMARY KEY (id),
    CONSTRAINT lane_gateway_id_fkey FOREIGN KEY (gateway_id) REFERENCES gateway(id),
    CONSTRAINT lane_lot_id_gate_id_fkey FOREIGN KEY (lot_id, gate_id) REFERENCES gate(lot_id, id)
);
COMMENT ON COLUMN lane.direction IS 'From the beginning on; later ones stand in lane_way.';
-- The service may: select, insert, update.

-- Which way a lane leads from an instant on, always or by a week of its lot (parking/lanes.py); until the first that
-- of lane.
CREATE TABLE lane_way (
    lane_id    integer NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    way        jsonb NOT NULL,
    CONSTRAINT lane_way_pkey PRIMARY KEY (lane_id, valid_from),
    CONSTRAINT lane_way_lane_id_fkey FOREIGN KEY (lane_id) REFERENCES lane(id)
);
-- The service may: select, insert, update (way).

-- From when on a lane is closed, or open again; until the first it is open.
CREATE TABLE lane_closure (
    lane_id    integer NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    is_closed  boolean NOT NULL,
    CONSTRAINT lane_closure_pkey PRIMARY KEY (lane_id, valid_from),
    CONSTRAINT lane_closure_lane_id_fkey FOREIGN KEY (lane_id) REFERENCES lane(id)
);
-- The service may: select, insert, update (is_closed).

-- Texts (made comparable) that cameras of an operator send when they read no plate, beside those that are known
-- everywhere. Cars with such a text are no vehicle that could be found again.
CREATE TABLE no_plate_text (
    operator_id integer NOT NULL,
    text        text NOT NULL,
    added_at    timestamp with time zone NOT NULL,
    CONSTRAINT text_is_some CHECK ((text <> ''::text)),
    CONSTRAINT no_plate_text_pkey PRIMARY KEY (operator_id, text),
    CONSTRAINT no_plate_text_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id)
);
-- The service may: select, insert, delete.

-- A place that people go to and ask for by name (地名). Positions are WGS-84.
CREATE TABLE place (
    code      text NOT NULL,
    kind      place_kind NOT NULL,
    name_zh   text NOT NULL,
    name_en   text NOT NULL,
    longitude double precision NOT NULL,
    latitude  double precision NOT NULL,
    aliases   text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT place_pkey PRIMARY KEY (code)
);
COMMENT ON COLUMN place.aliases IS 'What it is called besides.';
-- The service may: select, insert, update.

-- Tariffs, and where they are in force ------------------------------------------------------------------------------

-- A price text (收费标准) as a document. A draft may be replaced; what is published stays as it is, and a change is a new
-- version.
CREATE TABLE tariff (
    id            integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    code          text NOT NULL,
    version       integer NOT NULL,
    document      jsonb NOT NULL,
    state         tariff_state DEFAULT 'draft'::tariff_state NOT NULL,
    registered_at timestamp with time zone NOT NULL,
    registered_by text NOT NULL,
    published_at  timestamp with time zone,
    published_by  text,
    findings      jsonb DEFAULT '[]'::jsonb NOT NULL,
    accepted      jsonb DEFAULT '[]'::jsonb NOT NULL,
    supersedes    text GENERATED ALWAYS AS ((document ->> 'supersedes'::text)) STORED,
    CONSTRAINT published_is_whole CHECK (((state = 'published'::tariff_state) = ((published_at IS NOT NULL) AND (published_by IS NOT NULL)))),
    CONSTRAINT tariff_version_check CHECK ((version > 0)),
    CONSTRAINT tariff_code_version_key UNIQUE (code, version),
    CONSTRAINT tariff_pkey PRIMARY KEY (id)
);
ALTER TABLE tariff ENABLE ALWAYS TRIGGER guard_published;
ALTER TABLE tariff ENABLE ALWAYS TRIGGER guard_published_whole;
COMMENT ON COLUMN tariff.findings IS 'What the publication check found.';
COMMENT ON COLUMN tariff.accepted IS 'Findings that somebody publishes in spite of: [{kind, reason, by, at}].';
-- The service may: select, insert, update.

-- A price area (收费区域): its lots that have no price of their own charge by its price.
CREATE TABLE zone (
    id      integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    code    text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    CONSTRAINT zone_code_key UNIQUE (code),
    CONSTRAINT zone_pkey PRIMARY KEY (id)
);
-- The service may: select, insert, update (name_zh, name_en).

-- Which tariff holds at a lot, and since when.
CREATE TABLE lot_tariff (
    lot_id     integer NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    tariff_id  integer NOT NULL,
    CONSTRAINT lot_tariff_pkey PRIMARY KEY (lot_id, valid_from),
    CONSTRAINT lot_tariff_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id),
    CONSTRAINT lot_tariff_tariff_id_fkey FOREIGN KEY (tariff_id) REFERENCES tariff(id)
);
-- The service may: select, insert, update (tariff_id).

-- In which price area a lot lies, and since when; null: in none. Kept by date, because a stay is priced by what held
-- when it began.
CREATE TABLE lot_zone (
    lot_id     integer NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    zone_id    integer,
    CONSTRAINT lot_zone_pkey PRIMARY KEY (lot_id, valid_from),
    CONSTRAINT lot_zone_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id),
    CONSTRAINT lot_zone_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES zone(id)
);
-- The service may: select, insert, update (zone_id).

-- Which tariff holds in a price area, and since when.
CREATE TABLE zone_tariff (
    zone_id    integer NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    tariff_id  integer NOT NULL,
    CONSTRAINT zone_tariff_pkey PRIMARY KEY (zone_id, valid_from),
    CONSTRAINT zone_tariff_tariff_id_fkey FOREIGN KEY (tariff_id) REFERENCES tariff(id),
    CONSTRAINT zone_tariff_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES zone(id)
);
-- The service may: select, insert, update (tariff_id).

-- What vehicles have a right to -------------------------------------------------------------------------------------

-- Vehicles that are known for something a price may ask for (an ambulance with an ordinary plate, a resident, the
-- seats of a bus), and from when to when. A row never changes but for its end.
CREATE TABLE exempt_vehicle (
    id          uuid NOT NULL,
    operator_id bigint,
    lot_id      integer,
    plate       text NOT NULL,
    plate_color plate_color NOT NULL,
    tags        text[] DEFAULT '{}'::text[] NOT NULL,
    facts       jsonb DEFAULT '{}'::jsonb NOT NULL,
    valid_from  timestamp with time zone NOT NULL,
    valid_until timestamp with time zone,
    reason      text NOT NULL,
    added_by    text NOT NULL,
    added_at    timestamp with time zone NOT NULL,
    ended_by    text,
    ended_at    timestamp with time zone,
    end_reason  text,
    CONSTRAINT ended_is_whole CHECK ((((ended_at IS NULL) = (ended_by IS NULL)) AND ((ended_at IS NULL) OR (valid_until IS NOT NULL)))),
    CONSTRAINT known_for_something CHECK (((tags <> '{}'::text[]) OR (facts <> '{}'::jsonb))),
    CONSTRAINT lot_names_its_operator CHECK (((lot_id IS NULL) OR (operator_id IS NOT NULL))),
    CONSTRAINT exempt_vehicle_pkey PRIMARY KEY (id),
    CONSTRAINT exempt_vehicle_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id),
    CONSTRAINT exempt_vehicle_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id)
);
CREATE INDEX exempt_vehicle_by_plate ON exempt_vehicle USING btree (plate, plate_color);
CREATE INDEX exempt_vehicle_of_operator ON exempt_vehicle USING btree (operator_id, id);
COMMENT ON COLUMN exempt_vehicle.operator_id IS 'In whose lots it holds; null: in the whole city.';
COMMENT ON COLUMN exempt_vehicle.lot_id IS 'In which one lot of the operator; null: in all of them.';
COMMENT ON COLUMN exempt_vehicle.facts IS 'Numbers that are known of it: seats, length_cm, bays.';
COMMENT ON COLUMN exempt_vehicle.valid_until IS 'The first instant at which it holds no more; null: until further notice.';
-- The service may: select, insert, update (valid_until, ended_by, ended_at, end_reason).

-- Vehicles that are not let in, from when to when, by whom and why. Who is inside leaves as any other. A row never
-- changes but for its end and the appeal against it.
CREATE TABLE ban (
    id          uuid NOT NULL,
    operator_id bigint,
    lot_id      integer,
    plate       text NOT NULL,
    plate_color plate_color NOT NULL,
    valid_from  timestamp with time zone NOT NULL,
    valid_until timestamp with time zone,
    reason      text NOT NULL,
    added_by    text NOT NULL,
    added_at    timestamp with time zone NOT NULL,
    ended_by    text,
    ended_at    timestamp with time zone,
    end_reason  text,
    account_id  bigint,
    said        text,
    said_at     timestamp with time zone,
    CONSTRAINT appeal_is_whole CHECK ((((said IS NULL) = (said_at IS NULL)) AND ((said IS NULL) = (account_id IS NULL)))),
    CONSTRAINT ended_is_whole CHECK ((((ended_at IS NULL) = (ended_by IS NULL)) AND ((ended_at IS NULL) OR (valid_until IS NOT NULL)))),
    CONSTRAINT lot_names_its_operator CHECK (((lot_id IS NULL) OR (operator_id IS NOT NULL))),
    CONSTRAINT ban_pkey PRIMARY KEY (id),
    CONSTRAINT ban_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
    CONSTRAINT ban_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id),
    CONSTRAINT ban_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id)
);
CREATE INDEX ban_by_plate ON ban USING btree (plate, plate_color);
CREATE INDEX ban_of_operator ON ban USING btree (operator_id, id);
COMMENT ON COLUMN ban.operator_id IS 'In whose lots it holds; null: in the whole city.';
COMMENT ON COLUMN ban.lot_id IS 'In which one lot of the operator; null: in all of them.';
COMMENT ON COLUMN ban.said IS 'What the driver of account_id, who pays for the plate, says against it.';
-- The service may: select, insert, update (valid_until, ended_by, ended_at, end_reason, account_id, said, said_at).

-- Passes as they were sold. A row never changes but for its end; a change ends one and begins another of the same
-- group.
CREATE TABLE parking_pass (
    id            uuid NOT NULL,
    group_id      uuid NOT NULL,
    operator_id   bigint,
    code          text NOT NULL,
    lot_ids       integer[] NOT NULL,
    vehicles      integer NOT NULL,
    bays          integer NOT NULL,
    valid_from    date NOT NULL,
    valid_through date NOT NULL,
    ended_through date,
    note          text NOT NULL,
    added_by      text NOT NULL,
    added_at      timestamp with time zone NOT NULL,
    ended_by      text,
    ended_at      timestamp with time zone,
    end_reason    text,
    CONSTRAINT bays_within_vehicles CHECK (((bays >= 1) AND (bays <= vehicles))),
    CONSTRAINT begins_before_it_ends CHECK ((valid_from <= valid_through)),
    CONSTRAINT ended_is_whole CHECK ((((ended_at IS NULL) = (ended_by IS NULL)) AND ((ended_at IS NULL) = (ended_through IS NULL)))),
    CONSTRAINT some_lots CHECK (((cardinality(lot_ids) >= 1) AND (cardinality(lot_ids) <= 500))),
    CONSTRAINT parking_pass_pkey PRIMARY KEY (id),
    CONSTRAINT parking_pass_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id)
);
CREATE INDEX parking_pass_of_group ON parking_pass USING btree (group_id);
CREATE INDEX parking_pass_of_operator ON parking_pass USING btree (operator_id, id);
COMMENT ON COLUMN parking_pass.operator_id IS 'Whose lots these are; null: of several operators.';
COMMENT ON COLUMN parking_pass.code IS 'Which pass of the price.';
COMMENT ON COLUMN parking_pass.bays IS 'So many of its vehicles park by it at a time, in each of the lots: those that came first.';
COMMENT ON COLUMN parking_pass.valid_through IS 'The last day on which it holds; days are those of each lot''s own zone.';
COMMENT ON COLUMN parking_pass.ended_through IS 'The last day on which it holds after it was ended early.';
-- The service may: select, insert, update (ended_through, ended_by, ended_at, end_reason).

-- The vehicles of a pass.
CREATE TABLE pass_vehicle (
    pass_id     uuid NOT NULL,
    plate       text NOT NULL,
    plate_color plate_color NOT NULL,
    CONSTRAINT pass_vehicle_pkey PRIMARY KEY (pass_id, plate, plate_color),
    CONSTRAINT pass_vehicle_pass_id_fkey FOREIGN KEY (pass_id) REFERENCES parking_pass(id)
);
CREATE INDEX pass_vehicle_by_plate ON pass_vehicle USING btree (plate, plate_color);
-- The service may: select, insert.

-- How a lot takes bookings: of so many spaces at a time, and how early and how late who booked may come. Who changed
-- it stands in the audit log.
CREATE TABLE booking_rule (
    lot_id    integer NOT NULL,
    spaces    integer NOT NULL,
    early_min integer NOT NULL,
    late_min  integer NOT NULL,
    CONSTRAINT early_not_negative CHECK ((early_min >= 0)),
    CONSTRAINT late_not_negative CHECK ((late_min >= 0)),
    CONSTRAINT spaces_not_negative CHECK ((spaces >= 0)),
    CONSTRAINT booking_rule_pkey PRIMARY KEY (lot_id),
    CONSTRAINT booking_rule_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
-- The service may: select, insert, update (spaces, early_min, late_min).

-- A space that is kept for a vehicle from an instant to an instant. What was said before of one stands in the audit
-- log.
CREATE TABLE booking (
    lot_id      integer NOT NULL,
    id          uuid NOT NULL,
    reference   text NOT NULL,
    plate       text NOT NULL,
    plate_color plate_color NOT NULL,
    starts_at   timestamp with time zone NOT NULL,
    ends_at     timestamp with time zone NOT NULL,
    holds_from  timestamp with time zone NOT NULL,
    holds_until timestamp with time zone NOT NULL,
    note        text NOT NULL,
    added_by    text NOT NULL,
    added_at    timestamp with time zone NOT NULL,
    changed_by  text,
    changed_at  timestamp with time zone,
    ended_by    text,
    ended_at    timestamp with time zone,
    end_reason  text,
    CONSTRAINT begins_before_it_ends CHECK ((starts_at < ends_at)),
    CONSTRAINT changed_is_whole CHECK (((changed_at IS NULL) = (changed_by IS NULL))),
    CONSTRAINT ended_is_whole CHECK ((((ended_at IS NULL) = (ended_by IS NULL)) AND ((ended_at IS NULL) = (end_reason IS NULL)))),
    CONSTRAINT held_about_its_beginning CHECK (((holds_from <= starts_at) AND ((holds_until >= starts_at) AND (holds_until <= ends_at)))),
    CONSTRAINT booking_pkey PRIMARY KEY (lot_id, id),
    CONSTRAINT booking_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
CREATE UNIQUE INDEX booking_by_reference ON booking USING btree (lot_id, reference);
CREATE INDEX booking_held ON booking USING btree (holds_until) WHERE (ended_at IS NULL);
CREATE INDEX booking_of_lot ON booking USING btree (lot_id, ends_at);
CREATE INDEX booking_of_vehicle ON booking USING btree (plate, plate_color, ends_at);
COMMENT ON COLUMN booking.reference IS 'What who made it knows it by.';
COMMENT ON COLUMN booking.holds_from IS 'From when its vehicle may come, and the space is kept.';
COMMENT ON COLUMN booking.holds_until IS 'Until when the space is kept for a vehicle that has not come.';
-- The service may: select, insert, update (plate, plate_color, starts_at, ends_at, holds_from, holds_until, note, changed_by, changed_at, ended_by, ended_at, end_reason).

-- Bookings, and when their vehicles came.
CREATE VIEW booking_now AS
 SELECT lot_id,
    id,
    reference,
    plate,
    plate_color,
    starts_at,
    ends_at,
    holds_from,
    holds_until,
    note,
    added_by,
    added_at,
    changed_by,
    changed_at,
    ended_by,
    ended_at,
    end_reason,
    ( SELECT min(c.entered_at) AS min
           FROM ( SELECT o.entered_at
                   FROM open_stay o
                  WHERE ((o.lot_id = b.lot_id) AND (o.plate = b.plate) AND (o.plate_color = b.plate_color) AND (o.entered_at < b.holds_until))
                UNION ALL
                 SELECT s.entered_at
                   FROM stay s
                  WHERE ((s.lot_id = b.lot_id) AND (s.plate = b.plate) AND (s.plate_color = b.plate_color) AND (s.state = ANY (ARRAY['closed'::stay_state, 'superseded'::stay_state])) AND (s.last_at > b.holds_from) AND (s.entered_at < b.holds_until) AND ((s.id >= id_floor((b.holds_from - '31 days'::interval))) AND (s.id <= id_floor((b.holds_until + '40 days'::interval)))))) c) AS came_at
   FROM booking b;
-- The service may: select.

-- Coupons that were handed out. A row never changes but for its end; whoever presents one locks it.
CREATE TABLE coupon (
    id          uuid NOT NULL,
    code        text NOT NULL,
    operator_id bigint NOT NULL,
    lot_ids     integer[] NOT NULL,
    discount    text NOT NULL,
    uses_max    integer NOT NULL,
    valid_from  timestamp with time zone NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    merchant    text,
    note        text NOT NULL,
    added_by    text NOT NULL,
    added_at    timestamp with time zone NOT NULL,
    ended_by    text,
    ended_at    timestamp with time zone,
    used        integer DEFAULT 0 NOT NULL,
    CONSTRAINT ended_is_whole CHECK (((ended_at IS NULL) = (ended_by IS NULL))),
    CONSTRAINT ends_after_it_begins CHECK ((valid_until > valid_from)),
    CONSTRAINT some_lots CHECK (((cardinality(lot_ids) >= 1) AND (cardinality(lot_ids) <= 500))),
    CONSTRAINT used_at_least_once CHECK ((uses_max > 0)),
    CONSTRAINT used_so_often CHECK ((used >= 0)),
    CONSTRAINT coupon_code_key UNIQUE (code),
    CONSTRAINT coupon_pkey PRIMARY KEY (id),
    CONSTRAINT coupon_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id)
);
CREATE INDEX coupon_of_operator ON coupon USING btree (operator_id, id);
COMMENT ON COLUMN coupon.discount IS 'Which discount of the price it stands for.';
COMMENT ON COLUMN coupon.merchant IS 'Who bears what it takes off; null: the operator.';
COMMENT ON COLUMN coupon.used IS 'How many stays it goes with: its uses that were not given back.';
-- The service may: select, insert, update (ended_by, ended_at, used).

-- Coupons that were presented: each goes with the stay that its fact is part of.
CREATE TABLE coupon_use (
    lot_id        integer NOT NULL,
    fact_id       uuid NOT NULL,
    coupon_id     uuid NOT NULL,
    presented_at  timestamp with time zone NOT NULL,
    presented_by  text NOT NULL,
    stay_id       uuid,
    given_back_at timestamp with time zone,
    CONSTRAINT coupon_use_pkey PRIMARY KEY (lot_id, fact_id, coupon_id)
) PARTITION BY RANGE (fact_id);
CREATE INDEX coupon_use_of_coupon ON ONLY coupon_use USING btree (coupon_id, fact_id) WHERE (given_back_at IS NULL);
COMMENT ON COLUMN coupon_use.fact_id IS 'An event of the stay: its exit, or the one that the stay is called by.';
COMMENT ON COLUMN coupon_use.stay_id IS 'The stay that was last priced with it.';
COMMENT ON COLUMN coupon_use.given_back_at IS 'When it was found that the stay is none any more, or was not paid in the end: then it may be used again.';
-- The service may: select, insert, update (stay_id, given_back_at).

-- What vehicles that were inside were quoted: until then their stays are billed if that was paid and they left in
-- time.
CREATE TABLE prepayment (
    lot_id   integer NOT NULL,
    stay_id  uuid NOT NULL,
    n        integer NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    pay_by   timestamp with time zone NOT NULL,
    fee_fen  bigint NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT asked_before_it_lapses CHECK ((pay_by > asked_at)),
    CONSTRAINT prepayment_fee_fen_check CHECK ((fee_fen > 0)),
    CONSTRAINT prepayment_n_check CHECK ((n > 0)),
    CONSTRAINT prepayment_pkey PRIMARY KEY (lot_id, stay_id, n)
) PARTITION BY RANGE (stay_id);
CREATE INDEX prepayment_waiting ON ONLY prepayment USING btree (pay_by) WHERE (ended_at IS NULL);
COMMENT ON COLUMN prepayment.n IS 'Its number in its stay, from 1. The last one that was not ended is what the charge of the stay is over.';
COMMENT ON COLUMN prepayment.fee_fen IS 'What the whole stay cost then.';
COMMENT ON COLUMN prepayment.ended_at IS 'When it was replaced by another one, lapsed, or was no longer waited for since its vehicle had left.';
-- The service may: select, insert, update (ended_at).

-- The method of payment that a gate named with an exit; it goes with the stay that the event is part of.
CREATE TABLE paid_by (
    lot_id  integer NOT NULL,
    fact_id uuid NOT NULL,
    word    text NOT NULL,
    CONSTRAINT word_is_some CHECK ((word <> ''::text)),
    CONSTRAINT paid_by_pkey PRIMARY KEY (lot_id, fact_id)
) PARTITION BY RANGE (fact_id);
-- The service may: select, insert.

-- When vehicles were charged, as the lot said. It only grows: of what is said of one session the last counts.
CREATE TABLE charging_session (
    lot_id      integer NOT NULL,
    id          uuid NOT NULL,
    session     text NOT NULL,
    plate       text NOT NULL,
    plate_color plate_color NOT NULL,
    started_at  timestamp with time zone NOT NULL,
    ended_at    timestamp with time zone,
    bay         text DEFAULT ''::text NOT NULL,
    energy_wh   integer,
    told_at     timestamp with time zone NOT NULL,
    told_by     text NOT NULL,
    CONSTRAINT ends_after_it_starts CHECK ((ended_at >= started_at)),
    CONSTRAINT energy_not_negative CHECK ((energy_wh >= 0)),
    CONSTRAINT charging_session_pkey PRIMARY KEY (lot_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX charging_session_by_name ON ONLY charging_session USING btree (lot_id, session, id);
CREATE INDEX charging_session_of_vehicle ON ONLY charging_session USING btree (lot_id, plate, plate_color, started_at);
COMMENT ON COLUMN charging_session.session IS 'What the lot calls the session.';
COMMENT ON COLUMN charging_session.ended_at IS 'Null: it goes on.';
-- The service may: select, insert.

-- Events and stays --------------------------------------------------------------------------------------------------

-- Every plate event a gateway sent, once, with the answer it got. plate is empty when the camera read none.
CREATE TABLE gate_event (
    lot_id           integer NOT NULL,
    id               uuid NOT NULL,
    gateway_id       integer NOT NULL,
    event_id         text NOT NULL,
    lane_id          integer NOT NULL,
    kind             direction NOT NULL,
    occurred_at      timestamp with time zone NOT NULL,
    received_at      timestamp with time zone NOT NULL,
    effective_at     timestamp with time zone NOT NULL,
    replay           boolean NOT NULL,
    plate            text NOT NULL,
    plate_read       text NOT NULL,
    plate_color      plate_color NOT NULL,
    color_read       plate_color NOT NULL,
    vehicle_class    vehicle_class NOT NULL,
    confidence       real NOT NULL,
    images           jsonb,
    remaining_spaces integer,
    content_hash     bytea NOT NULL,
    status           event_status NOT NULL,
    reason           case_reason,
    gate             gate_command NOT NULL,
    stay_id          uuid,
    fee_fen          bigint,
    payment          payment_kind,
    charge_reference uuid,
    doubts           jsonb,
    first_id         uuid,
    clock_ahead      interval,
    CONSTRAINT confidence_is_share CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision))),
    CONSTRAINT fee_not_negative CHECK ((fee_fen >= 0)),
    CONSTRAINT review_has_reason CHECK (((status = 'review'::event_status) = (reason IS NOT NULL))),
    CONSTRAINT gate_event_pkey PRIMARY KEY (lot_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX gate_event_by_event_id ON ONLY gate_event USING btree (lot_id, gateway_id, event_id, id);
CREATE INDEX gate_event_by_lane ON ONLY gate_event USING btree (lot_id, lane_id, effective_at, id);
CREATE INDEX gate_event_by_ticket ON ONLY gate_event USING btree (lot_id, plate) WHERE (plate ~~ '票%'::text);
COMMENT ON COLUMN gate_event.occurred_at IS 'What the device''s clock said.';
COMMENT ON COLUMN gate_event.effective_at IS 'The instant the rules use: occurred_at, or received_at where a live event''s clock is off.';
COMMENT ON COLUMN gate_event.plate_color IS 'The colour the rules use: color_read, or the usual one of the plate''s form where the camera read none.';
COMMENT ON COLUMN gate_event.content_hash IS 'Over everything but replay: the same event sent live and then replayed is one event.';
COMMENT ON COLUMN gate_event.charge_reference IS 'What the lane was answered for the driver to pay by, so that a repeat is answered alike.';
COMMENT ON COLUMN gate_event.doubts IS 'What was not sent in its form: field, what was sent, what it was read as. For whoever runs the gateway.';
COMMENT ON COLUMN gate_event.first_id IS 'This is one more read of that event, with fuller or other content under the same number, and changed nothing.';
COMMENT ON COLUMN gate_event.clock_ahead IS 'By how much the clock was taken to be ahead that occurred_at is by: effective_at is earlier by that.';
-- The service may: select, insert.

-- What a device said beside plate reads: passages, barriers, counts, cash, the plates inside. It only grows.
CREATE TABLE device_fact (
    lot_id       integer NOT NULL,
    id           uuid NOT NULL,
    gateway_id   integer NOT NULL,
    event_id     text NOT NULL,
    kind         device_fact_kind NOT NULL,
    lane_id      integer,
    occurred_at  timestamp with time zone NOT NULL,
    received_at  timestamp with time zone NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    replay       boolean NOT NULL,
    applies      boolean NOT NULL,
    outcome      passage_outcome,
    of_event_id  text,
    said         jsonb NOT NULL,
    content_hash bytea NOT NULL,
    reason       case_reason,
    stay_id      uuid,
    doubts       jsonb,
    first_id     uuid,
    clock_ahead  interval,
    found        jsonb,
    CONSTRAINT at_a_lane CHECK (((lane_id IS NOT NULL) OR (kind = ANY (ARRAY['count'::device_fact_kind, 'cash'::device_fact_kind, 'plates_inside'::device_fact_kind])))),
    CONSTRAINT passage_says_what_became CHECK (((kind = 'passage'::device_fact_kind) = (outcome IS NOT NULL))),
    CONSTRAINT device_fact_pkey PRIMARY KEY (lot_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX device_fact_by_event_id ON ONLY device_fact USING btree (lot_id, gateway_id, event_id, id);
CREATE INDEX device_fact_passages ON ONLY device_fact USING btree (lot_id, lane_id, effective_at, id) WHERE (kind = 'passage'::device_fact_kind);
COMMENT ON COLUMN device_fact.effective_at IS 'The instant the rules use: occurred_at, or received_at where a live one''s clock is off.';
COMMENT ON COLUMN device_fact.applies IS 'Whether anything follows from it: not where its time is impossible.';
COMMENT ON COLUMN device_fact.of_event_id IS 'The gateway''s own number of the read that it is about, if it said one.';
COMMENT ON COLUMN device_fact.said IS 'All that was said, in its form; what was not in form stands in doubts.';
COMMENT ON COLUMN device_fact.stay_id IS 'The stay that it was about when it was told.';
COMMENT ON COLUMN device_fact.first_id IS 'This is fuller or other content of that fact under the same number, and changed nothing.';
COMMENT ON COLUMN device_fact.clock_ahead IS 'By how much the clock was taken to be ahead that occurred_at is by: effective_at is earlier by that.';
COMMENT ON COLUMN device_fact.found IS 'Of a list of plates: which cars are inside for us and not on it, and which are on it and not inside for us.';
-- The service may: select, insert.

-- The passage by which a read stands, as follows from all reads and passages of its lane: a vehicle that turned back
-- made no read.
CREATE TABLE read_passage (
    lot_id     integer NOT NULL,
    read_id    uuid NOT NULL,
    passage_id uuid,
    outcome    passage_outcome,
    passed_at  timestamp with time zone,
    counts     boolean NOT NULL,
    CONSTRAINT passage_is_whole CHECK (((passage_id IS NULL) = (outcome IS NULL))),
    CONSTRAINT passed_at_an_instant CHECK (((passed_at IS NOT NULL) = ((outcome IS NOT NULL) AND (outcome = 'passed'::passage_outcome)))),
    CONSTRAINT read_passage_pkey PRIMARY KEY (lot_id, read_id)
) PARTITION BY RANGE (read_id);
COMMENT ON COLUMN read_passage.passage_id IS 'Null where a passage was taken for that of this read, and is not any more.';
COMMENT ON COLUMN read_passage.counts IS 'Whether stays are derived from the read, as long as nobody decided about it.';
-- The service may: select, insert, update.

-- Cash that a booth said it took, by the number of that fact: booked for a charge, or waiting for one and before a
-- person.
CREATE TABLE cash_taken (
    lot_id      integer NOT NULL,
    id          uuid NOT NULL,
    gateway_id  integer NOT NULL,
    shift_id    uuid NOT NULL,
    is_late     boolean NOT NULL,
    amount_fen  bigint NOT NULL,
    at          timestamp with time zone NOT NULL,
    person      text,
    of_event_id text,
    plate       text,
    charge_id   uuid,
    booked_at   timestamp with time zone,
    CONSTRAINT booked_for_a_charge CHECK (((charge_id IS NULL) = (booked_at IS NULL))),
    CONSTRAINT cash_taken_amount_fen_check CHECK ((amount_fen > 0)),
    CONSTRAINT cash_taken_pkey PRIMARY KEY (lot_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX cash_of_shift ON ONLY cash_taken USING btree (lot_id, shift_id, id);
CREATE INDEX cash_waiting ON ONLY cash_taken USING btree (lot_id, id) WHERE (charge_id IS NULL);
COMMENT ON COLUMN cash_taken.is_late IS 'It was taken in a shift that was handed over before it was told, and so stands in the next one.';
-- The service may: select, insert, update (charge_id, booked_at).

-- A ticket (无牌车凭证) that was handed out at a lane, and the plate that it was merged with.
CREATE TABLE ticket (
    lot_id      integer NOT NULL,
    id          uuid NOT NULL,
    gateway_id  integer NOT NULL,
    event_id    text NOT NULL,
    lane_id     integer NOT NULL,
    number      text NOT NULL,
    issued_at   timestamp with time zone NOT NULL,
    plate       text,
    plate_color plate_color,
    claimed_at  timestamp with time zone,
    claimed_by  text,
    CONSTRAINT claimed_is_whole CHECK ((num_nulls(plate, plate_color, claimed_at, claimed_by) = ANY (ARRAY[0, 4]))),
    CONSTRAINT ticket_pkey PRIMARY KEY (lot_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX ticket_by_event ON ONLY ticket USING btree (lot_id, gateway_id, event_id, id);
CREATE INDEX ticket_by_number ON ONLY ticket USING btree (lot_id, number, id);
CREATE INDEX ticket_by_plate ON ONLY ticket USING btree (lot_id, plate) WHERE (plate IS NOT NULL);
COMMENT ON COLUMN ticket.event_id IS 'The gateway''s own number of what it asked by: asked again, it is the same ticket.';
COMMENT ON COLUMN ticket.number IS 'Random, and unguessable: whoever holds it may say whose it is.';
COMMENT ON COLUMN ticket.claimed_by IS 'Who said that it is of this plate, as the audit log names them.';
-- The service may: select, insert, update (plate, plate_color, claimed_at, claimed_by).

-- A turn of a person at a booth (班次): opened by whoever asks or by the first cash, handed over with what was counted,
-- and then it takes no more.
CREATE TABLE booth_shift (
    lot_id              integer NOT NULL,
    id                  uuid NOT NULL,
    name                text NOT NULL,
    opened_at           timestamp with time zone NOT NULL,
    handed_over_at      timestamp with time zone,
    handed_over_by      text,
    counted_fen         bigint,
    taken_fen           bigint,
    cash_count          integer,
    waiting_count       integer,
    lifts               integer,
    lifts_without_money integer,
    digest              text,
    open_cases          uuid[],
    CONSTRAINT booth_shift_counted_fen_check CHECK ((counted_fen >= 0)),
    CONSTRAINT booth_shift_taken_fen_check CHECK ((taken_fen >= 0)),
    CONSTRAINT handed_over_whole CHECK ((num_nulls(handed_over_at, handed_over_by, counted_fen, taken_fen, cash_count, waiting_count, lifts, lifts_without_money, digest) = ANY (ARRAY[0, 9]))),
    CONSTRAINT booth_shift_pkey PRIMARY KEY (lot_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX booth_shift_by_name ON ONLY booth_shift USING btree (lot_id, name, id);
COMMENT ON COLUMN booth_shift.name IS 'The shift, or else the person, as the booth says with its cash.';
COMMENT ON COLUMN booth_shift.taken_fen IS 'What the booth said it took, as it was when the shift was handed over.';
COMMENT ON COLUMN booth_shift.waiting_count IS 'How many of its cash facts were before a person then, for nothing was known that they pay.';
COMMENT ON COLUMN booth_shift.digest IS 'SHA-256 over the cash, the lifts and the open cases that were handed over, as parking/shifts.py writes them down.';
COMMENT ON COLUMN booth_shift.open_cases IS 'The cases of the lot that were open when it was handed over.';
-- The service may: select, insert, update (handed_over_at, handed_over_by, counted_fen, taken_fen, cash_count, waiting_count, lifts, lifts_without_money, digest, open_cases).

-- What an authenticated gateway sent and the service could not take as an event: kept (first 8 KiB) so that no car is
-- lost.
CREATE TABLE refused_event (
    lot_id        integer NOT NULL,
    id            uuid NOT NULL,
    gateway_id    integer NOT NULL,
    received_at   timestamp with time zone NOT NULL,
    event_id      text,
    code          text NOT NULL,
    field         text,
    detail        text NOT NULL,
    payload       bytea NOT NULL,
    payload_bytes integer NOT NULL,
    CONSTRAINT refused_event_pkey PRIMARY KEY (lot_id, id)
) PARTITION BY RANGE (id);
-- The service may: select, insert.

-- How many events of a gateway were refused on the last day (UTC) on which some were. The first of a day are kept as
-- refused_event, the rest is only counted here.
CREATE TABLE refused_count (
    lot_id     integer NOT NULL,
    gateway_id integer NOT NULL,
    day        date NOT NULL,
    refused    bigint NOT NULL,
    CONSTRAINT refused_positive CHECK ((refused > 0)),
    CONSTRAINT refused_count_pkey PRIMARY KEY (lot_id, gateway_id)
);
-- The service may: select, insert, update.

-- Vehicles inside now. The key is the rule: a vehicle is inside a lot once.
CREATE TABLE open_stay (
    lot_id         integer NOT NULL,
    plate          text NOT NULL,
    plate_color    plate_color NOT NULL,
    id             uuid NOT NULL,
    vehicle_class  vehicle_class NOT NULL,
    entered_at     timestamp with time zone NOT NULL,
    entry_lane_id  integer NOT NULL,
    entry_event_id uuid NOT NULL,
    confidence     real DEFAULT 1 NOT NULL,
    facts          uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    read_until     timestamp with time zone,
    counted        boolean DEFAULT true NOT NULL,
    CONSTRAINT open_stay_pkey PRIMARY KEY (lot_id, plate, plate_color)
) WITH (fillfactor='70');
CREATE INDEX open_stay_of_vehicle ON open_stay USING btree (plate, plate_color);
COMMENT ON COLUMN open_stay.facts IS 'The events it stands on: the reads of its entry.';
COMMENT ON COLUMN open_stay.counted IS 'Whether it counts among the cars inside: not once it has been inside longer than is usual in a lot of its kind.';
-- The service may: select, insert, delete, update.

-- What was believed of a stay before a later fact changed it, and from when until when.
CREATE TABLE stay_revision (
    lot_id         integer NOT NULL,
    id             uuid NOT NULL,
    stay_id        uuid NOT NULL,
    believed_from  timestamp with time zone NOT NULL,
    believed_until timestamp with time zone NOT NULL,
    plate          text NOT NULL,
    plate_color    plate_color NOT NULL,
    state          stay_state NOT NULL,
    entered_at     timestamp with time zone,
    left_at        timestamp with time zone,
    facts          uuid[] NOT NULL,
    doubts         text[] NOT NULL,
    tariff_id      integer,
    fee_fen        bigint,
    account_id     bigint,
    CONSTRAINT believed_for_a_while CHECK ((believed_until >= believed_from)),
    CONSTRAINT stay_revision_pkey PRIMARY KEY (lot_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX stay_revision_of_stay ON ONLY stay_revision USING btree (lot_id, stay_id, id);
-- The service may: select, insert.

-- Stays that are over, and halves of such. superseded: an entry whose exit was not seen. exit_only: an exit whose
-- entry was not seen. merged: the number leads to another stay (merged_into). open: it is inside again (open_stay).
-- What was believed before stands in stay_revision.
CREATE TABLE stay (
    lot_id         integer NOT NULL,
    id             uuid NOT NULL,
    plate          text NOT NULL,
    plate_color    plate_color NOT NULL,
    vehicle_class  vehicle_class NOT NULL,
    state          stay_state NOT NULL,
    entered_at     timestamp with time zone,
    left_at        timestamp with time zone,
    entry_lane_id  integer,
    exit_lane_id   integer,
    entry_event_id uuid,
    exit_event_id  uuid,
    tariff_id      integer,
    fee_fen        bigint,
    account_id     bigint,
    last_at        timestamp with time zone GENERATED ALWAYS AS (COALESCE(left_at, entered_at)) STORED NOT NULL,
    uses           jsonb,
    confidence     real DEFAULT 1 NOT NULL,
    facts          uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    read_until     timestamp with time zone,
    doubts         text[] DEFAULT '{}'::text[] NOT NULL,
    seen_again_at  timestamp with time zone,
    matched_id     uuid,
    matched_half   stay_state,
    merged_into    uuid,
    believed_from  timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    let_out        let_out,
    set_fen        bigint,
    at_exit        boolean DEFAULT false NOT NULL,
    exits          timestamp with time zone[] DEFAULT '{}'::timestamp with time zone[] NOT NULL,
    counted        boolean DEFAULT true NOT NULL,
    CONSTRAINT closed_is_whole CHECK (((state <> 'closed'::stay_state) OR ((entered_at IS NOT NULL) AND (left_at IS NOT NULL) AND (fee_fen IS NOT NULL)))),
    CONSTRAINT exit_only_lacks_entry CHECK (((state <> 'exit_only'::stay_state) OR ((entered_at IS NULL) AND (left_at IS NOT NULL)))),
    CONSTRAINT fee_not_negative CHECK ((fee_fen >= 0)),
    CONSTRAINT leaves_after_entering CHECK ((left_at >= entered_at)),
    CONSTRAINT matched_is_closed CHECK ((((matched_id IS NULL) = (matched_half IS NULL)) AND ((matched_id IS NULL) OR (state = 'closed'::stay_state)))),
    CONSTRAINT merged_leads_on CHECK (((state = 'merged'::stay_state) OR (merged_into IS NULL))),
    CONSTRAINT superseded_lacks_exit CHECK (((state <> ALL (ARRAY['superseded'::stay_state, 'open'::stay_state])) OR ((entered_at IS NOT NULL) AND (left_at IS NULL)))),
    CONSTRAINT stay_pkey PRIMARY KEY (lot_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX stay_at_exit ON ONLY stay USING btree (lot_id, entered_at) WHERE at_exit;
CREATE INDEX stay_by_time ON ONLY stay USING btree (lot_id, last_at, id);
CREATE INDEX stay_by_vehicle ON ONLY stay USING btree (plate, plate_color, last_at, lot_id, id);
CREATE INDEX stay_halves ON ONLY stay USING btree (lot_id, last_at, id) WHERE ((state <> 'closed'::stay_state) OR (matched_id IS NOT NULL));
COMMENT ON COLUMN stay.uses IS 'What it used of things that are remembered: [{rule, at, amount}], null if nothing. `at` is the instant its memory counts from.';
COMMENT ON COLUMN stay.facts IS 'The events it stands on: the reads of its entry, then those of its exit.';
COMMENT ON COLUMN stay.read_until IS 'When the last of its events was: a car that stands at a lane is read again and again.';
COMMENT ON COLUMN stay.doubts IS 'Why it may not be what it looks like; while there is one, no account is charged for it by itself.';
COMMENT ON COLUMN stay.matched_id IS 'The half whose exit ended it, read with another text; it is merged into this one.';
COMMENT ON COLUMN stay.let_out IS 'The barrier was opened for it by a person: free, or though it was not paid.';
COMMENT ON COLUMN stay.set_fen IS 'What a person said that it costs, who let it out.';
COMMENT ON COLUMN stay.at_exit IS 'It was read at an exit and was not seen to pass: where the state is closed, it counts among the cars inside.';
COMMENT ON COLUMN stay.exits IS 'When it came to stand at an exit, if that was more than once, or where the lot tells passages each read there: until when it is billed follows from that and from when it was paid.';
COMMENT ON COLUMN stay.counted IS 'Of one that is at_exit, as in open_stay.';
-- The service may: select, insert, update.

-- Which entry an exit belongs to, as far as its stay does not tell: what is not certain, and what replaced another
-- decision.
CREATE TABLE match (
    lot_id         integer NOT NULL,
    fact_id        uuid NOT NULL,
    n              integer NOT NULL,
    outcome        match_outcome NOT NULL,
    entry_id       uuid,
    candidates     jsonb NOT NULL,
    believed_from  timestamp with time zone NOT NULL,
    believed_until timestamp with time zone,
    CONSTRAINT believed_for_a_while CHECK ((believed_until >= believed_from)),
    CONSTRAINT match_n_check CHECK ((n > 0)),
    CONSTRAINT matched_as_outcome_says CHECK (((entry_id IS NOT NULL) = (outcome = ANY (ARRAY['certain'::match_outcome, 'probable'::match_outcome])))),
    CONSTRAINT match_pkey PRIMARY KEY (lot_id, fact_id, n)
) PARTITION BY RANGE (fact_id);
COMMENT ON COLUMN match.fact_id IS 'The first read of the exit.';
COMMENT ON COLUMN match.n IS '1, 2, … of its exit; the last one holds, if nothing ended it.';
COMMENT ON COLUMN match.entry_id IS 'The stay that it ended.';
COMMENT ON COLUMN match.candidates IS 'The stays that it may have ended, the likeliest first: stay_id, and likeness from 4 (the same text) to 1 (perhaps).';
-- The service may: select, insert, update (believed_until).

-- What a closed stay was priced with beyond what its plate tells, where it had something of that.
CREATE TABLE stay_rights (
    lot_id  integer NOT NULL,
    stay_id uuid NOT NULL,
    rights  jsonb NOT NULL,
    CONSTRAINT stay_rights_pkey PRIMARY KEY (lot_id, stay_id)
) PARTITION BY RANGE (stay_id);
COMMENT ON COLUMN stay_rights.rights IS 'parking/entitlements.py: Rights.';
-- The service may: select, insert, delete, update.

-- Vehicles whose closed stays in a lot are to be priced again, since what they are priced by has turned out
-- otherwise. A row goes when that is done.
CREATE TABLE repricing (
    lot_id      integer NOT NULL,
    plate       text NOT NULL,
    plate_color plate_color NOT NULL,
    cause_id    uuid NOT NULL,
    cause       text NOT NULL,
    since       timestamp with time zone NOT NULL,
    asked_at    timestamp with time zone NOT NULL,
    CONSTRAINT repricing_pkey PRIMARY KEY (lot_id, plate, plate_color, cause_id)
);
COMMENT ON COLUMN repricing.cause_id IS 'What has changed, which adjustments name as their cause.';
COMMENT ON COLUMN repricing.since IS 'Stays that ended at this instant or later.';
-- The service may: select, insert, delete, update (since).

-- Events and stays that a person should look at, appeals of drivers, and what was said of them.
CREATE TABLE parking_case (
    lot_id        integer NOT NULL,
    id            uuid NOT NULL,
    event_id      uuid NOT NULL,
    reason        case_reason NOT NULL,
    opened_at     timestamp with time zone NOT NULL,
    resolved_at   timestamp with time zone,
    resolved_by   text,
    note          text,
    stay_id       uuid,
    decision_id   uuid,
    assignee      text,
    assigned_at   timestamp with time zone,
    account_id    bigint,
    charge_id     uuid,
    said          text,
    appealed_fen  bigint,
    other_stay_id uuid,
    CONSTRAINT appeal_is_whole CHECK ((((account_id IS NULL) = (charge_id IS NULL)) AND ((account_id IS NULL) = (said IS NULL)) AND ((account_id IS NULL) = (appealed_fen IS NULL)))),
    CONSTRAINT assigned_is_whole CHECK (((assignee IS NULL) = (assigned_at IS NULL))),
    CONSTRAINT other_stay_is_elsewhere CHECK ((((reason)::text = 'elsewhere'::text) = (other_stay_id IS NOT NULL))),
    CONSTRAINT resolved_is_whole CHECK (((resolved_at IS NULL) = (resolved_by IS NULL))),
    CONSTRAINT parking_case_pkey PRIMARY KEY (lot_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX case_appeals ON ONLY parking_case USING btree (account_id, id) WHERE (account_id IS NOT NULL);
CREATE INDEX case_by_event ON ONLY parking_case USING btree (lot_id, event_id);
CREATE INDEX case_elsewhere ON ONLY parking_case USING btree (stay_id) WHERE (other_stay_id IS NOT NULL);
CREATE INDEX case_elsewhere_of_other ON ONLY parking_case USING btree (other_stay_id) WHERE (other_stay_id IS NOT NULL);
CREATE INDEX case_elsewhere_open ON ONLY parking_case USING btree (id) WHERE ((other_stay_id IS NOT NULL) AND (resolved_at IS NULL));
CREATE INDEX case_open ON ONLY parking_case USING btree (lot_id, id) WHERE (resolved_at IS NULL);
CREATE INDEX case_open_appeals ON ONLY parking_case USING btree (lot_id, charge_id) WHERE ((charge_id IS NOT NULL) AND ((resolved_at IS NULL) OR (resolved_by = 'facts'::text)));
COMMENT ON COLUMN parking_case.stay_id IS 'The stay it is about when it was opened, if any.';
COMMENT ON COLUMN parking_case.decision_id IS 'The decision by which a person resolved it.';
COMMENT ON COLUMN parking_case.assignee IS 'Who of the staff looks at it.';
COMMENT ON COLUMN parking_case.said IS 'What the driver of account_id, who appeals against charge_id, wrote.';
COMMENT ON COLUMN parking_case.appealed_fen IS 'What was kept of charge_id or owed of it when the driver appealed: what is less now was given back.';
COMMENT ON COLUMN parking_case.other_stay_id IS 'The stay in another lot that cannot be of the same vehicle.';
-- The service may: select, insert, update.

-- What a person decided about a fact (a read at a lane), and how that fact stands from then on: the last row of a
-- fact is what stays are derived from. It only grows.
CREATE TABLE decision (
    lot_id        integer NOT NULL,
    fact_id       uuid NOT NULL,
    n             integer NOT NULL,
    id            uuid NOT NULL,
    kind          decision_kind NOT NULL,
    about_id      uuid,
    case_id       uuid,
    undoes        integer,
    note          text NOT NULL,
    decided_by    text NOT NULL,
    decided_at    timestamp with time zone NOT NULL,
    request_key   text,
    lane_id       integer NOT NULL,
    direction     direction NOT NULL,
    at            timestamp with time zone NOT NULL,
    plate         text NOT NULL,
    plate_color   plate_color NOT NULL,
    vehicle_class vehicle_class NOT NULL,
    confidence    real NOT NULL,
    counts        boolean,
    looked_at     boolean NOT NULL,
    let_out       let_out,
    pair_id       uuid,
    set_fen       bigint,
    with_id       uuid,
    said_hash     bytea,
    CONSTRAINT counts_as_its_kind_says CHECK (((counts IS TRUE) OR ((kind)::text <> ALL (ARRAY['plate'::text, 'manual_entry'::text, 'manual_exit'::text])))),
    CONSTRAINT decision_confidence_is_share CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision))),
    CONSTRAINT decision_n_check CHECK ((n > 0)),
    CONSTRAINT let_out_as_its_kind_says CHECK (((kind <> ALL (ARRAY['let_out_free'::decision_kind, 'let_out_and_charge'::decision_kind])) OR ((let_out IS NOT NULL) AND ((let_out = 'free'::let_out) = (kind = 'let_out_free'::decision_kind))))),
    CONSTRAINT paired_as_its_kind_says CHECK (((kind <> 'pair'::decision_kind) OR ((about_id IS NOT NULL) AND (pair_id = about_id)))),
    CONSTRAINT set_by_who_lets_out CHECK (((set_fen IS NULL) OR ((set_fen > 0) AND (NOT (let_out IS DISTINCT FROM 'charge'::let_out))))),
    CONSTRAINT undoes_an_earlier_one CHECK ((((undoes IS NOT NULL) = (kind = 'undo'::decision_kind)) AND ((undoes IS NULL) OR ((undoes >= 1) AND (undoes <= (n - 1)))))),
    CONSTRAINT void_counts_no_more CHECK (((counts IS FALSE) OR (kind <> 'void'::decision_kind))),
    CONSTRAINT decision_pkey PRIMARY KEY (lot_id, fact_id, n)
) PARTITION BY RANGE (fact_id);
CREATE INDEX decision_by_about ON ONLY decision USING btree (lot_id, about_id) WHERE (about_id IS NOT NULL);
CREATE INDEX decision_by_lane ON ONLY decision USING btree (lot_id, lane_id, at, fact_id);
CREATE INDEX decision_by_with ON ONLY decision USING btree (lot_id, with_id) WHERE (with_id IS NOT NULL);
ALTER TABLE decision ENABLE ALWAYS TRIGGER only_grows;
COMMENT ON COLUMN decision.fact_id IS 'The event it is about, or of a read made by hand and what is decided about that, a number of its own.';
COMMENT ON COLUMN decision.n IS '1, 2, … of its fact.';
COMMENT ON COLUMN decision.about_id IS 'pair: the entry that the exit belongs to; manual_entry, manual_exit: the read or the passage for which it was made; ticket: that.';
COMMENT ON COLUMN decision.undoes IS 'The number of the decision about the same fact that no longer holds.';
COMMENT ON COLUMN decision.request_key IS 'Chosen by the caller: the same key is the same decision.';
COMMENT ON COLUMN decision.counts IS 'Whether a vehicle passed there; null: no decision that holds says so, and it counts as it came or as its passage says.';
COMMENT ON COLUMN decision.looked_at IS 'A person found right what followed from it: nothing is in doubt.';
COMMENT ON COLUMN decision.set_fen IS 'What the stay costs since a person said so, with the barrier opened; null: what its tariff says.';
COMMENT ON COLUMN decision.with_id IS 'The decision that was asked for, where this one came with it: whoever undoes that one undoes this one.';
COMMENT ON COLUMN decision.said_hash IS '16 bytes over all that was said under request_key; null where none was given, or by a version that kept none.';
-- The service may: select, insert.

-- What a person decided about what a device said (device_fact), and how that stands from then on: the last row of a
-- fact holds. It only grows.
CREATE TABLE device_decision (
    lot_id      integer NOT NULL,
    fact_id     uuid NOT NULL,
    n           integer NOT NULL,
    id          uuid NOT NULL,
    kind        decision_kind NOT NULL,
    case_id     uuid,
    undoes      integer,
    note        text NOT NULL,
    decided_by  text NOT NULL,
    decided_at  timestamp with time zone NOT NULL,
    request_key text,
    applies     boolean NOT NULL,
    is_settled  boolean NOT NULL,
    plate       text,
    made_id     uuid,
    said_hash   bytea,
    CONSTRAINT device_decision_n_check CHECK ((n > 0)),
    CONSTRAINT device_decision_of_its_kind CHECK (((kind)::text = ANY (ARRAY['right'::text, 'void'::text, 'plate'::text, 'manual_entry'::text, 'manual_exit'::text, 'undo'::text]))),
    CONSTRAINT device_decision_undoes_an_earlier_one CHECK ((((undoes IS NOT NULL) = (kind = 'undo'::decision_kind)) AND ((undoes IS NULL) OR ((undoes >= 1) AND (undoes <= (n - 1)))))),
    CONSTRAINT made_by_hand_as_its_kind_says CHECK (((made_id IS NOT NULL) OR ((kind)::text <> ALL (ARRAY['manual_entry'::text, 'manual_exit'::text])))),
    CONSTRAINT plate_as_its_kind_says CHECK (((plate IS NOT NULL) OR (kind <> 'plate'::decision_kind))),
    CONSTRAINT device_decision_pkey PRIMARY KEY (lot_id, fact_id, n)
) PARTITION BY RANGE (fact_id);
ALTER TABLE device_decision ENABLE ALWAYS TRIGGER only_grows;
COMMENT ON COLUMN device_decision.applies IS 'Whether anything follows from the fact from then on.';
COMMENT ON COLUMN device_decision.is_settled IS 'Whether it is no case any more, whatever else is told.';
COMMENT ON COLUMN device_decision.plate IS 'Of cash: the vehicle that it was taken for.';
COMMENT ON COLUMN device_decision.made_id IS 'Of a passage: the read that was made by hand for it, and counts (see decision).';
COMMENT ON COLUMN device_decision.said_hash IS '16 bytes over all that was said under request_key; null where none was given, or by a version that kept none.';
-- The service may: select, insert.

-- What is stored otherwise than it follows from facts: a stay, a case or a charge (subject_id). It goes when the lot
-- was looked at again and all is well.
CREATE TABLE discrepancy (
    lot_id     integer NOT NULL,
    kind       discrepancy_kind NOT NULL,
    subject_id uuid NOT NULL,
    says       text NOT NULL,
    found_at   timestamp with time zone NOT NULL,
    turn       bigint NOT NULL,
    CONSTRAINT discrepancy_pkey PRIMARY KEY (lot_id, kind, subject_id)
);
-- The service may: select, insert, delete, update.

-- What somebody of the city has to see: raised while its cause lasts, until somebody resolves it.
CREATE TABLE alarm (
    lot_id          integer NOT NULL,
    id              uuid NOT NULL,
    kind            text NOT NULL,
    gateway_id      integer,
    raised_at       timestamp with time zone NOT NULL,
    gone_at         timestamp with time zone,
    acknowledged_at timestamp with time zone,
    acknowledged_by text,
    dispatched_at   timestamp with time zone,
    dispatched_by   text,
    dispatched_to   text,
    resolved_at     timestamp with time zone,
    resolved_by     text,
    note            text,
    CONSTRAINT acknowledged_is_whole CHECK (((acknowledged_at IS NULL) = (acknowledged_by IS NULL))),
    CONSTRAINT dispatched_is_whole CHECK ((num_nulls(dispatched_at, dispatched_by, dispatched_to) = ANY (ARRAY[0, 3]))),
    CONSTRAINT dispatched_was_seen CHECK (((dispatched_at IS NULL) OR (acknowledged_at IS NOT NULL))),
    CONSTRAINT resolved_is_whole CHECK ((num_nulls(resolved_at, resolved_by, note) = ANY (ARRAY[0, 3]))),
    CONSTRAINT alarm_pkey PRIMARY KEY (lot_id, id),
    CONSTRAINT alarm_gateway_id_fkey FOREIGN KEY (gateway_id) REFERENCES gateway(id),
    CONSTRAINT alarm_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
CREATE INDEX alarm_by_id ON alarm USING btree (id);
CREATE INDEX alarm_of_gateway ON alarm USING btree (gateway_id) WHERE (gateway_id IS NOT NULL);
CREATE UNIQUE INDEX alarm_of_one_cause ON alarm USING btree (lot_id, kind, COALESCE(gateway_id, 0)) WHERE (gone_at IS NULL);
CREATE INDEX alarm_open ON alarm USING btree (lot_id, kind) WHERE (resolved_at IS NULL);
COMMENT ON COLUMN alarm.gone_at IS 'When its cause was first seen to be gone; the same cause after that is another alarm.';
COMMENT ON COLUMN alarm.resolved_by IS 'Who resolved it; ''facts'': nobody had seen it when its cause was gone.';
-- The service may: select, insert, delete, update.

-- Cars inside per lot. inside: the raw count, equal to the open stays; correction: what the lot's own last count adds
-- to it (the drift).
CREATE TABLE lot_occupancy (
    lot_id         integer NOT NULL,
    inside         integer DEFAULT 0 NOT NULL,
    correction     integer DEFAULT 0 NOT NULL,
    reported_free  integer,
    reported_at    timestamp with time zone,
    version        bigint DEFAULT 0 NOT NULL,
    updated_at     timestamp with time zone NOT NULL,
    tells_passages boolean DEFAULT false NOT NULL,
    booked         integer DEFAULT 0 NOT NULL,
    heard_at       timestamp with time zone,
    CONSTRAINT booked_not_negative CHECK ((booked >= 0)),
    CONSTRAINT lot_occupancy_pkey PRIMARY KEY (lot_id),
    CONSTRAINT lot_occupancy_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
) WITH (fillfactor='50');
COMMENT ON COLUMN lot_occupancy.tells_passages IS 'A passage was told of this lot: from then on new reads are held against passages.';
COMMENT ON COLUMN lot_occupancy.booked IS 'Spaces that are kept for vehicles which have not come yet.';
COMMENT ON COLUMN lot_occupancy.heard_at IS 'When the lot last sent anything: events, counts, or heartbeats of its gateways. Null: never.';
-- The service may: select, insert, update.

-- How many spaces of a lot were free at the beginning of each quarter of an hour in which it was heard of. What is
-- too old to be looked at is dropped.
CREATE TABLE lot_history (
    lot_id integer NOT NULL,
    at     timestamp with time zone NOT NULL,
    free   integer NOT NULL,
    CONSTRAINT free_not_negative CHECK ((free >= 0)),
    CONSTRAINT lot_history_pkey PRIMARY KEY (lot_id, at),
    CONSTRAINT lot_history_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
-- The service may: select, insert, delete.

-- What is usual in a lot on a kind of day, by its history: an element for each quarter of an hour from midnight by
-- its clock.
CREATE TABLE lot_usual (
    lot_id      integer NOT NULL,
    kind        day_kind NOT NULL,
    free_low    integer[] NOT NULL,
    free_median integer[] NOT NULL,
    free_high   integer[] NOT NULL,
    days        integer[] NOT NULL,
    computed_at timestamp with time zone NOT NULL,
    moves       integer[],
    CONSTRAINT lot_usual_pkey PRIMARY KEY (lot_id, kind),
    CONSTRAINT lot_usual_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id)
);
COMMENT ON COLUMN lot_usual.free_low IS 'On a quarter of the days fewer were free; null: it was seen on too few days.';
COMMENT ON COLUMN lot_usual.moves IS 'By how many the free spaces change until the next quarter of an hour: the middle of the days; null: as above.';
-- The service may: select, insert, update.

-- Vehicles by a hash of their plates: whoever draws on what one has left in several lots locks its slot. Nothing is
-- written here.
CREATE TABLE plate_slot (
    slot integer NOT NULL,
    CONSTRAINT plate_slot_pkey PRIMARY KEY (slot)
);
-- The service may: select, update.

-- What the events of a gateway billed to accounts in the hour in which some last came, beside what it usually does
-- (parking/billings.py).
CREATE TABLE gateway_billing (
    lot_id          integer NOT NULL,
    gateway_id      integer NOT NULL,
    hour            timestamp with time zone NOT NULL,
    billed_fen      bigint NOT NULL,
    day_largest_fen bigint NOT NULL,
    usual_fen       bigint NOT NULL,
    CONSTRAINT billed_not_negative CHECK ((billed_fen >= 0)),
    CONSTRAINT day_largest_not_negative CHECK ((day_largest_fen >= 0)),
    CONSTRAINT usual_not_negative CHECK ((usual_fen >= 0)),
    CONSTRAINT gateway_billing_pkey PRIMARY KEY (lot_id, gateway_id)
) WITH (fillfactor='50');
COMMENT ON COLUMN gateway_billing.hour IS 'The beginning of an hour of receipt, not of the events'' own time.';
COMMENT ON COLUMN gateway_billing.day_largest_fen IS 'The largest hour so far of the day (UTC) of hour that was within its limit.';
COMMENT ON COLUMN gateway_billing.usual_fen IS 'The largest hour of the days before, as far as it is believed.';
-- The service may: select, insert, update.

-- What is known of a gateway beside what is registered: one row each, which changes often.
CREATE TABLE gateway_state (
    lot_id         integer NOT NULL,
    gateway_id     integer NOT NULL,
    commands       bigint DEFAULT 0 NOT NULL,
    seen_at        timestamp with time zone,
    sent_at        timestamp with time zone,
    backlog_events integer,
    software       text,
    lanes          jsonb,
    CONSTRAINT gateway_state_backlog_events_check CHECK ((backlog_events >= 0)),
    CONSTRAINT gateway_state_pkey PRIMARY KEY (lot_id, gateway_id)
) WITH (fillfactor='50');
COMMENT ON COLUMN gateway_state.commands IS 'The number of its last command. Whoever adds one holds this row until the commit, so that no lower number shows up later.';
COMMENT ON COLUMN gateway_state.seen_at IS 'When its last heartbeat came; sent_at by its own clock.';
COMMENT ON COLUMN gateway_state.backlog_events IS 'How many events it has still to hand in, as it says; so do software and lanes.';
-- The service may: select, insert, update.

-- What a gateway is told to do at a lane, written in the transaction of its cause. What the gateway says of it
-- (outcome) is apart from what is seen to happen, which is a fact of its own.
CREATE TABLE gateway_command (
    lot_id          integer NOT NULL,
    id              uuid NOT NULL,
    gateway_id      integer NOT NULL,
    n               bigint NOT NULL,
    lane_id         integer NOT NULL,
    gate            gate_command NOT NULL,
    because         command_reason NOT NULL,
    stay_id         uuid,
    fact_id         uuid,
    event_id        text,
    read_at         timestamp with time zone,
    fee_fen         bigint,
    display_zh      text NOT NULL,
    display_en      text NOT NULL,
    reason          text,
    asked_by        text,
    issued_at       timestamp with time zone NOT NULL,
    expires_at      timestamp with time zone NOT NULL,
    outcome         command_outcome,
    acknowledged_at timestamp with time zone,
    detail          text,
    CONSTRAINT acknowledged_is_whole CHECK (((outcome IS NULL) = (acknowledged_at IS NULL))),
    CONSTRAINT answers_a_read CHECK ((((fact_id IS NULL) = (event_id IS NULL)) AND ((fact_id IS NULL) = (read_at IS NULL)))),
    CONSTRAINT asked_is_whole CHECK ((((because = 'remote_open'::command_reason) = (asked_by IS NOT NULL)) AND ((asked_by IS NULL) = (reason IS NULL)))),
    CONSTRAINT expires_later CHECK ((expires_at > issued_at)),
    CONSTRAINT gateway_command_fee_fen_check CHECK ((fee_fen >= 0)),
    CONSTRAINT gateway_command_n_check CHECK ((n > 0)),
    CONSTRAINT moves_or_shows CHECK ((gate = ANY (ARRAY['open'::gate_command, 'hold'::gate_command]))),
    CONSTRAINT gateway_command_pkey PRIMARY KEY (lot_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX gateway_command_by_fact ON ONLY gateway_command USING btree (lot_id, fact_id) WHERE (fact_id IS NOT NULL);
CREATE INDEX gateway_command_by_lane ON ONLY gateway_command USING btree (lot_id, lane_id, id);
CREATE INDEX gateway_command_by_number ON ONLY gateway_command USING btree (lot_id, gateway_id, n);
COMMENT ON COLUMN gateway_command.n IS '1, 2, … of its gateway: where a gateway goes on after a break.';
COMMENT ON COLUMN gateway_command.fact_id IS 'The read of the car that it is for (event_id: by the gateway''s own number, read_at: when); null: for whoever stands at the lane.';
COMMENT ON COLUMN gateway_command.reason IS 'Why a person (asked_by) opens from afar.';
COMMENT ON COLUMN gateway_command.expires_at IS 'From then on nobody is told. Nor is it once another car was read at the lane after read_at.';
COMMENT ON COLUMN gateway_command.detail IS 'What the gateway said beside the outcome.';
-- The service may: select, insert, update (outcome, acknowledged_at, detail).

-- Times in which the clock of a gateway (lane_id null: by its heartbeats) or of one of its lanes was wrong. What is
-- handed in later of such a time is shifted by ahead.
CREATE TABLE clock_spell (
    lot_id      integer NOT NULL,
    id          uuid NOT NULL,
    gateway_id  integer NOT NULL,
    lane_id     integer,
    ahead       interval,
    since       timestamp with time zone NOT NULL,
    right_until timestamp with time zone,
    ended_at    timestamp with time zone,
    case_id     uuid NOT NULL,
    CONSTRAINT ends_later CHECK ((ended_at >= since)),
    CONSTRAINT right_before CHECK ((right_until <= since)),
    CONSTRAINT clock_spell_pkey PRIMARY KEY (lot_id, id)
);
CREATE INDEX clock_spell_ended ON clock_spell USING btree (ended_at);
CREATE UNIQUE INDEX one_clock_is_wrong_once ON clock_spell USING btree (lot_id, gateway_id, COALESCE(lane_id, 0)) WHERE (ended_at IS NULL);
COMMENT ON COLUMN clock_spell.ahead IS 'By how much it was ahead of ours all the while; null: it was wrong in no steady way.';
COMMENT ON COLUMN clock_spell.right_until IS 'When it was last seen otherwise before.';
COMMENT ON COLUMN clock_spell.case_id IS 'What a person was told: one case of a gateway, however many of its clocks are wrong and in how many ways.';
-- The service may: select, insert, delete, update (ended_at).

-- The last pack that a gateway was given, from which the next one differs: marks of vehicles and no plates. One row
-- each.
CREATE TABLE gateway_pack (
    lot_id     integer NOT NULL,
    gateway_id integer NOT NULL,
    version    bigint NOT NULL,
    key_id     text NOT NULL,
    made_at    timestamp with time zone NOT NULL,
    entries    jsonb NOT NULL,
    CONSTRAINT gateway_pack_version_check CHECK ((version > 0)),
    CONSTRAINT gateway_pack_pkey PRIMARY KEY (lot_id, gateway_id)
) WITH (fillfactor='50');
COMMENT ON COLUMN gateway_pack.key_id IS 'The key of the gateway by which its marks are made: by another one all are others.';
-- The service may: select, insert, update.

-- Accounts ----------------------------------------------------------------------------------------------------------

-- A driver who pays (车主账户). Its id is an owner in the ledger; the wallet is a balance there.
CREATE TABLE account (
    id            bigint DEFAULT nextval('owner_id'::regclass) NOT NULL,
    name          text DEFAULT ''::text NOT NULL,
    status        account_status DEFAULT 'active'::account_status NOT NULL,
    created_at    timestamp with time zone NOT NULL,
    closed_at     timestamp with time zone,
    forgotten_at  timestamp with time zone,
    debit_max_fen bigint DEFAULT 5000 NOT NULL,
    CONSTRAINT account_id_fits_identifiers CHECK (((id > 0) AND (id < (1 << 30)))),
    CONSTRAINT debit_max_not_negative CHECK ((debit_max_fen >= 0)),
    CONSTRAINT account_pkey PRIMARY KEY (id)
);
CREATE INDEX account_barred ON account USING btree (id) WHERE (status <> 'active'::account_status);
COMMENT ON COLUMN account.closed_at IS 'When its holder closed it; what is left of it is forgotten some months later.';
COMMENT ON COLUMN account.debit_max_fen IS 'Up to how much a visit that was billed may become dearer without the driver being asked (无感支付限额).';
-- The service may: select, insert, update.

-- What whoever brought an account from elsewhere calls it; gone when it is closed.
CREATE TABLE account_known_as (
    known_as   text NOT NULL,
    account_id bigint NOT NULL,
    CONSTRAINT account_known_as_account_id_key UNIQUE (account_id),
    CONSTRAINT account_known_as_pkey PRIMARY KEY (known_as),
    CONSTRAINT account_known_as_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
-- The service may: select, insert, delete, update.

-- Bearer tokens that were issued: for whom, by whom and until when; never the token itself. A row goes some days
-- after its token has ended.
CREATE TABLE token (
    id          uuid NOT NULL,
    audience    text NOT NULL,
    subject     text NOT NULL,
    account_id  bigint,
    operator_id bigint,
    issued_by   text NOT NULL,
    issued_at   timestamp with time zone NOT NULL,
    expires_at  timestamp with time zone NOT NULL,
    revoked_at  timestamp with time zone,
    revoked_by  text,
    lot_id      integer,
    CONSTRAINT revoked_is_whole CHECK (((revoked_at IS NULL) = (revoked_by IS NULL))),
    CONSTRAINT token_check CHECK ((expires_at > issued_at)),
    CONSTRAINT token_pkey PRIMARY KEY (id),
    CONSTRAINT token_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
    CONSTRAINT token_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id),
    CONSTRAINT token_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id)
);
CREATE INDEX token_ended ON token USING btree (expires_at);
CREATE INDEX token_of_account ON token USING btree (account_id, id) WHERE (account_id IS NOT NULL);
CREATE INDEX token_of_subject ON token USING btree (subject, id);
CREATE INDEX token_revoked ON token USING btree (expires_at) WHERE (revoked_at IS NOT NULL);
COMMENT ON COLUMN token.lot_id IS 'The one lot that a booth is at.';
-- The service may: select, insert, delete, update (revoked_at, revoked_by).

-- Which account pays for a plate, from when to when. A plate is its text and its colour: the same text on blue and on
-- yellow is two vehicles.
CREATE TABLE account_plate (
    plate       text NOT NULL,
    plate_color plate_color NOT NULL,
    account_id  bigint NOT NULL,
    linked_at   timestamp with time zone NOT NULL,
    unlinked_at timestamp with time zone,
    CONSTRAINT linked_before_unlinked CHECK ((unlinked_at >= linked_at)),
    CONSTRAINT account_plate_pkey PRIMARY KEY (plate, plate_color, linked_at),
    CONSTRAINT one_holder_at_a_time EXCLUDE USING gist (int8range(hashtextextended(plate, hashenumextended(plate_color, (0)::bigint)), hashtextextended(plate, hashenumextended(plate_color, (0)::bigint)), '[]'::text) WITH &&, tstzrange(linked_at, unlinked_at) WITH &&),
    CONSTRAINT account_plate_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
CREATE INDEX account_plate_of_account ON account_plate USING btree (account_id) WHERE (unlinked_at IS NULL);
COMMENT ON COLUMN account_plate.unlinked_at IS 'The first instant for which the account pays no more; null as long as it pays.';
-- The service may: select, insert, update.

-- Accounts that want to pay for a plate for which another pays. The oldest gets the link when that ends; until then
-- it looks to its driver as if it were linked, so that nobody learns which plates have accounts.
CREATE TABLE plate_claim (
    plate       text NOT NULL,
    plate_color plate_color NOT NULL,
    account_id  bigint NOT NULL,
    claimed_at  timestamp with time zone NOT NULL,
    CONSTRAINT plate_claim_pkey PRIMARY KEY (plate, plate_color, account_id),
    CONSTRAINT plate_claim_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
CREATE INDEX plate_claim_of_account ON plate_claim USING btree (account_id);
-- The service may: select, insert, delete.

-- Links of plates to accounts that somebody contests: who was there with the vehicle, by the reference of its last
-- charge, or the city's staff. While it is open the account does not pay for the plate and sees nothing of its stays.
CREATE TABLE plate_contest (
    id           uuid NOT NULL,
    plate        text NOT NULL,
    plate_color  plate_color NOT NULL,
    account_id   bigint NOT NULL,
    linked_at    timestamp with time zone NOT NULL,
    lot_id       integer,
    stay_id      uuid,
    contested_at timestamp with time zone NOT NULL,
    contested_by text NOT NULL,
    resolved_at  timestamp with time zone,
    resolved_by  text,
    link_stands  boolean,
    note         text,
    CONSTRAINT resolved_is_whole CHECK ((((resolved_at IS NULL) = (resolved_by IS NULL)) AND ((resolved_at IS NULL) = (link_stands IS NULL)))),
    CONSTRAINT plate_contest_pkey PRIMARY KEY (id),
    CONSTRAINT plate_contest_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
CREATE UNIQUE INDEX one_open_contest ON plate_contest USING btree (plate, plate_color, account_id) WHERE (resolved_at IS NULL);
CREATE INDEX plate_contest_of_link ON plate_contest USING btree (plate, plate_color, account_id, id);
COMMENT ON COLUMN plate_contest.stay_id IS 'The stay that proves presence, and lot_id where it was; null where staff contested.';
-- The service may: select, insert, delete, update (resolved_at, resolved_by, link_stands, note).

-- Money a driver puts into the wallet through a channel (充值). How far that went says its attempt.
CREATE TABLE top_up (
    account_id bigint NOT NULL,
    id         uuid NOT NULL,
    key_digest text CONSTRAINT top_up_request_no_not_null NOT NULL,
    amount_fen bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT top_up_amount_fen_check CHECK ((amount_fen > 0)),
    CONSTRAINT top_up_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT top_up_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
) PARTITION BY RANGE (id);
COMMENT ON COLUMN top_up.key_digest IS 'The key the driver chose for it, hashed together with the account: the same key is the same top-up.';
-- The service may: select, insert.

-- Who did what, when: every change a person or a key made outside the flow of events. It only grows.
CREATE TABLE audit (
    owner_id bigint NOT NULL,
    id       uuid NOT NULL,
    at       timestamp with time zone NOT NULL,
    actor    text NOT NULL,
    action   text NOT NULL,
    subject  text NOT NULL,
    detail   jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT audit_pkey PRIMARY KEY (owner_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX audit_by_actor ON ONLY audit USING btree (actor, id);
CREATE INDEX audit_by_id ON ONLY audit USING btree (id);
CREATE INDEX audit_by_subject ON ONLY audit USING btree (subject, id);
-- The service may: select, insert.

-- The chain of the audit log (payments/audit_chain.py): a row for each line, in the order in which they were put in.
CREATE TABLE audit_link (
    "position" bigint NOT NULL,
    owner_id   bigint NOT NULL,
    audit_id   uuid NOT NULL,
    salt       bytea,
    leaf       bytea NOT NULL,
    hash       bytea NOT NULL,
    linked_at  timestamp with time zone NOT NULL,
    CONSTRAINT audit_link_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT audit_link_leaf_check CHECK ((length(leaf) = 32)),
    CONSTRAINT audit_link_position_check CHECK (("position" > 0)),
    CONSTRAINT audit_link_salt_check CHECK ((length(salt) = 16)),
    CONSTRAINT audit_link_owner_id_audit_id_key UNIQUE (owner_id, audit_id),
    CONSTRAINT audit_link_pkey PRIMARY KEY ("position")
);
COMMENT ON COLUMN audit_link.salt IS 'Stands before the line in what is hashed, so that nobody guesses from the hash what was forgotten; null: part of the line was.';
COMMENT ON COLUMN audit_link.leaf IS 'SHA-256 of the salt and the line.';
COMMENT ON COLUMN audit_link.hash IS 'SHA-256 of the hash before it (32 zero bytes before the first), the position and the leaf.';
-- The service may: select, insert.

-- The end of the chain of the audit log. Whoever puts lines into it, or forgets part of one, locks its row first.
CREATE TABLE audit_head (
    is_one     boolean DEFAULT true NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    hash       bytea DEFAULT decode(repeat('00'::text, 32), 'hex'::text) NOT NULL,
    CONSTRAINT audit_head_is_one_check CHECK (is_one),
    CONSTRAINT audit_head_pkey PRIMARY KEY (is_one)
);
-- The service may: select, update (hash), position.

-- Lines of the audit log that the worker has not put into the chain yet.
CREATE TABLE audit_waiting (
    owner_id bigint NOT NULL,
    audit_id uuid NOT NULL,
    CONSTRAINT audit_waiting_pkey PRIMARY KEY (owner_id, audit_id)
);
-- The service may: select, insert, delete.

-- Who may sign in to the pages of staff, as whom, and for which operator or lot.
CREATE TABLE staff (
    id             integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    login          text NOT NULL,
    name           text NOT NULL,
    audience       text NOT NULL,
    operator_id    bigint,
    lot_id         integer,
    password_hash  text,
    code_hash      bytea,
    code_until     timestamp with time zone,
    totp_secret    text,
    totp_confirmed boolean DEFAULT false NOT NULL,
    totp_step      bigint DEFAULT 0 NOT NULL,
    disabled_at    timestamp with time zone,
    disabled_by    text,
    created_at     timestamp with time zone NOT NULL,
    created_by     text NOT NULL,
    identity       text,
    CONSTRAINT code_is_whole CHECK (((code_hash IS NULL) = (code_until IS NULL))),
    CONSTRAINT disabled_is_whole CHECK (((disabled_at IS NULL) = (disabled_by IS NULL))),
    CONSTRAINT identity_has_its_form CHECK (((identity <> ''::text) AND (length(identity) <= 200))),
    CONSTRAINT login_has_its_form CHECK ((login ~ '^[a-z0-9][a-z0-9._-]{1,63}$'::text)),
    CONSTRAINT staff_identity_key UNIQUE (identity),
    CONSTRAINT staff_login_key UNIQUE (login),
    CONSTRAINT staff_pkey PRIMARY KEY (id),
    CONSTRAINT staff_lot_id_fkey FOREIGN KEY (lot_id) REFERENCES lot(id),
    CONSTRAINT staff_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id)
);
COMMENT ON COLUMN staff.password_hash IS 'Argon2id; null: nobody has chosen a password yet.';
COMMENT ON COLUMN staff.code_hash IS 'SHA-256 of the code by which a password is chosen, once, until code_until.';
COMMENT ON COLUMN staff.totp_step IS 'The last step of time whose code was taken: no code is taken twice.';
COMMENT ON COLUMN staff.identity IS 'Who this is to the city''s identity (OpenID Connect); null: signs in by password alone.';
-- The service may: select, insert, update (name, password_hash, code_hash, code_until, totp_secret, totp_confirmed, totp_step, disabled_at, disabled_by, identity).

-- Browsers in which somebody is signed in. What the browser holds is kept as a hash.
CREATE TABLE session (
    token_hash bytea NOT NULL,
    staff_id   integer,
    account_id bigint,
    begun_at   timestamp with time zone NOT NULL,
    seen_at    timestamp with time zone NOT NULL,
    ends_at    timestamp with time zone NOT NULL,
    address    text NOT NULL,
    agent      text NOT NULL,
    CONSTRAINT session_is_of_one CHECK ((num_nonnulls(staff_id, account_id) = 1)),
    CONSTRAINT session_pkey PRIMARY KEY (token_hash),
    CONSTRAINT session_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
    CONSTRAINT session_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id)
);
CREATE INDEX session_ended ON session USING btree (ends_at);
CREATE INDEX session_of_account ON session USING btree (account_id) WHERE (account_id IS NOT NULL);
CREATE INDEX session_of_staff ON session USING btree (staff_id) WHERE (staff_id IS NOT NULL);
COMMENT ON COLUMN session.seen_at IS 'When a page was asked for last, to the minute.';
-- The service may: select, insert, delete, update (seen_at).

-- How often signing in failed lately, by login and by address; both as hashes.
CREATE TABLE sign_in_failure (
    who      bytea NOT NULL,
    failures integer NOT NULL,
    last_at  timestamp with time zone NOT NULL,
    CONSTRAINT sign_in_failure_pkey PRIMARY KEY (who)
);
CREATE INDEX sign_in_failure_old ON sign_in_failure USING btree (last_at);
-- The service may: select, insert, delete, update.

-- By which phone a driver signs in. It is forgotten when the account is closed.
CREATE TABLE account_phone (
    account_id bigint NOT NULL,
    phone      text NOT NULL,
    since      timestamp with time zone NOT NULL,
    CONSTRAINT phone_has_its_form CHECK ((phone ~ '^\+861[3-9][0-9]{9}$'::text)),
    CONSTRAINT account_phone_phone_key UNIQUE (phone),
    CONSTRAINT account_phone_pkey PRIMARY KEY (account_id),
    CONSTRAINT account_phone_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
COMMENT ON COLUMN account_phone.since IS 'When its holder showed for the first time that it is theirs.';
-- The service may: select, insert, delete.

-- Codes by which drivers sign in, for a day. The code stands nowhere: it follows from seed by a key of the service.
CREATE TABLE phone_code (
    id         uuid NOT NULL,
    phone      text NOT NULL,
    browser    bytea NOT NULL,
    address    bytea NOT NULL,
    language   text NOT NULL,
    seed       bytea NOT NULL,
    asked_at   timestamp with time zone NOT NULL,
    ends_at    timestamp with time zone NOT NULL,
    ended_at   timestamp with time zone,
    tries      integer DEFAULT 0 NOT NULL,
    send_at    timestamp with time zone,
    sends      integer DEFAULT 0 NOT NULL,
    sent_at    timestamp with time zone,
    send_error text,
    CONSTRAINT code_phone_has_its_form CHECK ((phone ~ '^\+861[3-9][0-9]{9}$'::text)),
    CONSTRAINT phone_code_pkey PRIMARY KEY (id)
);
CREATE INDEX phone_code_of_address ON phone_code USING btree (address, asked_at);
CREATE INDEX phone_code_of_phone ON phone_code USING btree (phone, asked_at);
CREATE INDEX phone_code_old ON phone_code USING btree (asked_at);
CREATE UNIQUE INDEX phone_code_open ON phone_code USING btree (phone) WHERE (ended_at IS NULL);
CREATE INDEX phone_code_to_send ON phone_code USING btree (send_at) WHERE (send_at IS NOT NULL);
COMMENT ON COLUMN phone_code.browser IS 'SHA-256 of what the browser holds that asked; no other may say the code.';
COMMENT ON COLUMN phone_code.address IS 'SHA-256 of the address that asked.';
COMMENT ON COLUMN phone_code.ended_at IS 'When it was used, or another took its place; null: it is the open one of the phone.';
COMMENT ON COLUMN phone_code.tries IS 'How often a code was said for it.';
COMMENT ON COLUMN phone_code.send_at IS 'When it is tried next to send it; null: it is sent, given up, or shown on a page.';
-- The service may: select, insert, delete, update (ended_at, tries, send_at, sends, sent_at, send_error).

-- Charges and payments ----------------------------------------------------------------------------------------------

-- What a stay costs (应收), its price explained line by line. The id follows from the stay's, so a stay is charged
-- once.
CREATE TABLE charge (
    lot_id          integer NOT NULL,
    id              uuid NOT NULL,
    stay_id         uuid NOT NULL,
    operator_id     bigint NOT NULL,
    account_id      bigint,
    amount_fen      bigint NOT NULL,
    refunded_fen    bigint DEFAULT 0 NOT NULL,
    state           charge_state DEFAULT 'due'::charge_state NOT NULL,
    method          text,
    lines           jsonb NOT NULL,
    created_at      timestamp with time zone NOT NULL,
    paid_at         timestamp with time zone,
    collect_at      timestamp with time zone,
    collect_tries   integer DEFAULT 0 NOT NULL,
    reference       uuid NOT NULL,
    place_hidden    boolean DEFAULT false NOT NULL,
    paid_attempt_id uuid,
    void_reason     text,
    first_fen       bigint NOT NULL,
    paid_fen        bigint DEFAULT 0 NOT NULL,
    owed_fen        bigint DEFAULT 0 NOT NULL,
    waived_fen      bigint DEFAULT 0 NOT NULL,
    kept_max_fen    bigint,
    accepted_fen    bigint DEFAULT 0 NOT NULL,
    adjustments     integer DEFAULT 0 NOT NULL,
    CONSTRAINT amount_not_negative CHECK (((amount_fen >= 0) AND (waived_fen >= 0))),
    CONSTRAINT billed_over_something CHECK ((first_fen > 0)),
    CONSTRAINT due_is_owed CHECK (((owed_fen >= 0) AND ((state = 'due'::charge_state) = (owed_fen > 0)))),
    CONSTRAINT only_due_is_collected CHECK (((collect_at IS NULL) OR ((state = 'due'::charge_state) AND (account_id IS NOT NULL)))),
    CONSTRAINT paid_is_whole CHECK ((((paid_fen > 0) = ((paid_at IS NOT NULL) AND (method IS NOT NULL))) AND ((paid_fen = 0) OR (state <> 'void'::charge_state)))),
    CONSTRAINT refunded_within_paid CHECK (((refunded_fen >= 0) AND (refunded_fen <= paid_fen))),
    CONSTRAINT charge_pkey PRIMARY KEY (lot_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX charge_by_reference ON ONLY charge USING btree (reference);
CREATE INDEX charge_due_at_gate ON ONLY charge USING btree (lot_id, id) WHERE ((state = 'due'::charge_state) AND (account_id IS NULL));
CREATE INDEX charge_of_account ON ONLY charge USING btree (account_id, id) WHERE (account_id IS NOT NULL);
CREATE INDEX charge_to_collect ON ONLY charge USING btree (collect_at) WHERE (collect_at IS NOT NULL);
COMMENT ON COLUMN charge.account_id IS 'Who pays: the account the plate was linked to when the vehicle left; null for a casual driver.';
COMMENT ON COLUMN charge.amount_fen IS 'What the stay costs as far as it is known: first_fen and every adjustment since.';
COMMENT ON COLUMN charge.method IS 'The channel of the last attempt that paid of it (paid_attempt_id), at paid_at; null while nothing was paid.';
COMMENT ON COLUMN charge.collect_at IS 'When the worker tries next to take it from the account; null when it does not.';
COMMENT ON COLUMN charge.reference IS 'What whoever may pay it has of it (122 random bits); it tells neither lot nor moment.';
COMMENT ON COLUMN charge.place_hidden IS 'Its driver sees the amount and neither lot nor times: the stay began before the plate was linked, or the link is contested.';
COMMENT ON COLUMN charge.paid_attempt_id IS 'The last attempt whose money paid of it. How much each paid: attempt.paid_fen.';
COMMENT ON COLUMN charge.void_reason IS 'Why it is void: voiding it again for another reason is refused.';
COMMENT ON COLUMN charge.first_fen IS 'What it was billed over when it was made. The lines beside it explain that; later ones stand in charge_adjustment.';
COMMENT ON COLUMN charge.paid_fen IS 'What attempts paid of it, before anything was given back.';
COMMENT ON COLUMN charge.owed_fen IS 'What is still owed. Without corrections that is all of a due charge and nothing of any other.';
COMMENT ON COLUMN charge.waived_fen IS 'What the stay would cost beyond amount_fen and nobody is asked for.';
COMMENT ON COLUMN charge.kept_max_fen IS 'The most that may be kept of it, since a person gave some back or withdrew the rest; null where none did.';
COMMENT ON COLUMN charge.accepted_fen IS 'The most that was ever paid of it at a time, less what had gone back by then: so much its driver accepted.';
COMMENT ON COLUMN charge.adjustments IS 'How many adjustments it had: the number of the last.';
-- The service may: select, insert, update (amount_fen, refunded_fen, state, method, paid_at, collect_at, collect_tries, place_hidden, paid_attempt_id, void_reason, paid_fen, owed_fen, waived_fen, kept_max_fen, accepted_fen, adjustments).

-- A later price of a charge (调整): what the stay costs from then on, which fact caused it, and what followed for the
-- money. It only grows.
CREATE TABLE charge_adjustment (
    lot_id        integer NOT NULL,
    charge_id     uuid NOT NULL,
    n             integer NOT NULL,
    id            uuid NOT NULL,
    kind          adjustment_kind NOT NULL,
    wanted_fen    bigint NOT NULL,
    amount_fen    bigint NOT NULL,
    change_fen    bigint NOT NULL,
    waived_fen    bigint NOT NULL,
    waived_for    waived_for,
    owed_fen      bigint NOT NULL,
    returned_fen  bigint NOT NULL,
    cause         text NOT NULL,
    cause_id      uuid NOT NULL,
    lines         jsonb NOT NULL,
    made_at       timestamp with time zone NOT NULL,
    business_date date NOT NULL,
    CONSTRAINT asked_for_or_waived CHECK (((wanted_fen = (amount_fen + waived_fen)) AND ((waived_fen > 0) = (waived_for IS NOT NULL)))),
    CONSTRAINT changed_as_kind_says CHECK ((((change_fen = 0) AND (kind = 'waived'::adjustment_kind)) OR ((change_fen > 0) AND (kind = 'raised'::adjustment_kind)) OR ((change_fen < 0) AND (kind = 'lowered'::adjustment_kind)))),
    CONSTRAINT charge_adjustment_amount_fen_check CHECK ((amount_fen >= 0)),
    CONSTRAINT charge_adjustment_cause_check CHECK ((cause <> ''::text)),
    CONSTRAINT charge_adjustment_n_check CHECK ((n > 0)),
    CONSTRAINT charge_adjustment_returned_fen_check CHECK ((returned_fen >= 0)),
    CONSTRAINT charge_adjustment_waived_fen_check CHECK ((waived_fen >= 0)),
    CONSTRAINT charge_adjustment_pkey PRIMARY KEY (lot_id, charge_id, n)
) PARTITION BY RANGE (charge_id);
ALTER TABLE charge_adjustment ENABLE ALWAYS TRIGGER only_grows;
CREATE TRIGGER stays_as_it_was BEFORE UPDATE ON charge_adjustment FOR EACH ROW WHEN (((to_jsonb(old.*) - 'lines'::text) IS DISTINCT FROM (to_jsonb(new.*) - 'lines'::text))) EXECUTE FUNCTION deny();
ALTER TABLE charge_adjustment ENABLE ALWAYS TRIGGER stays_as_it_was;
COMMENT ON COLUMN charge_adjustment.n IS '1, 2, … of its charge; what it was billed over at first stands in charge.';
COMMENT ON COLUMN charge_adjustment.kind IS 'waived: what it costs stays, and only what nobody is asked for changes.';
COMMENT ON COLUMN charge_adjustment.wanted_fen IS 'What the stay would cost by its facts.';
COMMENT ON COLUMN charge_adjustment.amount_fen IS 'What the charge costs after it; change_fen more or less than before.';
COMMENT ON COLUMN charge_adjustment.waived_fen IS 'The rest of what the stay would cost, for which nobody is asked: waived_for, beyond what the driver accepted or what a person left of it.';
COMMENT ON COLUMN charge_adjustment.owed_fen IS 'By how much what is owed grew (or shrank, below nothing): the amount of its journal, if it is not nothing.';
COMMENT ON COLUMN charge_adjustment.returned_fen IS 'What was to go back of what was paid, by refunds that name the adjustment.';
COMMENT ON COLUMN charge_adjustment.cause IS 'In a word what its asker knows cause_id as.';
COMMENT ON COLUMN charge_adjustment.business_date IS 'The day it is of; its journal is booked into that, or into the first open one.';
-- The service may: select, insert.

-- Due charges that are not taken from their account by themselves until a person releases or voids them. The driver
-- may pay them all the same.
CREATE TABLE charge_hold (
    lot_id      integer NOT NULL,
    charge_id   uuid NOT NULL,
    reason      text NOT NULL,
    held_at     timestamp with time zone NOT NULL,
    released_at timestamp with time zone,
    released_by text,
    CONSTRAINT released_is_whole CHECK (((released_at IS NULL) = (released_by IS NULL))),
    CONSTRAINT charge_hold_pkey PRIMARY KEY (lot_id, charge_id, reason)
);
CREATE INDEX charge_hold_waiting ON charge_hold USING btree (lot_id, charge_id) WHERE (released_at IS NULL);
-- The service may: select, insert, update (held_at, released_at, released_by).

-- Charges that no account pays and of which nothing is owed any more, until that was passed on to where a car may
-- wait for it. Written in the transaction that clears them.
CREATE TABLE charge_cleared (
    lot_id     integer NOT NULL,
    charge_id  uuid NOT NULL,
    stay_id    uuid NOT NULL,
    cleared_at timestamp with time zone NOT NULL,
    CONSTRAINT charge_cleared_pkey PRIMARY KEY (lot_id, charge_id)
);
CREATE INDEX charge_cleared_in_turn ON charge_cleared USING btree (cleared_at);
-- The service may: select, insert, delete, update (cleared_at).

-- One try to collect a charge or a top-up through one channel (扣费尝试). request_no is what the channel knows it by and
-- is committed before the first byte is sent.
CREATE TABLE attempt (
    shard       integer CONSTRAINT attempt_lot_id_not_null NOT NULL,
    payable_id  uuid CONSTRAINT attempt_charge_id_not_null NOT NULL,
    id          uuid NOT NULL,
    request_no  text NOT NULL,
    channel     text NOT NULL,
    amount_fen  bigint NOT NULL,
    state       attempt_state NOT NULL,
    code        text,
    request     jsonb DEFAULT '{}'::jsonb NOT NULL,
    tries       integer DEFAULT 1 NOT NULL,
    created_at  timestamp with time zone NOT NULL,
    updated_at  timestamp with time zone NOT NULL,
    query_at    timestamp with time zone,
    kind        payable_kind NOT NULL,
    next_action jsonb,
    channel_no  text,
    account_id  bigint,
    key_digest  text,
    paid_fen    bigint DEFAULT 0 NOT NULL,
    CONSTRAINT attempt_amount_fen_check CHECK ((amount_fen > 0)),
    CONSTRAINT paid_by_what_succeeded CHECK ((((paid_fen >= 0) AND (paid_fen <= amount_fen)) AND ((paid_fen = 0) OR ((state = 'succeeded'::attempt_state) AND (kind = 'charge'::payable_kind))))),
    CONSTRAINT unresolved_is_queried CHECK (((query_at IS NULL) OR (state = ANY (ARRAY['submitting'::attempt_state, 'accepted'::attempt_state, 'unknown'::attempt_state, 'void'::attempt_state, 'superseded'::attempt_state])))),
    CONSTRAINT attempt_pkey PRIMARY KEY (shard, payable_id, id)
) PARTITION BY RANGE (payable_id);
CREATE UNIQUE INDEX attempt_by_key ON ONLY attempt USING btree (shard, payable_id, key_digest) WHERE (key_digest IS NOT NULL);
CREATE INDEX attempt_to_query ON ONLY attempt USING btree (query_at) WHERE (query_at IS NOT NULL);
CREATE UNIQUE INDEX one_live_attempt ON ONLY attempt USING btree (shard, payable_id) WHERE (state = ANY (ARRAY['submitting'::attempt_state, 'accepted'::attempt_state, 'unknown'::attempt_state]));
COMMENT ON COLUMN attempt.shard IS 'Where the payable lies: the lot of a charge, the account of a top-up.';
COMMENT ON COLUMN attempt.payable_id IS 'The charge or the top-up it pays, as kind says.';
COMMENT ON COLUMN attempt.next_action IS 'What the payer needs to go on with an accepted payment, as the provider gave it; null if nothing.';
COMMENT ON COLUMN attempt.channel_no IS 'The number the channel itself gave the payment: evidence that names another is disputed.';
COMMENT ON COLUMN attempt.account_id IS 'The account that asked for it, if it proved to be the one that owes; null for whoever has the reference of a charge.';
COMMENT ON COLUMN attempt.key_digest IS 'The key its asker chose, hashed: the same key is the same attempt.';
COMMENT ON COLUMN attempt.paid_fen IS 'What of it paid its charge; if it succeeded, the rest of it lies in suspense.';
-- The service may: select, insert, update (state, code, tries, updated_at, query_at, next_action, channel_no, paid_fen).

-- Money given back by the way it came: of a paid charge, reserved on the charge when it is asked for, or out of
-- suspense.
CREATE TABLE refund (
    shard         integer CONSTRAINT refund_lot_id_not_null NOT NULL,
    payable_id    uuid CONSTRAINT refund_charge_id_not_null NOT NULL,
    id            uuid NOT NULL,
    amount_fen    bigint NOT NULL,
    channel       text NOT NULL,
    state         refund_state NOT NULL,
    reason        text NOT NULL,
    created_at    timestamp with time zone NOT NULL,
    updated_at    timestamp with time zone NOT NULL,
    attempt_id    uuid NOT NULL,
    dispute_id    uuid,
    asked_by      text,
    code          text,
    tries         integer DEFAULT 1 NOT NULL,
    query_at      timestamp with time zone,
    adjustment_id uuid,
    CONSTRAINT refund_amount_fen_check CHECK ((amount_fen > 0)),
    CONSTRAINT unresolved_is_queried CHECK (((query_at IS NULL) OR (state = ANY (ARRAY['requested'::refund_state, 'unknown'::refund_state])))),
    CONSTRAINT refund_pkey PRIMARY KEY (shard, payable_id, id)
) PARTITION BY RANGE (payable_id);
CREATE UNIQUE INDEX one_way_back ON ONLY refund USING btree (shard, payable_id, dispute_id) WHERE ((dispute_id IS NOT NULL) AND (state <> 'closed'::refund_state));
CREATE INDEX refund_to_query ON ONLY refund USING btree (query_at) WHERE (query_at IS NOT NULL);
COMMENT ON COLUMN refund.shard IS 'Where the payable lies, as in attempt.';
COMMENT ON COLUMN refund.attempt_id IS 'The attempt whose money it gives back.';
COMMENT ON COLUMN refund.dispute_id IS 'The dispute whose money in suspense it gives back; null for a refund of a charge.';
COMMENT ON COLUMN refund.adjustment_id IS 'The adjustment of the charge that it follows from; null where a person asked for it.';
-- The service may: select, insert, update (state, updated_at, code, tries, query_at).

-- What a channel said and what could not be followed, and money that came and was not owed (争议). A person resolves
-- it.
CREATE TABLE dispute (
    shard       integer NOT NULL,
    id          uuid NOT NULL,
    kind        dispute_kind NOT NULL,
    payable     payable_kind NOT NULL,
    payable_id  uuid NOT NULL,
    attempt_id  uuid NOT NULL,
    refund_id   uuid,
    operator_id bigint,
    channel     text NOT NULL,
    asked_fen   bigint NOT NULL,
    said        jsonb NOT NULL,
    held_fen    bigint DEFAULT 0 NOT NULL,
    state       dispute_state DEFAULT 'open'::dispute_state NOT NULL,
    opened_at   timestamp with time zone NOT NULL,
    resolved_at timestamp with time zone,
    resolved_by text,
    resolution  dispute_resolution,
    note        text,
    CONSTRAINT dispute_held_fen_check CHECK ((held_fen >= 0)),
    CONSTRAINT resolved_is_whole CHECK (((state = 'resolved'::dispute_state) = ((resolved_at IS NOT NULL) AND (resolved_by IS NOT NULL) AND (resolution IS NOT NULL)))),
    CONSTRAINT dispute_pkey PRIMARY KEY (shard, id)
) PARTITION BY RANGE (id);
CREATE INDEX dispute_of_attempt ON ONLY dispute USING btree (shard, attempt_id);
CREATE INDEX dispute_open ON ONLY dispute USING btree (id) WHERE (state = 'open'::dispute_state);
COMMENT ON COLUMN dispute.operator_id IS 'Whose staff may look at it: the operator of the charge; null for a top-up.';
COMMENT ON COLUMN dispute.asked_fen IS 'What the attempt, or the refund, was over.';
COMMENT ON COLUMN dispute.said IS 'What the channel said: number, amount in fen, the channel''s own number, code.';
COMMENT ON COLUMN dispute.held_fen IS 'What of it lies in suspense until it is given back.';
-- The service may: select, insert, update (held_fen, state, resolved_at, resolved_by, resolution, note).

-- The local test channel's own books, as an outside provider holds them: what it was asked to take.
CREATE TABLE channel_local_payment (
    number     text NOT NULL,
    amount_fen bigint NOT NULL,
    payer      text NOT NULL,
    state      text NOT NULL,
    code       text,
    at         timestamp with time zone NOT NULL,
    CONSTRAINT channel_local_payment_amount_fen_check CHECK ((amount_fen > 0)),
    CONSTRAINT channel_local_payment_state_check CHECK ((state = ANY (ARRAY['accepted'::text, 'succeeded'::text, 'failed'::text]))),
    CONSTRAINT channel_local_payment_pkey PRIMARY KEY (number)
);
-- The service may: select, insert, update (state, code).

-- The local test channel's own books: what it gave back.
CREATE TABLE channel_local_refund (
    number         text NOT NULL,
    payment_number text NOT NULL,
    amount_fen     bigint NOT NULL,
    at             timestamp with time zone NOT NULL,
    CONSTRAINT channel_local_refund_amount_fen_check CHECK ((amount_fen > 0)),
    CONSTRAINT channel_local_refund_pkey PRIMARY KEY (number),
    CONSTRAINT channel_local_refund_payment_number_fkey FOREIGN KEY (payment_number) REFERENCES channel_local_payment(number)
);
-- The service may: select, insert.

-- The books ---------------------------------------------------------------------------------------------------------

-- The chart of accounts. row: a balance row is kept and locked; append: hot, only transfers, summed when asked.
CREATE TABLE book (
    book    ledger_book NOT NULL,
    kind    text NOT NULL,
    mode    text NOT NULL,
    floored boolean NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    CONSTRAINT book_kind_check CHECK ((kind = ANY (ARRAY['asset'::text, 'liability'::text, 'income'::text, 'expense'::text]))),
    CONSTRAINT book_mode_check CHECK ((mode = ANY (ARRAY['row'::text, 'append'::text]))),
    CONSTRAINT only_rows_have_floors CHECK (((mode = 'row'::text) OR (NOT floored))),
    CONSTRAINT book_pkey PRIMARY KEY (book)
);
-- The service may: select.

-- Channels that hold money for us, by the number of their clearing book. The wallet is none: its money lies in our
-- own books.
CREATE TABLE channel (
    owner_id integer NOT NULL,
    name     text NOT NULL,
    CONSTRAINT channel_owner_id_check CHECK (((owner_id >= 2) AND (owner_id <= 99))),
    CONSTRAINT channel_name_key UNIQUE (name),
    CONSTRAINT channel_pkey PRIMARY KEY (owner_id)
);
-- The service may: select.

-- What a journal of each kind has to name, and how its day and amount follow from that. The books it may move:
-- transfer_rule.
CREATE TABLE journal_rule (
    kind          journal_kind NOT NULL,
    about         text NOT NULL,
    whole         boolean NOT NULL,
    reverses      text NOT NULL,
    days_back_max integer,
    statement     text,
    CONSTRAINT journal_rule_about_check CHECK ((about = ANY (ARRAY['charge'::text, 'adjustment'::text, 'refund'::text, 'return'::text, 'top_up'::text, 'dispute'::text, 'settlement'::text, 'journal'::text]))),
    CONSTRAINT journal_rule_days_back_max_check CHECK ((days_back_max >= 0)),
    CONSTRAINT journal_rule_reverses_check CHECK ((reverses = ANY (ARRAY['nothing'::text, 'stay_billed'::text, 'anything'::text]))),
    CONSTRAINT journal_rule_statement_check CHECK ((statement = ANY (ARRAY['gross'::text, 'given_back'::text, 'fee'::text, 'collected'::text]))),
    CONSTRAINT journal_rule_pkey PRIMARY KEY (kind)
);
COMMENT ON COLUMN journal_rule.about IS 'What ref names; refund: of a charge, return: a refund of money in suspense. It has to exist, and says who owns the journal and which operator it concerns.';
COMMENT ON COLUMN journal_rule.whole IS 'Whether it moves exactly the amount of what it names; else an amount of its own.';
COMMENT ON COLUMN journal_rule.reverses IS 'The kind of the journal it undoes, whose exact mirror it has to be, once. What undoes a journal is not undone itself.';
COMMENT ON COLUMN journal_rule.days_back_max IS 'How far its day may lie before the instant at which it is booked, or at which what it names was made, whichever is later. Null: it has the day of what it names.';
COMMENT ON COLUMN journal_rule.statement IS 'In which column of an operator''s statement it is; null in none.';
-- The service may: select.

-- From which book to which a journal of each kind may move money, and whose they are. driver: the journal's owner,
-- who has an account; casual: its owner, who is the operator; operator: whom it concerns; channel: one of channel. A
-- reversal has no row: it is the mirror of a journal that had.
CREATE TABLE transfer_rule (
    kind         journal_kind NOT NULL,
    debit_book   ledger_book NOT NULL,
    debit_owner  text NOT NULL,
    credit_book  ledger_book NOT NULL,
    credit_owner text NOT NULL,
    sign         integer DEFAULT 1 NOT NULL,
    CONSTRAINT known_owners CHECK (((debit_owner = ANY (ARRAY['driver'::text, 'casual'::text, 'operator'::text, 'channel'::text, 'platform'::text])) AND (credit_owner = ANY (ARRAY['driver'::text, 'casual'::text, 'operator'::text, 'channel'::text, 'platform'::text])))),
    CONSTRAINT transfer_rule_sign_check CHECK ((sign = ANY (ARRAY[1, '-1'::integer]))),
    CONSTRAINT transfer_rule_pkey PRIMARY KEY (kind, debit_book, debit_owner, credit_book, credit_owner),
    CONSTRAINT transfer_rule_credit_book_fkey FOREIGN KEY (credit_book) REFERENCES book(book),
    CONSTRAINT transfer_rule_debit_book_fkey FOREIGN KEY (debit_book) REFERENCES book(book),
    CONSTRAINT transfer_rule_kind_fkey FOREIGN KEY (kind) REFERENCES journal_rule(kind)
);
COMMENT ON COLUMN transfer_rule.sign IS '-1: it counts as less than nothing of what the journal names, as a fee that is given back.';
-- The service may: select.

-- One business fact in the books (记账凭证). The id is the idempotency key: it follows from what the journal is about.
CREATE TABLE journal (
    owner_id      bigint NOT NULL,
    id            uuid NOT NULL,
    kind          journal_kind NOT NULL,
    ref           uuid NOT NULL,
    lot_id        integer,
    operator_id   bigint,
    currency      character(3) DEFAULT 'CNY'::bpchar NOT NULL,
    business_date date NOT NULL,
    recorded_at   timestamp with time zone NOT NULL,
    fingerprint   bytea NOT NULL,
    reverses      uuid,
    txid          xid8 NOT NULL,
    occurred_on   date,
    CONSTRAINT journal_pkey PRIMARY KEY (owner_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX journal_by_day ON ONLY journal USING brin (business_date);
CREATE INDEX journal_by_reversed ON ONLY journal USING btree (owner_id, reverses) WHERE (reverses IS NOT NULL);
CREATE INDEX journal_of_operator ON ONLY journal USING btree (operator_id, business_date) WHERE (operator_id IS NOT NULL);
ALTER TABLE journal ENABLE ALWAYS TRIGGER never_truncated;
ALTER TABLE journal ENABLE ALWAYS TRIGGER only_grows;
COMMENT ON COLUMN journal.ref IS 'The charge, adjustment, refund, top-up, dispute, settlement or journal it is about.';
COMMENT ON COLUMN journal.operator_id IS 'The operator it concerns, into whose days it is booked; null if it concerns none, and then they are the city''s.';
COMMENT ON COLUMN journal.occurred_on IS 'The day it was to be booked into; business_date is a later one if that day was closed. Null: booked before this was kept.';
-- The service may: select.

-- An amount from one book to another (分录). Positive, so direction is in the books, never in a sign.
CREATE TABLE transfer (
    owner_id     bigint NOT NULL,
    journal_id   uuid NOT NULL,
    leg          smallint NOT NULL,
    debit_owner  bigint NOT NULL,
    debit_book   ledger_book NOT NULL,
    credit_owner bigint NOT NULL,
    credit_book  ledger_book NOT NULL,
    amount_fen   bigint NOT NULL,
    txid         xid8 NOT NULL,
    CONSTRAINT transfer_amount_fen_check CHECK ((amount_fen > 0)),
    CONSTRAINT transfer_leg_check CHECK ((leg > 0)),
    CONSTRAINT two_books CHECK (((debit_owner <> credit_owner) OR (debit_book <> credit_book))),
    CONSTRAINT transfer_pkey PRIMARY KEY (owner_id, journal_id, leg)
) PARTITION BY RANGE (journal_id);
ALTER TABLE transfer ENABLE ALWAYS TRIGGER never_truncated;
ALTER TABLE transfer ENABLE ALWAYS TRIGGER only_grows;
CREATE TRIGGER same_transaction AFTER INSERT ON transfer REFERENCING NEW TABLE AS added FOR EACH STATEMENT WHEN ((current_setting('onelot.posting'::text, true) IS DISTINCT FROM 'on'::text)) EXECUTE FUNCTION same_transaction();
ALTER TABLE transfer ENABLE ALWAYS TRIGGER same_transaction;
-- The service may: select.

-- Both sides of every transfer, each by the owner and the book that it moves.
CREATE VIEW leg AS
 SELECT transfer.debit_owner AS owner_id,
    transfer.debit_book AS book,
    transfer.amount_fen AS debit_fen,
    (0)::bigint AS credit_fen
   FROM transfer
UNION ALL
 SELECT transfer.credit_owner AS owner_id,
    transfer.credit_book AS book,
    (0)::bigint AS debit_fen,
    transfer.amount_fen AS credit_fen
   FROM transfer;
-- The service may: select.

-- Balances of the books kept in row mode; always equal to the sum of their transfers.
CREATE TABLE balance (
    owner_id bigint NOT NULL,
    book     ledger_book NOT NULL,
    currency character(3) DEFAULT 'CNY'::bpchar NOT NULL,
    debits   bigint DEFAULT 0 NOT NULL,
    credits  bigint DEFAULT 0 NOT NULL,
    CONSTRAINT balance_credits_check CHECK ((credits >= 0)),
    CONSTRAINT balance_debits_check CHECK ((debits >= 0)),
    CONSTRAINT receivable_floor CHECK (((book <> 'receivable'::ledger_book) OR (debits >= credits))),
    CONSTRAINT wallet_floor CHECK (((book <> 'wallet'::ledger_book) OR (credits >= debits))),
    CONSTRAINT balance_pkey PRIMARY KEY (owner_id, book, currency),
    CONSTRAINT balance_book_fkey FOREIGN KEY (book) REFERENCES book(book)
) WITH (fillfactor='50');
-- The service may: select.

-- Settlement --------------------------------------------------------------------------------------------------------

-- The last settled business day of an operator (日结), of the city in the row of the platform (1); null before the
-- first. Nothing is booked into a closed day: postings hold the row shared, a closing has it alone.
CREATE TABLE operator_day (
    operator_id    bigint NOT NULL,
    closed_through date,
    CONSTRAINT operator_day_pkey PRIMARY KEY (operator_id)
);
-- The service may: select.

-- A settlement of one business day over all operators; started again it goes on where it stopped.
CREATE TABLE settlement_run (
    business_date date NOT NULL,
    stage         settlement_stage NOT NULL,
    started_at    timestamp with time zone NOT NULL,
    finished_at   timestamp with time zone,
    CONSTRAINT settlement_run_pkey PRIMARY KEY (business_date)
);
-- The service may: select, insert, update.

-- What was booked for an operator, by the column of its statement: gross and collected as they came, given_back and
-- fee as what they take from it. traded_on: the day of the stay the money is from.
CREATE VIEW movement AS
 SELECT j.operator_id,
    j.business_date,
    COALESCE(j.lot_id, 0) AS lot_id,
    r.statement,
    j.kind,
    COALESCE(billed.day, j.occurred_on, j.business_date) AS traded_on,
        CASE
            WHEN ((r.statement = ANY (ARRAY['given_back'::text, 'fee'::text])) AND (t.credit_book = 'payable'::ledger_book)) THEN (- t.amount_fen)
            WHEN ((r.statement = ANY (ARRAY['given_back'::text, 'fee'::text])) AND (t.debit_book <> 'payable'::ledger_book)) THEN (0)::bigint
            ELSE t.amount_fen
        END AS fen,
    charge_of(j.kind, j.owner_id, j.id, j.lot_id, j.ref, j.reverses) AS charge_id
   FROM (((journal j
     JOIN journal_rule r ON (((r.kind = j.kind) AND (r.statement IS NOT NULL))))
     JOIN transfer t ON (((t.owner_id = j.owner_id) AND (t.journal_id = j.id))))
     LEFT JOIN LATERAL ( SELECT COALESCE(b.occurred_on, b.business_date) AS day
           FROM journal b
          WHERE (((r.statement = 'given_back'::text) OR (r.about = 'adjustment'::text)) AND (b.owner_id = j.owner_id) AND ((b.id >= id_first(j.id)) AND (b.id <= id_last(j.id))) AND (b.kind = 'stay_billed'::journal_kind) AND (b.ref = charge_of(j.kind, j.owner_id, j.id, j.lot_id, j.ref, j.reverses)))
         LIMIT 1) billed ON (true))
  WHERE (j.operator_id IS NOT NULL)
UNION ALL
 SELECT j.operator_id,
    j.business_date,
    COALESCE(j.lot_id, 0) AS lot_id,
    'cash'::text AS statement,
    j.kind,
    COALESCE(j.occurred_on, j.business_date) AS traded_on,
        CASE
            WHEN (t.debit_book = 'cash'::ledger_book) THEN t.amount_fen
            ELSE (- t.amount_fen)
        END AS fen,
    charge_of(j.kind, j.owner_id, j.id, j.lot_id, j.ref, j.reverses) AS charge_id
   FROM (journal j
     JOIN transfer t ON (((t.owner_id = j.owner_id) AND (t.journal_id = j.id))))
  WHERE ((j.operator_id IS NOT NULL) AND ((t.debit_book = 'cash'::ledger_book) OR (t.credit_book = 'cash'::ledger_book)));
-- The service may: select.

-- The statement of one operator for one closed business day (结算单).
CREATE TABLE settlement (
    operator_id      bigint NOT NULL,
    business_date    date NOT NULL,
    id               uuid NOT NULL,
    charges          integer NOT NULL,
    gross_fen        bigint NOT NULL,
    refunds_fen      bigint NOT NULL,
    platform_fee_bps integer NOT NULL,
    platform_fee_fen bigint NOT NULL,
    net_fen          bigint NOT NULL,
    settled_at       timestamp with time zone NOT NULL,
    collected_fen    bigint DEFAULT 0 NOT NULL,
    fee_exact        bigint DEFAULT 0 NOT NULL,
    fee_by           text DEFAULT 'running'::text NOT NULL,
    carried_fen      bigint DEFAULT 0 NOT NULL,
    payout_fen       bigint DEFAULT 0 NOT NULL,
    cash_fen         bigint DEFAULT 0 NOT NULL,
    CONSTRAINT net_adds_up CHECK ((net_fen = ((gross_fen - refunds_fen) - platform_fee_fen))),
    CONSTRAINT paid_out_or_carried CHECK ((payout_fen = GREATEST(((carried_fen + net_fen) - cash_fen), (0)::bigint))),
    CONSTRAINT settlement_carried_fen_check CHECK ((carried_fen <= 0)),
    CONSTRAINT settlement_fee_by_check CHECK ((fee_by = ANY (ARRAY['day'::text, 'running'::text]))),
    CONSTRAINT settlement_payout_fen_check CHECK ((payout_fen >= 0)),
    CONSTRAINT settlement_id_key UNIQUE (id),
    CONSTRAINT settlement_pkey PRIMARY KEY (operator_id, business_date),
    CONSTRAINT settlement_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id)
);
COMMENT ON COLUMN settlement.platform_fee_bps IS 'The share that holds for stays of this day.';
COMMENT ON COLUMN settlement.platform_fee_fen IS 'What is kept of this day, or (negative) given back: fee_exact in whole fen, half to even, less the same of the day before.';
COMMENT ON COLUMN settlement.collected_fen IS 'What was collected on this day of charges of whatever day.';
COMMENT ON COLUMN settlement.fee_exact IS 'The fee on all that the operator kept through this day, in ten-thousandths of a fen.';
COMMENT ON COLUMN settlement.fee_by IS 'running: as fee_exact says. day: made before, half up of what was left of that day alone; such days enter fee_exact as they were.';
COMMENT ON COLUMN settlement.carried_fen IS 'What earlier statements left short, 0 or less.';
COMMENT ON COLUMN settlement.payout_fen IS 'What is to be paid out for this day: net and carried, if that is more than nothing; else the next statement carries it.';
COMMENT ON COLUMN settlement.cash_fen IS 'What the operator took in cash itself on this day, less what it gave back so: it has that money, and so much less is paid out.';
-- The service may: select, insert.

-- The part of a settlement each lot earned.
CREATE TABLE settlement_line (
    operator_id   bigint NOT NULL,
    business_date date NOT NULL,
    lot_id        integer NOT NULL,
    charges       integer NOT NULL,
    gross_fen     bigint NOT NULL,
    refunds_fen   bigint NOT NULL,
    collected_fen bigint DEFAULT 0 NOT NULL,
    cash_fen      bigint DEFAULT 0 NOT NULL,
    CONSTRAINT settlement_line_pkey PRIMARY KEY (operator_id, business_date, lot_id),
    CONSTRAINT settlement_line_operator_id_business_date_fkey FOREIGN KEY (operator_id, business_date) REFERENCES settlement(operator_id, business_date)
);
COMMENT ON COLUMN settlement_line.cash_fen IS 'The part of it that one lot took.';
-- The service may: select, insert.

-- Reports that are made by themselves when their days are over, until ended_at.
CREATE TABLE report_schedule (
    owner_id bigint NOT NULL,
    id       uuid NOT NULL,
    report   text NOT NULL,
    form     text NOT NULL,
    language text NOT NULL,
    asked    jsonb NOT NULL,
    every    text NOT NULL,
    way      text,
    address  text,
    made_by  text NOT NULL,
    made_at  timestamp with time zone NOT NULL,
    through  date NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT mail_has_an_address CHECK (((NOT (way IS DISTINCT FROM 'mail'::text)) = (address IS NOT NULL))),
    CONSTRAINT report_schedule_every_check CHECK ((every = ANY (ARRAY['day'::text, 'week'::text, 'month'::text]))),
    CONSTRAINT report_schedule_language_check CHECK ((language = ANY (ARRAY['zh'::text, 'en'::text]))),
    CONSTRAINT report_schedule_way_check CHECK ((way = ANY (ARRAY['mail'::text, 'webhook'::text]))),
    CONSTRAINT report_schedule_pkey PRIMARY KEY (owner_id, id)
);
COMMENT ON COLUMN report_schedule.owner_id IS 'The operator whose figures they have; the platform (1) for those of all.';
COMMENT ON COLUMN report_schedule.way IS 'How a report is delivered; null: it lies in the folder.';
COMMENT ON COLUMN report_schedule.through IS 'The last day of the last report that was asked for by it.';
-- The service may: select, insert, update (through, ended_at).

-- A report that was asked for and made beside everything else: how far it is, and its file.
CREATE TABLE report_run (
    owner_id      bigint NOT NULL,
    id            uuid NOT NULL,
    report        text NOT NULL,
    form          text NOT NULL,
    language      text NOT NULL,
    asked         jsonb NOT NULL,
    asked_by      text NOT NULL,
    asked_at      timestamp with time zone NOT NULL,
    state         report_run_state DEFAULT 'waiting'::report_run_state NOT NULL,
    tries         integer DEFAULT 0 NOT NULL,
    begun_at      timestamp with time zone,
    ended_at      timestamp with time zone,
    rows_made     bigint DEFAULT 0 NOT NULL,
    size_bytes    bigint,
    sha256        bytea,
    file          text,
    error         text,
    schedule_id   uuid,
    way           text,
    address       text,
    deliver_at    timestamp with time zone,
    deliver_tries integer DEFAULT 0 NOT NULL,
    delivered_at  timestamp with time zone,
    deliver_error text,
    CONSTRAINT done_has_a_file CHECK (((state = 'done'::report_run_state) = ((file IS NOT NULL) AND (size_bytes IS NOT NULL) AND (sha256 IS NOT NULL)))),
    CONSTRAINT ended_is_over CHECK (((ended_at IS NOT NULL) = (state = ANY (ARRAY['done'::report_run_state, 'failed'::report_run_state])))),
    CONSTRAINT report_run_language_check CHECK ((language = ANY (ARRAY['zh'::text, 'en'::text]))),
    CONSTRAINT report_run_way_check CHECK ((way = ANY (ARRAY['mail'::text, 'webhook'::text]))),
    CONSTRAINT report_run_pkey PRIMARY KEY (owner_id, id)
);
CREATE INDEX report_run_by_id ON report_run USING btree (id);
CREATE INDEX report_run_to_deliver ON report_run USING btree (deliver_at) WHERE (deliver_at IS NOT NULL);
CREATE INDEX report_run_waiting ON report_run USING btree (asked_at) WHERE (state = ANY (ARRAY['waiting'::report_run_state, 'running'::report_run_state]));
COMMENT ON COLUMN report_run.owner_id IS 'The operator whose figures it has; the platform (1) for those of all.';
COMMENT ON COLUMN report_run.file IS 'Its name in the folder of reports.';
COMMENT ON COLUMN report_run.deliver_at IS 'When it is tried to be delivered next; null: not any more.';
-- The service may: select, insert, delete, update (state, tries, begun_at, ended_at, rows_made, size_bytes, sha256, file, error, deliver_at, deliver_tries, delivered_at, deliver_error).

-- Functions ---------------------------------------------------------------------------------------------------------

CREATE FUNCTION analyze_grown() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  part record;
  done int := 0;
begin
  for part in
    select c.oid::regclass as name
      from growing_table g
      join pg_inherits i on i.inhparent = to_regclass(g.name)
      join pg_class c on c.oid = i.inhrelid
      join pg_stat_user_tables s on s.relid = c.oid
     where s.n_live_tup > 500 and s.n_live_tup > 4 * greatest(c.reltuples, 0)
  loop
    execute format('analyze %s', part.name);
    done := done + 1;
  end loop;
  return done;
end $$;

CREATE FUNCTION audit_waits() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  insert into audit_waiting (owner_id, audit_id) values (new.owner_id, new.id) on conflict do nothing;
  return null;
end $$;

CREATE FUNCTION charge_of(_kind journal_kind, _owner bigint, _journal uuid, _lot integer, _ref uuid, _reverses uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  return (
  select case r.about
           when 'charge' then _ref
           when 'adjustment' then (select d.charge_id from charge_adjustment d
                                    where d.lot_id = _lot and d.id = _ref
                                      and d.charge_id between id_first(_journal) and id_last(_journal))
           when 'refund' then (select d.payable_id from refund d
                                where d.shard = _lot and d.id = _ref
                                  and d.payable_id between id_first(_journal) and id_last(_journal))
           when 'return' then (select d.payable_id from refund d
                                where d.shard = _lot and d.id = _ref
                                  and d.payable_id between id_first(_journal) and id_last(_journal))
           when 'dispute' then (select d.payable_id from dispute d where d.shard = _lot and d.id = _ref and d.payable = 'charge')
           when 'journal' then (select charge_of(v.kind, v.owner_id, v.id, v.lot_id, v.ref, v.reverses) from journal v
                                 where v.owner_id = _owner and v.id = _reverses) end
    from journal_rule r
   where r.kind = _kind);
end $$;

COMMENT ON FUNCTION charge_of(_kind journal_kind, _owner bigint, _journal uuid, _lot integer, _ref uuid, _reverses uuid) IS 'The charge that a journal is about; null: none, or not of one.';

CREATE FUNCTION checked_from() RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  return coalesce(nullif(current_setting('onelot.checked_from', true), ''), '00000000-0000-0000-0000-000000000000')::uuid;
end $$;

CREATE FUNCTION close_day(_operator bigint, _date date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '1s'
    AS $$
declare
  zone text := coalesce((select o.time_zone from operator o where o.id = _operator), 'Asia/Shanghai');
begin
  if _date is null or _date >= (now() at time zone zone)::date then
    raise exception 'the day % is not over and cannot be closed', _date using errcode = '22008';
  end if;
  insert into operator_day (operator_id, closed_through) values (_operator, _date)
  on conflict (operator_id) do update set closed_through = greatest(operator_day.closed_through, excluded.closed_through);
end $$;

CREATE FUNCTION create_month_partition(_table text, _month date) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  name text := format('%s_%s', _table, to_char(_month, 'YYYY_MM'));
  starts uuid := id_floor(_month::timestamp at time zone 'UTC');
  ends uuid := id_floor((_month + interval '1 month')::timestamp at time zone 'UTC');
begin
  if to_regclass(name) is not null then return; end if;
  execute format('create table %I (like %I including defaults including constraints including generated)', name, _table);
  perform guard_partition(_table, name);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', _table, name, starts, ends);
end $$;

CREATE FUNCTION create_partitions(_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  grown record;
  failed int := 0;
begin
  for grown in select name from growing_table order by name loop
    failed := failed + create_partitions_of(grown.name, _now);
  end loop;
  return failed;
end $$;

CREATE FUNCTION create_partitions_of(_table text, _now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $$
declare
  grown record;
  month date;
  failed int := 0;
begin
  if _now is null or abs(extract(epoch from _now - now())) > 10 * 366 * 86400.0 then
    raise exception 'no months are made for %, which is more than ten years from now', _now using errcode = '22008';
  end if;
  select months_before, months_ahead into grown from growing_table where name = _table;
  if not found then
    raise exception '% is no table that grows', _table using errcode = '42P01';
  end if;
  for month in
    select generate_series(date_trunc('month', _now at time zone 'UTC') - make_interval(months => grown.months_before),
                           date_trunc('month', _now at time zone 'UTC') + make_interval(months => grown.months_ahead),
                           '1 month')::date
  loop
    begin
      perform create_month_partition(_table, month);
    exception
      when lock_not_available then
        raise warning '% is busy: no partitions were made for it', _table;
        return failed + 1;   -- Its other months would wait as long.
      when others then
        failed := failed + 1;
        raise warning 'no partition of % for %: %', _table, month, sqlerrm;
    end;
  end loop;
  return failed;
end $$;

COMMENT ON FUNCTION create_partitions_of(_table text, _now timestamp with time zone) IS 'Makes the months of a table around an instant that are missing; how many could not be made.';

CREATE FUNCTION deny() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  raise exception 'the ledger only grows: % on % is refused', tg_op, tg_table_name using errcode = '23514';
end $$;

CREATE FUNCTION deny_rate() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  raise exception 'a share that was agreed stays as it is; add a later one to operator_fee' using errcode = '23514';
end $$;

CREATE FUNCTION deny_settled_rate() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  if tg_op = 'UPDATE' and (new.operator_id, new.valid_from) = (old.operator_id, old.valid_from)
     and not exists (select 1 from operator_day d
                      where d.operator_id = old.operator_id and d.closed_through >= old.valid_from) then
    return new;
  end if;
  raise exception 'a share of days that are settled stays as it is; add a later one to operator_fee' using errcode = '23514';
end $$;

CREATE FUNCTION drop_expired(_table text, _now timestamp with time zone) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $_$
declare
  months int;
  kept uuid;
  part record;
begin
  select keep_months into months from growing_table where name = _table;
  if months is null then return; end if;
  kept := id_floor((date_trunc('month', least(_now, now()) at time zone 'UTC') - make_interval(months => months))
                   at time zone 'UTC');
  update growing_table set kept_from = kept where name = _table and kept_from < kept;
  for part in
    select c.relname as name, id_floor(month at time zone 'UTC') as first_id,
           id_floor((month + interval '1 month') at time zone 'UTC') as next_id
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
     cross join lateral cast(to_date(right(c.relname, 7), 'YYYY_MM') as timestamp) month
     where i.inhparent = to_regclass(_table)
     order by c.relname
  loop
    if part.next_id > kept then continue; end if;
    if _table = 'stay' and exists (select 1 from open_stay where id >= part.first_id and id < part.next_id) then
      continue;
    end if;
    execute format('drop table %I', part.name);
    return next part.name;
  end loop;
end $_$;

CREATE FUNCTION fee_bps(_operator bigint, _day date) RETURNS integer
    LANGUAGE plpgsql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  return coalesce((select f.platform_fee_bps from operator_fee f
                    where f.operator_id = _operator and f.valid_from <= _day order by f.valid_from desc limit 1),
                  (select o.platform_fee_bps from operator o where o.id = _operator));
end $$;

CREATE FUNCTION fen_of(_exact bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (((_exact - (((_exact % (10000)::bigint) + 10000) % (10000)::bigint)) / 10000) + CASE WHEN ((((_exact % (10000)::bigint) + 10000) % (10000)::bigint) > 5000) THEN (1)::bigint WHEN ((((_exact % (10000)::bigint) + 10000) % (10000)::bigint) = 5000) THEN abs((((_exact - (((_exact % (10000)::bigint) + 10000) % (10000)::bigint)) / 10000) % (2)::bigint)) ELSE (0)::bigint END);

CREATE FUNCTION forget_a_day(_what text, _now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $_$
declare
  months int;
  since uuid;
  kept uuid;
  first uuid;
  until uuid;
begin
  select keep_months, through into months, since from forgetting where what = _what and what <> 'closed_account' for update;
  if months is null then return false; end if;
  kept := id_floor((date_trunc('month', least(_now, now()) at time zone 'UTC') - make_interval(months => months))
                   at time zone 'UTC');
  select id_floor(min(to_date(right(c.relname, 7), 'YYYY_MM'))::timestamp at time zone 'UTC') into first
    from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
   where i.inhparent = to_regclass(case _what when 'payer' then 'attempt' else _what end);
  since := greatest(since, coalesce(first, kept));
  if since >= kept then return false; end if;
  until := least(kept, id_floor(id_instant(since) + interval '1 day'));
  if _what = 'charge' then
    update charge c set place_hidden = true, lines = without_times(c.lines) where c.id >= since and c.id < until;
    update charge_adjustment a set lines = without_times(a.lines) where a.charge_id >= since and a.charge_id < until;
  elsif _what = 'payer' then
    update attempt a set request = jsonb_set(a.request, '{payer}', '""'), next_action = null
     where a.payable_id >= since and a.payable_id < until and a.request->>'payer' <> '';
  elsif _what = 'audit' then
    perform 1 from audit_head for update;
    update audit_link l set salt = null from audit a
     where a.id >= since and a.id < until and a.detail ? 'plate' and l.owner_id = a.owner_id and l.audit_id = a.id;
    update audit a set detail = a.detail - 'plate' - 'plate_color'
     where a.id >= since and a.id < until and a.detail ? 'plate';
  end if;
  update forgetting set through = until where what = _what;
  return until < kept;
end $_$;

CREATE FUNCTION forget_closed_accounts(_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  gone bigint[];
begin
  select array_agg(a.id) into gone
    from account a join forgetting f on f.what = 'closed_account'
   where a.status = 'closed' and a.forgotten_at is null
     and a.closed_at < least(_now, now()) - make_interval(months => f.keep_months);
  if gone is null then return 0; end if;
  perform 1 from audit_head for update;
  update audit_link l set salt = null where l.owner_id = any(gone);
  update audit a
     set detail = (a.detail - 'plate' - 'plate_color' - 'name' - 'known_as')
                  #- '{before,name}' #- '{after,name}' #- '{before,known_as}' #- '{after,known_as}',
         subject = case when a.subject like 'driver:%' then 'driver' else a.subject end,
         actor = case when a.action in ('plate.link', 'plate.unlink', 'plate.claim', 'account.close', 'account.export')
                      then 'account:' || a.owner_id else a.actor end
   where a.owner_id = any(gone);
  update account set forgotten_at = _now where id = any(gone);
  return cardinality(gone);
end $$;

CREATE FUNCTION forget_ended_links(_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  gone int;
begin
  delete from account_plate p
   using account a, forgetting f
   where a.id = p.account_id and f.what = 'ended_link' and p.unlinked_at <= least(_now, now())
     and (a.status = 'closed' or p.unlinked_at < least(_now, now()) - make_interval(months => f.keep_months));
  get diagnostics gone = row_count;
  return gone;
end $$;

CREATE FUNCTION forget_ended_rights(_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  gone int;
  more int;
  unused int;
  lapsed int;
  over uuid[];
begin
  delete from exempt_vehicle v using forgetting f
   where f.what = 'ended_right' and v.valid_until < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics gone = row_count;
  delete from ban b using forgetting f
   where f.what = 'ended_ban' and b.valid_until < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics more = row_count;
  delete from booking b using forgetting f
   where f.what = 'ended_right' and b.ends_at < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics unused = row_count;
  delete from coupon c using forgetting f
   where f.what = 'ended_right' and least(c.valid_until, c.ended_at) < least(_now, now()) - make_interval(months => f.keep_months)
     and not exists (select 1 from coupon_use u where u.coupon_id = c.id);
  get diagnostics lapsed = row_count;
  select array_agg(p.id) into over
    from parking_pass p, forgetting f
   where f.what = 'ended_right'
     and least(p.valid_through, p.ended_through) < (least(_now, now()) - make_interval(months => f.keep_months))::date;
  delete from pass_vehicle where pass_id = any(over);
  delete from parking_pass where id = any(over);
  return gone + more + unused + lapsed + coalesce(cardinality(over), 0);
end $$;

CREATE FUNCTION grow(_table text, _keep_months integer DEFAULT NULL::integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  insert into growing_table (name, keep_months) values (_table, _keep_months);
  execute format('create table %I partition of %I default', _table || '_default', _table);
  -- An invariant watches that nothing stays there.
  execute format('grant select on %I to onelot_service', _table || '_default');
end $$;

CREATE FUNCTION guard_partition(_table text, _partition text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  guard record;
begin
  for guard in
    select tgname as name, pg_get_triggerdef(oid) as text, tgenabled as fires from pg_trigger
     where tgrelid = to_regclass(_table) and not tgisinternal and tgtype & 1 = 0
  loop
    execute regexp_replace(guard.text, ' ON \S+ ', format(' ON %I ', _partition));
    if guard.fires = 'A' then
      execute format('alter table %I enable always trigger %I', _partition, guard.name);
    end if;
  end loop;
end $$;

CREATE FUNCTION guard_published() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  if tg_op = 'TRUNCATE' or old.state = 'published' then
    raise exception 'a published tariff stays as it is; register a new version' using errcode = '23514';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$;

CREATE FUNCTION id_first(_id uuid) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (("left"((_id)::text, 13) || '-0000-0000-000000000000'::text))::uuid;

CREATE FUNCTION id_floor(_at timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ((lpad(to_hex(((EXTRACT(epoch FROM _at) * (1000)::numeric))::bigint), 12, '0'::text) || repeat('0'::text, 20)))::uuid;

CREATE FUNCTION id_instant(_id uuid) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN to_timestamp((((((('x'::text || "left"(replace((_id)::text, '-'::text, ''::text), 12)))::bit(48))::bigint)::numeric / 1000.0))::double precision);

CREATE FUNCTION id_last(_id uuid) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (("left"((_id)::text, 13) || '-ffff-ffff-ffffffffffff'::text))::uuid;

CREATE FUNCTION lock_wallets(_owner bigint[]) RETURNS TABLE(owner_id bigint, available_fen bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  perform 1 from balance b where b.owner_id = any(_owner) order by b.owner_id, b.book for update;
  return query select b.owner_id, b.credits - b.debits from balance b where b.owner_id = any(_owner) and b.book = 'wallet';
end $$;

CREATE FUNCTION lot_called(_code text) RETURNS integer
    LANGUAGE plpgsql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  return coalesce((select l.id from lot l where l.code = _code), (select f.lot_id from former_lot_code f where f.code = _code));
end $$;

CREATE FUNCTION open_balances(_owner bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  insert into balance (owner_id, book) select _owner, k.book from book k where k.mode = 'row' on conflict do nothing;
end $$;

CREATE FUNCTION opened_from_afar(_lot integer, _read uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  perform 1 from gateway_command c
   where c.lot_id = _lot and c.fact_id = _read and c.because = 'remote_open' and c.outcome = 'done' limit 1;
  return found;
end $$;

COMMENT ON FUNCTION opened_from_afar(_lot integer, _read uuid) IS 'Whether a person opened a lane from afar for the car of a read, and its gateway did so.';

CREATE FUNCTION post(_owner bigint[], _id uuid[], _kind journal_kind[], _ref uuid[], _lot integer[], _date date[], _reverses uuid[], _now timestamp with time zone, _journal integer[], _debit_owner bigint[], _debit_book ledger_book[], _credit_owner bigint[], _credit_book ledger_book[], _amount bigint[]) RETURNS TABLE(n integer, replayed boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET "onelot.posting" TO 'on'
    AS $$
declare
  platform constant bigint := 1;
  days_ahead_max constant int := 62;
  journals int := coalesce(cardinality(_id), 0);
  transfers int := coalesce(cardinality(_journal), 0);
  xact xid8 := pg_current_xact_id();
  subject text;
  channels bigint[];
  named int[];
  mixed boolean := false;
  operators bigint[];
  amounts bigint[];
  made timestamptz;
  some_named int[];
  some_operators bigint[];
  some_amounts bigint[];
  some_made timestamptz;
  prints bytea[];
  allowed boolean;
  days bigint[];
  reversing boolean;
  fresh boolean[];
  moved_owners bigint[];
  moved_books ledger_book[];
  moved_debits bigint[];
  moved_credits bigint[];
  touched int;
begin
  if journals = 0 and transfers = 0 then return; end if;
  if (cardinality(_owner), cardinality(_kind), cardinality(_ref), cardinality(_lot), cardinality(_date), cardinality(_reverses))
       is distinct from (journals, journals, journals, journals, journals, journals)
     or (cardinality(_debit_owner), cardinality(_debit_book), cardinality(_credit_owner), cardinality(_credit_book), cardinality(_amount))
       is distinct from (transfers, transfers, transfers, transfers, transfers) then
    raise exception 'arrays of one group differ in length' using errcode = '23514';
  end if;
  if exists (select 1 from unnest(_journal) j where j is null or j not between 1 and journals) then
    raise exception 'a transfer without a journal' using errcode = '23514';
  end if;

  -- What the journals name: who owns them, whom they concern, how much it is about, and since when it is known.
  for subject in select distinct r.about from journal_rule r where r.kind = any(_kind) loop
    case subject
    when 'charge' then
      -- Billed and withdrawn is what it cost at first, paid what the last attempt paid of it.
      select array_agg(f.k order by f.k), array_agg(c.operator_id order by f.k),
             array_agg(case when f.kind = 'charge_paid' then
                         (select a.paid_fen from attempt a
                           where a.shard = c.lot_id and a.payable_id = c.id and a.id = c.paid_attempt_id)
                       else c.first_fen end order by f.k),
             max(c.created_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _lot, _owner) with ordinality f (kind, ref, lot, owner, k)
        join journal_rule r on r.kind = f.kind and r.about = 'charge'
        join charge c on c.lot_id = f.lot and c.id = f.ref and coalesce(c.account_id, c.operator_id) = f.owner;
    when 'adjustment' then
      select array_agg(f.k order by f.k), array_agg(c.operator_id order by f.k),
             array_agg(case f.kind when 'charge_lowered' then -d.owed_fen else d.owed_fen end order by f.k), max(d.made_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _lot, _owner) with ordinality f (kind, ref, lot, owner, k)
        join journal_rule r on r.kind = f.kind and r.about = 'adjustment'
        join charge_adjustment d on d.lot_id = f.lot and d.id = f.ref and d.charge_id between id_first(f.ref) and id_last(f.ref)
        join charge c on c.lot_id = d.lot_id and c.id = d.charge_id and coalesce(c.account_id, c.operator_id) = f.owner;
    when 'refund' then
      select array_agg(f.k order by f.k), array_agg(c.operator_id order by f.k), array_agg(d.amount_fen order by f.k), max(d.created_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _lot, _owner) with ordinality f (kind, ref, lot, owner, k)
        join journal_rule r on r.kind = f.kind and r.about = 'refund'
        join refund d on d.shard = f.lot and d.id = f.ref and d.payable_id between id_first(f.ref) and id_last(f.ref)
                     and d.dispute_id is null
        join charge c on c.lot_id = d.shard and c.id = d.payable_id and coalesce(c.account_id, c.operator_id) = f.owner;
    when 'return' then
      select array_agg(f.k order by f.k), array_agg(c.operator_id order by f.k), array_agg(d.amount_fen order by f.k), max(d.created_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _lot, _owner) with ordinality f (kind, ref, lot, owner, k)
        join journal_rule r on r.kind = f.kind and r.about = 'return'
        join refund d on d.shard = coalesce(f.lot, f.owner) and d.id = f.ref
                     and d.payable_id between id_first(f.ref) and id_last(f.ref) and d.dispute_id is not null
        left join charge c on c.lot_id = f.lot and c.id = d.payable_id
       where coalesce(c.account_id, c.operator_id, d.shard) = f.owner and (c.id is null) = (f.lot is null);
    when 'top_up' then
      select array_agg(f.k order by f.k), array_agg(null::bigint order by f.k), array_agg(u.amount_fen order by f.k), max(u.created_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _owner) with ordinality f (kind, ref, owner, k)
        join journal_rule r on r.kind = f.kind and r.about = 'top_up'
        join top_up u on u.account_id = f.owner and u.id = f.ref;
    when 'dispute' then
      select array_agg(f.k order by f.k), array_agg(c.operator_id order by f.k), array_agg(d.held_fen order by f.k), max(d.opened_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _lot, _owner) with ordinality f (kind, ref, lot, owner, k)
        join journal_rule r on r.kind = f.kind and r.about = 'dispute'
        join dispute d on d.shard = coalesce(f.lot, f.owner) and d.id = f.ref
        left join charge c on d.payable = 'charge' and c.lot_id = f.lot and c.id = d.payable_id
       where coalesce(c.account_id, c.operator_id, d.shard) = f.owner
         and (c.id is null) = (f.lot is null) and (c.id is null) = (d.payable <> 'charge');
    when 'settlement' then
      select array_agg(f.k order by f.k), array_agg(s.operator_id order by f.k), array_agg(s.platform_fee_fen order by f.k), max(s.settled_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _owner, _date) with ordinality f (kind, ref, owner, day, k)
        join journal_rule r on r.kind = f.kind and r.about = 'settlement'
        join settlement s on s.operator_id = f.owner and s.business_date = f.day and s.id = f.ref;
    when 'journal' then
      select array_agg(f.k order by f.k), array_agg(j.operator_id order by f.k), array_agg(null::bigint order by f.k), max(j.recorded_at)
        into some_named, some_operators, some_amounts, some_made
        from unnest(_kind, _ref, _lot, _owner, _reverses) with ordinality f (kind, ref, lot, owner, reverses, k)
        join journal_rule r on r.kind = f.kind and r.about = 'journal'
        join journal j on j.owner_id = f.owner and j.id = f.ref and j.id = f.reverses and j.lot_id is not distinct from f.lot;
    end case;
    made := greatest(made, some_made);
    if named is null then
      named := some_named; operators := some_operators; amounts := some_amounts;
    else
      named := named || some_named; operators := operators || some_operators; amounts := amounts || some_amounts;
      mixed := true;
    end if;
  end loop;
  if cardinality(named) is distinct from journals then
    raise exception 'a journal names nothing that exists, or is not its owner''s' using errcode = '23514';
  end if;
  if mixed then
    select array_agg(f.operator order by f.k), array_agg(f.amount order by f.k) into operators, amounts
      from unnest(named, operators, amounts) f (k, operator, amount);
  end if;

  -- The fingerprint covers everything the caller says but the day, which stands beside it.
  channels := array(select owner_id from channel);
  select array_agg(sha256(convert_to(concat_ws('|', _kind[k], _ref[k], _lot[k], _reverses[k], legs.text), 'utf8')) order by k),
         count(*) = journals and bool_and(legs.known) and bool_and(not legs.whole or legs.amount = amounts[k]),
         bool_or(legs.reversing)
    into prints, allowed, reversing
    from (select l.j as k, string_agg(concat_ws(',', d_o, d_b, c_o, c_b, a), ';' order by l.at) as text,
                 bool_and(r.reverses = 'anything' or t.kind is not null) as known,
                 sum(a * t.sign) as amount, bool_or(r.whole) as whole, bool_or(r.reverses <> 'nothing') as reversing
            from unnest(_journal, _debit_owner, _debit_book, _credit_owner, _credit_book, _amount)
                 with ordinality l (j, d_o, d_b, c_o, c_b, a, at)
            join journal_rule r on r.kind = _kind[l.j] and (r.reverses = 'nothing') = (_reverses[l.j] is null)
            left join transfer_rule t
              on t.kind = _kind[l.j] and t.debit_book = d_b and t.credit_book = c_b
             and case t.debit_owner
                   when 'driver' then d_o = _owner[l.j] and d_o is distinct from operators[l.j]
                   when 'casual' then d_o = _owner[l.j] and d_o = operators[l.j]
                   when 'operator' then d_o = operators[l.j]
                   when 'channel' then d_o = any(channels)
                   else d_o = platform end
             and case t.credit_owner
                   when 'driver' then c_o = _owner[l.j] and c_o is distinct from operators[l.j]
                   when 'casual' then c_o = _owner[l.j] and c_o = operators[l.j]
                   when 'operator' then c_o = operators[l.j]
                   when 'channel' then c_o = any(channels)
                   else c_o = platform end
           group by l.j) legs;
  if allowed is distinct from true then
    raise exception 'a journal moves what its kind does not allow, or another amount than that of what it names'
      using errcode = '23514';
  end if;

  -- While we hold their rows shared, no day of these operators, or of the city, closes.
  select array_agg(distinct coalesce(o, platform) order by coalesce(o, platform)) into days from unnest(operators) o;
  perform 1 from operator_day d where d.operator_id = any(days) order by d.operator_id for share;
  get diagnostics touched = row_count;
  if touched < cardinality(days) then
    -- The first posting for an operator. Somebody else's first waits here for ours to end.
    insert into operator_day (operator_id) select o from unnest(days) o order by o on conflict do nothing;
    perform 1 from operator_day d where d.operator_id = any(days) order by d.operator_id for share;
  end if;

  insert into journal (owner_id, id, kind, ref, lot_id, operator_id, business_date, occurred_on, recorded_at, fingerprint, reverses, txid)
  select f.owner, f.id, f.kind, f.ref, f.lot, f.operator,
         -- The fee belongs to the day it is kept from, which is closed before it is summed.
         case when f.kind = 'platform_fee' then f.day else greatest(f.day, d.closed_through + 1) end,
         f.day, _now, f.print, f.reverses, xact
    from unnest(_owner, _id, _kind, _ref, _lot, operators, _date, prints, _reverses)
         f (owner, id, kind, ref, lot, operator, day, print, reverses)
    left join operator_day d on d.operator_id = coalesce(f.operator, platform)
   order by f.owner, f.id
  on conflict do nothing;
  get diagnostics touched = row_count;
  if touched = journals then
    fresh := array_fill(true, array[journals]);
  else
    -- Some stood before: those have transfers.
    select array_agg(t.leg is null order by k) into fresh
      from generate_subscripts(_id, 1) k
      left join transfer t on t.owner_id = _owner[k] and t.journal_id = _id[k] and t.leg = 1;
    if exists (select 1
                 from generate_subscripts(_id, 1) k
                 join journal j on j.owner_id = _owner[k] and j.id = _id[k]
                where not fresh[k] and (j.fingerprint <> prints[k] or j.occurred_on <> _date[k])) then
      raise exception 'a journal of this id exists with other content' using errcode = '23505';
    end if;
  end if;

  if _now < made - interval '1 day'
     or exists (select 1
                  from (select distinct f.kind, f.day
                          from unnest(fresh, _kind, _date) f (fresh, kind, day) where f.fresh) f
                  join journal_rule r on r.kind = f.kind
                 where f.day > least((_now at time zone 'UTC')::date + 1, (now() at time zone 'UTC')::date + days_ahead_max)
                    or f.day < (greatest(_now, made) at time zone 'UTC')::date - r.days_back_max) then
    raise exception 'the day of a journal lies too far from what it names' using errcode = '23514';
  end if;

  -- A journal is reversed once, by whatever kind of journal. The lock makes two who reverse the same one take turns.
  if reversing then
    perform 1 from journal j join unnest(_owner, _reverses) as x (o, r) on j.owner_id = x.o and j.id = x.r
     order by j.owner_id, j.id for no key update of j;
    if exists (select 1 from journal j join unnest(_owner, _id, _reverses) as x (o, i, r)
                   on j.owner_id = x.o and j.reverses = x.r and j.id <> x.i) then
      raise exception 'the journal is reversed already' using errcode = '23505';
    end if;
    if exists (
         select 1
           from generate_subscripts(_id, 1) k
           join journal_rule r on r.kind = _kind[k]
           left join journal j on j.owner_id = _owner[k] and j.id = _reverses[k] and j.reverses is null
                              and r.reverses in (j.kind::text, 'anything') and j.operator_id is not distinct from operators[k]
          where r.reverses <> 'nothing' and _reverses[k] is not null
            and (j.id is null
                 or (select array_agg(row(t.credit_owner, t.credit_book, t.debit_owner, t.debit_book, t.amount_fen) order by t.leg)
                       from transfer t where t.owner_id = _owner[k] and t.journal_id = _reverses[k])
                    is distinct from
                    (select array_agg(row(l.d_o, l.d_b, l.c_o, l.c_b, l.a) order by l.at)
                       from unnest(_journal, _debit_owner, _debit_book, _credit_owner, _credit_book, _amount)
                            with ordinality l (j, d_o, d_b, c_o, c_b, a, at)
                      where l.j = k))) then
      raise exception 'what reverses a journal is its exact mirror' using errcode = '23514';
    end if;
  end if;

  insert into transfer (owner_id, journal_id, leg, debit_owner, debit_book, credit_owner, credit_book, amount_fen, txid)
  select _owner[l.j], _id[l.j], row_number() over (partition by l.j order by at), d_o, d_b, c_o, c_b, a, xact
    from unnest(_journal, _debit_owner, _debit_book, _credit_owner, _credit_book, _amount)
         with ordinality l (j, d_o, d_b, c_o, c_b, a, at)
   where fresh[l.j];

  select array_agg(m.o), array_agg(m.k), array_agg(m.dr), array_agg(m.cr) into moved_owners, moved_books, moved_debits, moved_credits
    from (select o, k, sum(dr)::bigint as dr, sum(cr)::bigint as cr
            from (select d_o, d_b, a, 0::bigint from unnest(_journal, _debit_owner, _debit_book, _amount) l (j, d_o, d_b, a) where fresh[l.j]
                  union all
                  select c_o, c_b, 0, a from unnest(_journal, _credit_owner, _credit_book, _amount) l (j, c_o, c_b, a) where fresh[l.j]
                 ) legs (o, k, dr, cr)
            join book on book.book = legs.k and book.mode = 'row'
           group by o, k) m;
  if moved_owners is not null then
    -- Lock first, in one order; an UPDATE … FROM alone promises none.
    perform 1 from balance b join unnest(moved_owners, moved_books) m (o, k) on b.owner_id = m.o and b.book = m.k
     where b.owner_id = any(moved_owners)
     order by b.owner_id, b.book for update of b;
    update balance b set debits = b.debits + m.dr, credits = b.credits + m.cr
      from unnest(moved_owners, moved_books, moved_debits, moved_credits) m (o, k, dr, cr)
     where b.owner_id = m.o and b.book = m.k and b.owner_id = any(moved_owners);
    get diagnostics touched = row_count;
    if touched <> cardinality(moved_owners) then
      raise exception 'a book in row mode has no balance row' using errcode = '23503';
    end if;
  end if;

  return query select k, not fresh[k] from generate_subscripts(_id, 1) k order by k;
end $$;

CREATE FUNCTION same_transaction() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  owners bigint[];
  journals uuid[];
begin
  select array_agg(a.owner_id), array_agg(a.journal_id) into owners, journals
    from (select distinct owner_id, journal_id from added) a;
  if exists (select 1
               from unnest(owners, journals) a (owner_id, id)
               left join journal j on j.owner_id = a.owner_id and j.id = a.id
              where j.txid is distinct from pg_current_xact_id()) then
    raise exception 'a journal takes no transfers after its own transaction' using errcode = '23514';
  end if;
  return null;
end $$;

CREATE FUNCTION stay_led_to(_lot integer, _asked uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  return (
    with recursive led as (
      select s.id, s.merged_into, 1 as step from stay s where s.lot_id = _lot and s.id = _asked
      union all
      select s.id, s.merged_into, l.step + 1
        from led l join stay s on s.lot_id = _lot and s.id = l.merged_into
       where l.step < 20)
    select coalesce(l.merged_into, l.id) from led l order by l.step desc limit 1);
end $$;

COMMENT ON FUNCTION stay_led_to(_lot integer, _asked uuid) IS 'The stay that a number leads to; null: no row is kept of it, as of a vehicle that has been inside since it came.';

CREATE FUNCTION without_times(_lines jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
  return coalesce((select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                            'kind', line->'kind', 'amount_fen', line->'amount_fen', 'units', line->'units',
                            'unit_fen', line->'unit_fen', 'label_zh', line->'label_zh',
                            'label_en', line->'label_en')) order by n)
                     from jsonb_array_elements(_lines) with ordinality each (line, n)), '[]');
end $$;

CREATE TRIGGER audit_waits AFTER INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_waits();

CREATE TRIGGER guard_published BEFORE DELETE OR UPDATE ON tariff FOR EACH ROW EXECUTE FUNCTION guard_published();

CREATE TRIGGER guard_published_whole BEFORE TRUNCATE ON tariff FOR EACH STATEMENT EXECUTE FUNCTION guard_published();

CREATE TRIGGER never_truncated BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION deny();

CREATE TRIGGER never_truncated BEFORE TRUNCATE ON transfer FOR EACH STATEMENT EXECUTE FUNCTION deny();

CREATE TRIGGER only_grows BEFORE DELETE ON charge_adjustment FOR EACH ROW EXECUTE FUNCTION deny();

CREATE TRIGGER only_grows BEFORE DELETE OR UPDATE ON decision FOR EACH ROW EXECUTE FUNCTION deny();

CREATE TRIGGER only_grows BEFORE DELETE OR UPDATE ON device_decision FOR EACH ROW EXECUTE FUNCTION deny();

CREATE TRIGGER only_grows BEFORE DELETE OR UPDATE ON journal FOR EACH ROW EXECUTE FUNCTION deny();

CREATE TRIGGER only_grows BEFORE DELETE OR UPDATE ON transfer FOR EACH ROW EXECUTE FUNCTION deny();

CREATE TRIGGER rate_stays BEFORE DELETE OR UPDATE ON operator_fee FOR EACH ROW EXECUTE FUNCTION deny_settled_rate();

REVOKE ALL ON FUNCTION analyze_grown() FROM PUBLIC;

GRANT ALL ON FUNCTION analyze_grown() TO onelot_service;

REVOKE ALL ON FUNCTION charge_of(_kind journal_kind, _owner bigint, _journal uuid, _lot integer, _ref uuid, _reverses uuid) FROM PUBLIC;

GRANT ALL ON FUNCTION charge_of(_kind journal_kind, _owner bigint, _journal uuid, _lot integer, _ref uuid, _reverses uuid) TO onelot_service;

REVOKE ALL ON FUNCTION close_day(_operator bigint, _date date) FROM PUBLIC;

GRANT ALL ON FUNCTION close_day(_operator bigint, _date date) TO onelot_service;

REVOKE ALL ON FUNCTION create_month_partition(_table text, _month date) FROM PUBLIC;

REVOKE ALL ON FUNCTION create_partitions(_now timestamp with time zone) FROM PUBLIC;

GRANT ALL ON FUNCTION create_partitions(_now timestamp with time zone) TO onelot_service;

REVOKE ALL ON FUNCTION create_partitions_of(_table text, _now timestamp with time zone) FROM PUBLIC;

GRANT ALL ON FUNCTION create_partitions_of(_table text, _now timestamp with time zone) TO onelot_service;

REVOKE ALL ON FUNCTION drop_expired(_table text, _now timestamp with time zone) FROM PUBLIC;

GRANT ALL ON FUNCTION drop_expired(_table text, _now timestamp with time zone) TO onelot_service;

REVOKE ALL ON FUNCTION forget_a_day(_what text, _now timestamp with time zone) FROM PUBLIC;

GRANT ALL ON FUNCTION forget_a_day(_what text, _now timestamp with time zone) TO onelot_service;

REVOKE ALL ON FUNCTION forget_closed_accounts(_now timestamp with time zone) FROM PUBLIC;

GRANT ALL ON FUNCTION forget_closed_accounts(_now timestamp with time zone) TO onelot_service;

REVOKE ALL ON FUNCTION forget_ended_links(_now timestamp with time zone) FROM PUBLIC;

GRANT ALL ON FUNCTION forget_ended_links(_now timestamp with time zone) TO onelot_service;

REVOKE ALL ON FUNCTION forget_ended_rights(_now timestamp with time zone) FROM PUBLIC;

GRANT ALL ON FUNCTION forget_ended_rights(_now timestamp with time zone) TO onelot_service;

REVOKE ALL ON FUNCTION guard_partition(_table text, _partition text) FROM PUBLIC;

REVOKE ALL ON FUNCTION lock_wallets(_owner bigint[]) FROM PUBLIC;

GRANT ALL ON FUNCTION lock_wallets(_owner bigint[]) TO onelot_service;

REVOKE ALL ON FUNCTION open_balances(_owner bigint) FROM PUBLIC;

GRANT ALL ON FUNCTION open_balances(_owner bigint) TO onelot_service;

REVOKE ALL ON FUNCTION opened_from_afar(_lot integer, _read uuid) FROM PUBLIC;

GRANT ALL ON FUNCTION opened_from_afar(_lot integer, _read uuid) TO onelot_service;

REVOKE ALL ON FUNCTION post(_owner bigint[], _id uuid[], _kind journal_kind[], _ref uuid[], _lot integer[], _date date[], _reverses uuid[], _now timestamp with time zone, _journal integer[], _debit_owner bigint[], _debit_book ledger_book[], _credit_owner bigint[], _credit_book ledger_book[], _amount bigint[]) FROM PUBLIC;

GRANT ALL ON FUNCTION post(_owner bigint[], _id uuid[], _kind journal_kind[], _ref uuid[], _lot integer[], _date date[], _reverses uuid[], _now timestamp with time zone, _journal integer[], _debit_owner bigint[], _debit_book ledger_book[], _credit_owner bigint[], _credit_book ledger_book[], _amount bigint[]) TO onelot_service;

REVOKE ALL ON FUNCTION stay_led_to(_lot integer, _asked uuid) FROM PUBLIC;

GRANT ALL ON FUNCTION stay_led_to(_lot integer, _asked uuid) TO onelot_service;
