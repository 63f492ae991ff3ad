-- What a lot does with vehicles whose entry was read with another text and is only probably their own.

create type probable_match as enum ('open', 'hold');

alter table lot add column probable_match probable_match not null default 'open';
comment on column lot.probable_match is 'From the beginning on; what it does later stands in lot_probable_match.';

create table lot_probable_match (
  lot_id         int not null references lot,
  valid_from     timestamptz not null,
  probable_match probable_match not null,
  primary key (lot_id, valid_from)
);
comment on table lot_probable_match is 'Whether the barriers of a lot open for a probable match from an instant on, or hold its vehicle until a person has looked; until the first it does as lot says.';

grant select, insert, update (probable_match) on lot_probable_match to onelot_service;
