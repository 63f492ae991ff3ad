-- A lot that never sent anything is unknown and not empty, and one that is silent is not known any more.
alter table lot_occupancy add column heard_at timestamptz;
update lot_occupancy set heard_at = updated_at where version > 0;
comment on column lot_occupancy.heard_at is 'When the lot last sent anything: events, counts, or heartbeats of its gateways. Null: never.';
