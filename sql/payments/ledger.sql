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
-- Keyset pages by (owner_id, id); $5 and $6 limit to one operator, by number and by code.
select j.owner_id, j.id, j.kind, j.ref, j.lot_id, j.operator_id, o.code as operator, c.reference as charge_reference,
       j.business_date, j.occurred_on, j.recorded_at, j.reverses,
       (select json_agg(json_build_object('debit_owner', t.debit_owner, 'debit_book', t.debit_book,
                                          'credit_owner', t.credit_owner, 'credit_book', t.credit_book,
                                          'amount_fen', t.amount_fen) order by t.leg)
          from transfer t where t.owner_id = j.owner_id and t.journal_id = j.id)::text as transfers
  from (select b.owner_id, b.id, b.kind, b.ref, b.lot_id, b.operator_id, b.business_date, b.occurred_on, b.recorded_at,
               b.reverses, charge_of(b.kind, b.owner_id, b.id, b.lot_id, b.ref, b.reverses) as charge_id
          from journal b
         where b.business_date = $1
           and ($2::bigint is null or (b.owner_id, b.id) > ($2, $3::uuid))
           and ($5::bigint is null or b.operator_id = $5)
           and ($6::text is null or b.operator_id = (select code.id from operator code where code.code = $6))
           and ($7::int is null or b.lot_id = $7) and ($8::journal_kind is null or b.kind = $8)
         order by b.owner_id, b.id
         limit $4) j
  left join operator o on o.id = j.operator_id
  left join charge c on c.lot_id = j.lot_id and c.id = j.charge_id
 order by j.owner_id, j.id
