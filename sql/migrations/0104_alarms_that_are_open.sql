-- Those that nobody has resolved are counted each time that somebody looks at the control room.
create index alarm_open on alarm (lot_id, kind) where resolved_at is null;
