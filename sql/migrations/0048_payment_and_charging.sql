-- What a lot knows of a visit beside its reads: how the driver pays, and when the vehicle was charged.

create table paid_by (
  lot_id  int not null,
  fact_id uuid not null,
  word    text not null constraint word_is_some check (word <> ''),
  primary key (lot_id, fact_id)
) partition by range (fact_id);
select grow('paid_by', 37);
select create_month_partition('paid_by', month)
  from (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent = 'stay'::regclass) made;
comment on table paid_by is 'The method of payment that a gate named with an exit; it goes with the stay that the event is part of.';
grant select, insert on paid_by to onelot_service;

create table charging_session (
  lot_id      int not null,
  id          uuid not null,
  session     text not null,
  plate       text not null,
  plate_color plate_color not null,
  started_at  timestamptz not null,
  ended_at    timestamptz,
  bay         text not null default '',
  energy_wh   int,
  told_at     timestamptz not null,
  told_by     text not null,
  primary key (lot_id, id),
  constraint ends_after_it_starts check (ended_at >= started_at),
  constraint energy_not_negative check (energy_wh >= 0)
) partition by range (id);
create index charging_session_of_vehicle on charging_session (lot_id, plate, plate_color, started_at);
create index charging_session_by_name on charging_session (lot_id, session, id);
select grow('charging_session', 37);
select create_month_partition('charging_session', month)
  from (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent = 'stay'::regclass) made;
comment on table charging_session is 'When vehicles were charged, as the lot said. It only grows: of what is said of one session the last counts.';
comment on column charging_session.session is 'What the lot calls the session.';
comment on column charging_session.ended_at is 'Null: it goes on.';
grant select, insert on charging_session to onelot_service;
