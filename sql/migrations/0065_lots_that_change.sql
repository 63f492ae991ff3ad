-- How many spaces a lot has, and whether it is closed, from an instant on.

create table lot_capacity (
  lot_id     int not null references lot,
  valid_from timestamptz not null,
  capacity   int not null check (capacity > 0),
  primary key (lot_id, valid_from)
);
comment on table lot_capacity is 'How many spaces a lot has from an instant on; until the first it has those of lot.';
comment on column lot.capacity is 'From the beginning on; later ones stand in lot_capacity.';

create table lot_closure (
  lot_id     int not null references lot,
  valid_from timestamptz not null,
  is_closed  boolean not null,
  primary key (lot_id, valid_from)
);
comment on table lot_closure is 'From when on a lot is closed, or open again; until the first it is open. Nobody is let into one that is closed.';

grant select, insert on lot_capacity, lot_closure to onelot_service;

alter type case_reason add value if not exists 'closed';
