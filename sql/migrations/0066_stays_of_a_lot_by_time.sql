-- The stays of a lot are looked up by when they ended, however many there are. Made on the table alone; `migrate` makes the
-- part of each month afterwards, one after the other, while everybody goes on writing.

create index stay_by_time on only stay (lot_id, last_at, id);
