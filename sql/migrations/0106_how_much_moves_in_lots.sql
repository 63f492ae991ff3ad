-- Whether a lot is silent depends on how much usually moves in it; what was computed before says nothing of that.
alter table lot_usual add column moves int[];
comment on column lot_usual.moves is 'By how many the free spaces change until the next quarter of an hour: the middle of the days; null: as above.';
