-- What came with a decision is looked up by that.
create index decision_by_with on only decision (lot_id, with_id) where with_id is not null;
