-- All reads by a ticket are merged with its plate, those that do not count too.
create index gate_event_by_ticket on only gate_event (lot_id, plate) where plate like '票%';
