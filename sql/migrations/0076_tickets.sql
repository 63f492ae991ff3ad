-- Tickets that the service hands out: what a vehicle without a plate goes by, and whose plate it was then.

create table ticket (
  lot_id      int not null,
  id          uuid not null,
  gateway_id  int not null,
  event_id    text not null,
  lane_id     int not null,
  number      text not null,
  issued_at   timestamptz not null,
  plate       text,
  plate_color plate_color,
  claimed_at  timestamptz,
  claimed_by  text,
  primary key (lot_id, id),
  constraint claimed_is_whole check (num_nulls(plate, plate_color, claimed_at, claimed_by) in (0, 4))
) partition by range (id);
create index ticket_by_event on ticket (lot_id, gateway_id, event_id, id);
create index ticket_by_number on ticket (lot_id, number, id);
select grow('ticket', 13);
select create_month_partition('ticket', month)
  from (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent = 'gate_event'::regclass) made;
comment on table ticket is 'A ticket (无牌车凭证) that was handed out at a lane, and the plate that it was merged with.';
comment on column ticket.event_id is 'The gateway''s own number of what it asked by: asked again, it is the same ticket.';
comment on column ticket.number is 'Random, and unguessable: whoever holds it may say whose it is.';
comment on column ticket.claimed_by is 'Who said that it is of this plate, as the audit log names them.';
grant select, insert on ticket to onelot_service;
grant update (plate, plate_color, claimed_at, claimed_by) on ticket to onelot_service;
