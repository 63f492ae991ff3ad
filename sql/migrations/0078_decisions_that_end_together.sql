-- What one person decides at once comes to several decisions, and is undone at once. That a read was of the plate that its
-- ticket was merged with is a decision of its own, which ends with the merging.

alter type decision_kind add value if not exists 'ticket' after 'plate';

alter table decision add column with_id uuid;
comment on column decision.about_id is 'pair: the entry that the exit belongs to; manual_entry, manual_exit: the read or the passage for which it was made; ticket: that.';
comment on column decision.with_id is 'The decision that was asked for, where this one came with it: whoever undoes that one undoes this one.';
