-- A lot's own list of the plates inside is held against the cars that are inside for us; cash is before a person.

alter type case_reason add value if not exists 'plates_inside_differ';
alter type case_reason add value if not exists 'cash_taken';

alter table device_fact add column found jsonb;
comment on column device_fact.found is 'Of a list of plates: which cars are inside for us and not on it, and which are on it and not inside for us.';
