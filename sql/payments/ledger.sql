-- The books. Writing goes through post() alone.

-- name: post
select n, replayed
  from post($1::bigint[], $2::uuid[], $3::journal_kind[], $4::uuid[], $5::int[], $6::date[], $7::uuid[], $8::timestamptz,
            $9::int[], $10::bigint[], $11::ledger_book[], $12::bigint[], $13::ledger_book[], $14::bigint[])

-- name: lock_wallets
select owner_id, available_fen from lock_wallets($1::bigint[])

-- name: balances_of
select book, debits, credits from balance where owner_id = $1

-- name: journals_of_day
-- Keyset pages by (owner_id, id); $5 limits to one operator.
select j.owner_id, j.id, j.kind, j.ref, j.lot_id, j.operator_id, j.business_date, j.occurred_on, j.recorded_at, j.reverses,
       (select json_agg(json_build_object('debit_owner', t.debit_owner, 'debit_book', t.debit_book,
                                          'credit_owner', t.credit_owner, 'credit_book', t.credit_book,
                                          'amount_fen', t.amount_fen) order by t.leg)
          from transfer t where t.owner_id = j.owner_id and t.journal_id = j.id)::text as transfers
  from journal j
 where j.business_date = $1
   and ($2::bigint is null or (j.owner_id, j.id) > ($2, $3::uuid))
   and ($5::bigint is null or j.operator_id = $5)
 order by j.owner_id, j.id
 limit $4
