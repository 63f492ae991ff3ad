-- A transfer moves money between two books; who adds up a book wants both of its sides as rows.

create view leg as
select debit_owner as owner_id, debit_book as book, amount_fen as debit_fen, 0::bigint as credit_fen from transfer
union all
select credit_owner, credit_book, 0::bigint, amount_fen from transfer;
comment on view leg is 'Both sides of every transfer, each by the owner and the book that it moves.';
grant select on leg to onelot_service;
