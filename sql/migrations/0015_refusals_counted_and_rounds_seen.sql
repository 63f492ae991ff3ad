-- What a gateway may leave behind in a day has an end, and whether the worker works can be seen in the database.

create table refused_count (
  lot_id     int not null,
  gateway_id int not null,
  day        date not null,
  refused    bigint not null constraint refused_positive check (refused > 0),
  primary key (lot_id, gateway_id)
);
comment on table refused_count is 'How many events of a gateway were refused on the last day (UTC) on which some were. The first of a day are kept as refused_event, the rest is only counted here.';
grant select, insert, update on refused_count to onelot_service;

alter table job
  add column every_s double precision,
  add column done_at timestamptz;
comment on column job.every_s is 'How long after the beginning of a round the next one is due, in seconds.';
comment on column job.done_at is 'When a round last ended well. A job that is not being done and has not been for long says that the worker is dead or fails.';
