-- What the demo shows of the ledger. Read only.

-- name: charges
-- waiting: charges that a wallet could pay now or that were never tried; none are left when collecting has caught up.
select count(*) filter (where c.state = 'paid') as paid,
       coalesce(sum(c.amount_fen) filter (where c.state = 'paid'), 0)::bigint as paid_fen,
       count(*) filter (where c.state = 'due') as due,
       coalesce(sum(c.amount_fen) filter (where c.state = 'due'), 0)::bigint as due_fen,
       count(*) filter (where c.state = 'due' and c.collect_at is not null
                          and (c.collect_tries = 0 or b.credits - b.debits >= c.amount_fen)) as waiting
  from charge c
  left join balance b on b.owner_id = c.account_id and b.book = 'wallet' and c.state = 'due'

-- name: unresolved
-- Payments whose channel has not said yet what became of them.
select count(*) from attempt where state in ('submitting', 'accepted', 'unknown')

-- name: first_paid
-- The first stay that went all the way from the entry to money.
select l.name_zh as lot_zh, l.name_en as lot_en, s.entered_at, s.left_at, c.amount_fen, c.paid_at
  from charge c
  join stay s on s.lot_id = c.lot_id and s.id = c.stay_id
  join lot l on l.id = c.lot_id
 where c.state = 'paid' and s.entered_at is not null and s.left_at is not null
 order by c.paid_at
 limit 1
