-- Who says that what follows from a read is right, pairs it or lets its vehicle out does not say whether it passed: that
-- follows from its passage, whichever of the two is told first.

alter table decision alter column counts drop not null;
alter table decision drop constraint counts_as_its_kind_says, drop constraint void_counts_no_more;
alter table decision add constraint counts_as_its_kind_says check (counts is true or kind not in ('plate', 'manual_entry'));
alter table decision add constraint void_counts_no_more check (counts is false or kind <> 'void');
comment on column decision.counts is 'Whether a vehicle passed there; null: no decision that holds says so, and it counts as it came or as its passage says.';
