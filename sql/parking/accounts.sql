-- Accounts, as staff look for them.

-- name: accounts
-- A page in order of their numbers: one ($1), those that pay for a plate now ($2, of a colour $3), those of a status
-- ($4), those behind a number ($5).
select a.id, a.name, a.status, a.created_at, a.debit_max_fen
  from account a
 where ($1::bigint is null or a.id = $1) and ($4::account_status is null or a.status = $4) and a.id > $5
   and ($2::text is null
        or a.id in (select p.account_id from account_plate p
                     where p.plate = $2 and ($3::plate_color is null or p.plate_color = $3) and p.unlinked_at is null))
 order by a.id
 limit $6
