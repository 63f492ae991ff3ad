-- Single stays.

-- name: stay_by_id
select s.lot_id, s.id, s.state::text as state, s.entered_at, s.left_at, s.fee_fen, s.account_id
  from stay s where s.lot_id = $1 and s.id = $2
union all
select o.lot_id, o.id, 'open', o.entered_at, null, null, null from open_stay o where o.lot_id = $1 and o.id = $2
