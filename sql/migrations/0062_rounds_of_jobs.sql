-- Of a job it is kept how its last rounds went.

alter table job
  add column begun_at timestamptz,
  add column took_s double precision,
  add column failures integer not null default 0,
  add column failed_at timestamptz,
  add column error text,
  add constraint an_error_has_its_time check ((error is null) = (failed_at is null));
comment on column job.begun_at is 'When the last round began.';
comment on column job.took_s is 'How long the last round that ended took, well or not, in seconds.';
comment on column job.failures is 'How many rounds have failed since one ended well.';
comment on column job.error is 'Why the last round that failed did, without whole plates; it failed at failed_at.';
