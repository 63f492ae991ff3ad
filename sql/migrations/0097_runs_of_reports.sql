-- Reports that take longer than anybody waits, and those that come by themselves. Their files lie in a folder; what is here says
-- how far each is, and whether it was delivered.
create type report_run_state as enum ('waiting', 'running', 'done', 'failed');

create table report_schedule (
  owner_id   bigint not null,
  id         uuid not null,
  report     text not null,
  form       text not null,
  language   text not null check (language in ('zh', 'en')),
  asked      jsonb not null,
  every      text not null check (every in ('day', 'week', 'month')),
  way        text check (way in ('mail', 'webhook')),
  address    text,
  made_by    text not null,
  made_at    timestamptz not null,
  through    date not null,
  ended_at   timestamptz,
  constraint mail_has_an_address check ((way is not distinct from 'mail') = (address is not null)),
  primary key (owner_id, id)
);
comment on table report_schedule is 'Reports that are made by themselves when their days are over, until ended_at.';
comment on column report_schedule.owner_id is 'The operator whose figures they have; the platform (1) for those of all.';
comment on column report_schedule.through is 'The last day of the last report that was asked for by it.';
comment on column report_schedule.way is 'How a report is delivered; null: it lies in the folder.';
grant select, insert, update (through, ended_at) on report_schedule to onelot_service;

create table report_run (
  owner_id       bigint not null,
  id             uuid not null,
  report         text not null,
  form           text not null,
  language       text not null check (language in ('zh', 'en')),
  asked          jsonb not null,
  asked_by       text not null,
  asked_at       timestamptz not null,
  state          report_run_state not null default 'waiting',
  tries          int not null default 0,
  begun_at       timestamptz,
  ended_at       timestamptz,
  rows_made      bigint not null default 0,
  size_bytes          bigint,
  sha256         bytea,
  file           text,
  error          text,
  schedule_id    uuid,
  way            text check (way in ('mail', 'webhook')),
  address        text,
  deliver_at     timestamptz,
  deliver_tries  int not null default 0,
  delivered_at   timestamptz,
  deliver_error  text,
  constraint done_has_a_file check ((state = 'done') = (file is not null and size_bytes is not null and sha256 is not null)),
  constraint ended_is_over check ((ended_at is not null) = (state in ('done', 'failed'))),
  primary key (owner_id, id)
);
create index report_run_waiting on report_run (asked_at) where state in ('waiting', 'running');
create index report_run_to_deliver on report_run (deliver_at) where deliver_at is not null;
create index report_run_by_id on report_run (id);
comment on table report_run is 'A report that was asked for and made beside everything else: how far it is, and its file.';
comment on column report_run.owner_id is 'The operator whose figures it has; the platform (1) for those of all.';
comment on column report_run.file is 'Its name in the folder of reports.';
comment on column report_run.deliver_at is 'When it is tried to be delivered next; null: not any more.';
grant select, insert, delete, update (state, tries, begun_at, ended_at, rows_made, size_bytes, sha256, file, error, deliver_at, deliver_tries,
                              delivered_at, deliver_error) on report_run to onelot_service;
