-- Cash that an operator took at its own booths stands in a book of its own: the operator has that money already.

alter type ledger_book add value if not exists 'cash';
comment on type ledger_book is 'The chart of accounts; the table book describes it.';
