-- Appeals of drivers: cases with an account. What a charge costs its driver is what was kept of it or is owed.

-- name: open_appeals
select count(*) from parking_case where account_id = $1 and resolved_at is null

-- name: add_appeal
-- One that settled itself is made anew.
insert into parking_case as c (lot_id, id, event_id, reason, opened_at, stay_id, account_id, charge_id, said, appealed_fen)
values ($1, $2, $3, 'appeal', $4, $5, $6, $7, $8, $9)
on conflict (lot_id, id) do update set resolved_at = null, resolved_by = null, note = null,
                                       opened_at = excluded.opened_at,
                                       said = excluded.said, appealed_fen = excluded.appealed_fen
 where c.resolved_by = 'facts'

-- name: appeals_of_account
-- The latest charge first; $2: where the page before ended.
select k.id as case_id, c.reference as charge_reference, k.said, k.opened_at as appealed_at, k.appealed_fen,
       c.paid_fen + c.owed_fen - c.refunded_fen as kept_fen, k.resolved_at as ended_at, k.resolved_by,
       (select a.cause from charge_adjustment a
         where a.lot_id = c.lot_id and a.charge_id = c.id and a.made_at >= k.opened_at
         order by a.n desc limit 1) as cause
  from parking_case k
  join charge c on c.lot_id = k.lot_id and c.id = k.charge_id
 where k.account_id = $1 and ($2::uuid is null or k.id < $2)
 order by k.id desc
 limit $3

-- name: settle_appeals
-- What a correction has brought about needs no person; what it takes back is before one again. A charge that is being
-- changed is seen as it was, and the next round sees it as it is.
update parking_case k
   set resolved_at = case when k.resolved_at is null then $1::timestamptz end,
       resolved_by = case when k.resolved_at is null then 'facts' end,
       note = case when k.resolved_at is null then coalesce(
                (select a.cause from charge_adjustment a
                  where a.lot_id = c.lot_id and a.charge_id = c.id and a.made_at >= k.opened_at
                  order by a.n desc limit 1), 'given_back') end
  from charge c
 where k.charge_id is not null and (k.resolved_at is null or k.resolved_by = 'facts')
   and c.lot_id = k.lot_id and c.id = k.charge_id
   and (c.paid_fen + c.owed_fen - c.refunded_fen < k.appealed_fen) = (k.resolved_at is null)
