-- People sign in to pages: accounts of staff, sessions of staff and of drivers, and what was tried in vain.

create table staff (
  id             int generated always as identity primary key,
  login          text not null unique,
  name           text not null,
  audience       text not null,
  operator_id    bigint references operator (id),
  lot_id         int references lot (id),
  password_hash  text,
  code_hash      bytea,
  code_until     timestamptz,
  totp_secret    text,
  totp_confirmed boolean not null default false,
  totp_step      bigint not null default 0,
  disabled_at    timestamptz,
  disabled_by    text,
  created_at     timestamptz not null,
  created_by     text not null,
  constraint login_has_its_form check (login ~ '^[a-z0-9][a-z0-9._-]{1,63}$'),
  constraint code_is_whole check ((code_hash is null) = (code_until is null)),
  constraint disabled_is_whole check ((disabled_at is null) = (disabled_by is null))
);
comment on table staff is 'Who may sign in to the pages of staff, as whom, and for which operator or lot.';
comment on column staff.password_hash is 'Argon2id; null: nobody has chosen a password yet.';
comment on column staff.code_hash is 'SHA-256 of the code by which a password is chosen, once, until code_until.';
comment on column staff.totp_step is 'The last step of time whose code was taken: no code is taken twice.';
grant select, insert on staff to onelot_service;
grant update (name, password_hash, code_hash, code_until, totp_secret, totp_confirmed, totp_step, disabled_at, disabled_by)
  on staff to onelot_service;

create table session (
  token_hash bytea primary key,
  staff_id   int references staff (id),
  account_id bigint references account (id),
  begun_at   timestamptz not null,
  seen_at    timestamptz not null,
  ends_at    timestamptz not null,
  address    text not null,
  agent      text not null,
  constraint session_is_of_one check (num_nonnulls(staff_id, account_id) = 1)
);
create index session_of_staff on session (staff_id) where staff_id is not null;
create index session_of_account on session (account_id) where account_id is not null;
create index session_ended on session (ends_at);
comment on table session is 'Browsers in which somebody is signed in. What the browser holds is kept as a hash.';
comment on column session.seen_at is 'When a page was asked for last, to the minute.';
grant select, insert, delete on session to onelot_service;
grant update (seen_at) on session to onelot_service;

create table sign_in_failure (
  who      bytea primary key,
  failures int not null,
  last_at  timestamptz not null
);
create index sign_in_failure_old on sign_in_failure (last_at);
comment on table sign_in_failure is 'How often signing in failed lately, by login and by address; both as hashes.';
grant select, insert, update, delete on sign_in_failure to onelot_service;
