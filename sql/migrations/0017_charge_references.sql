-- What a stranger has of a charge is a reference of random bits. The identifier says lot and moment and follows from the
-- stay's, so it stays inside.

alter table charge add column reference uuid not null default gen_random_uuid();
alter table charge alter column reference drop default;
-- The month of a charge is not in its reference, so every month is looked at; each has a small index.
create index charge_by_reference on charge (reference);
comment on column charge.reference is 'What whoever may pay it has of it (122 random bits); it tells neither lot nor moment.';

alter table charge add column place_hidden boolean not null default false;
comment on column charge.place_hidden is 'Its driver sees the amount and neither lot nor times: the stay began before the plate was linked, or the link is contested.';
grant update (place_hidden) on charge to onelot_service;

alter table gate_event add column charge_reference uuid;
comment on column gate_event.charge_reference is 'What the lane was answered for the driver to pay by, so that a repeat is answered alike.';
-- Repeats are recognised for forty days.
update gate_event e set charge_reference = c.reference
  from charge c
 where e.id >= id_floor(now() - interval '41 days') and e.payment in ('pay_at_gate', 'will_be_charged')
   and c.lot_id = e.lot_id and c.stay_id = e.stay_id;
