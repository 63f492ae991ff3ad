-- Drivers sign in by a code that their phone is sent: whose phone it is, and the codes that are out.

create table account_phone (
  account_id bigint primary key references account (id),
  phone      text not null unique,
  since      timestamptz not null,
  constraint phone_has_its_form check (phone ~ '^\+861[3-9][0-9]{9}$')
);
comment on table account_phone is 'By which phone a driver signs in. It is forgotten when the account is closed.';
comment on column account_phone.since is 'When its holder showed for the first time that it is theirs.';
grant select, insert, delete on account_phone to onelot_service;

create table phone_code (
  id         uuid primary key,
  phone      text not null,
  browser    bytea not null,
  address    bytea not null,
  language   text not null,
  seed       bytea not null,
  asked_at   timestamptz not null,
  ends_at    timestamptz not null,
  ended_at   timestamptz,
  tries      int not null default 0,
  send_at    timestamptz,
  sends      int not null default 0,
  sent_at    timestamptz,
  send_error text,
  constraint code_phone_has_its_form check (phone ~ '^\+861[3-9][0-9]{9}$')
);
create unique index phone_code_open on phone_code (phone) where ended_at is null;
create index phone_code_of_phone on phone_code (phone, asked_at);
create index phone_code_of_address on phone_code (address, asked_at);
create index phone_code_to_send on phone_code (send_at) where send_at is not null;
create index phone_code_old on phone_code (asked_at);
comment on table phone_code is 'Codes by which drivers sign in, for a day. The code stands nowhere: it follows from seed by a key of the service.';
comment on column phone_code.browser is 'SHA-256 of what the browser holds that asked; no other may say the code.';
comment on column phone_code.address is 'SHA-256 of the address that asked.';
comment on column phone_code.ended_at is 'When it was used, or another took its place; null: it is the open one of the phone.';
comment on column phone_code.tries is 'How often a code was said for it.';
comment on column phone_code.send_at is 'When it is tried next to send it; null: it is sent, given up, or shown on a page.';
grant select, insert, delete on phone_code to onelot_service;
grant update (ended_at, tries, send_at, sends, sent_at, send_error) on phone_code to onelot_service;
