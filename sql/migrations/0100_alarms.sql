-- What somebody of the city has to see, and what became of it.

create table alarm (
  lot_id          int not null references lot (id),
  id              uuid not null,
  kind            text not null,
  gateway_id      int references gateway (id),
  raised_at       timestamptz not null,
  gone_at         timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text,
  dispatched_at   timestamptz,
  dispatched_by   text,
  dispatched_to   text,
  resolved_at     timestamptz,
  resolved_by     text,
  note            text,
  primary key (lot_id, id),
  constraint acknowledged_is_whole check ((acknowledged_at is null) = (acknowledged_by is null)),
  constraint dispatched_is_whole check (num_nulls(dispatched_at, dispatched_by, dispatched_to) in (0, 3)),
  constraint dispatched_was_seen check (dispatched_at is null or acknowledged_at is not null),
  constraint resolved_is_whole check (num_nulls(resolved_at, resolved_by, note) in (0, 3))
);
create unique index alarm_of_one_cause on alarm (lot_id, kind, coalesce(gateway_id, 0)) where gone_at is null;
create index alarm_by_id on alarm (id);
create index alarm_of_gateway on alarm (gateway_id) where gateway_id is not null;
comment on table alarm is 'What somebody of the city has to see: raised while its cause lasts, until somebody resolves it.';
comment on column alarm.gone_at is 'When its cause was first seen to be gone; the same cause after that is another alarm.';
comment on column alarm.resolved_by is 'Who resolved it; ''facts'': nobody had seen it when its cause was gone.';
grant select, insert, update, delete on alarm to onelot_service;
