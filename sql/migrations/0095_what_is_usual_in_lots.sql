-- How full a lot was a quarter of an hour ago nobody knew: only the count of now is kept. What is usual follows from a past.
create table lot_history (
  lot_id  int not null references lot (id),
  at      timestamptz not null,
  free    int not null,
  primary key (lot_id, at),
  constraint free_not_negative check (free >= 0)
);
comment on table lot_history is 'How many spaces of a lot were free at the beginning of each quarter of an hour in which it was heard of. What is too old to be looked at is dropped.';

create type day_kind as enum ('work', 'off');

create table lot_usual (
  lot_id       int not null references lot (id),
  kind         day_kind not null,
  free_low     int[] not null,
  free_median  int[] not null,
  free_high    int[] not null,
  days         int[] not null,
  computed_at  timestamptz not null,
  primary key (lot_id, kind)
);
comment on table lot_usual is 'What is usual in a lot on a kind of day, by its history: an element for each quarter of an hour from midnight by its clock.';
comment on column lot_usual.free_low is 'On a quarter of the days fewer were free; null: it was seen on too few days.';
grant select, insert, delete on lot_history to onelot_service;
grant select, insert, update on lot_usual to onelot_service;
