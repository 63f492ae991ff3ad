-- Drivers' accounts and the plates they pay for.

create type plate_color as enum ('blue', 'yellow', 'green', 'yellow_green', 'white', 'black', 'unknown');
create type account_status as enum ('active', 'suspended');

create table account (
  id         bigint primary key default nextval('owner_id'),
  name       text not null default '',
  status     account_status not null default 'active',
  created_at timestamptz not null
);
comment on table account is 'A driver who pays (车主账户). Its id is an owner in the ledger; the wallet is a balance there.';

-- One payer per plate. Who holds it keeps it until they or staff release it; the audit trail knows the earlier ones.
create table account_plate (
  plate       text not null,
  plate_color plate_color not null,
  account_id  bigint not null references account,
  linked_at   timestamptz not null,
  primary key (plate, plate_color)
);
create index account_plate_of_account on account_plate (account_id);
comment on table account_plate is 'Which account pays for a plate. A plate is its text and its colour: the same text on blue and on yellow is two vehicles.';

create table audit (
  owner_id bigint not null,
  id       uuid not null,
  at       timestamptz not null,
  actor    text not null,
  action   text not null,
  subject  text not null,
  detail   jsonb not null default '{}',
  primary key (owner_id, id)
) partition by range (id);
select grow('audit');
comment on table audit is 'Who did what, when: every change a person or a key made outside the flow of events. It only grows.';

grant select, insert, update on account to onelot_service;
grant select, insert, update, delete on account_plate to onelot_service;
grant select, insert on audit to onelot_service;
