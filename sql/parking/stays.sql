-- Single stays.

-- name: stay_by_id
-- What was merged into another stay leads there; as often as that may have happened.
with recursive found as (
  select s.lot_id, s.id, s.state::text as state, s.entered_at, s.left_at, s.fee_fen, s.account_id, s.let_out::text as let_out,
         s.merged_into, 1 as step
    from stay s where s.lot_id = $1 and s.id = $2
  union all
  select s.lot_id, s.id, s.state::text, s.entered_at, s.left_at, s.fee_fen, s.account_id, s.let_out::text,
         s.merged_into, f.step + 1
    from found f join stay s on s.lot_id = f.lot_id and s.id = f.merged_into
   where f.step < 20),
named as (
  select coalesce((select coalesce(merged_into, id) from found order by step desc limit 1), $2) as id)
select f.lot_id, f.id, f.state, f.entered_at, f.left_at, f.fee_fen, f.account_id, f.let_out
  from found f join named n on n.id = f.id
 where f.state <> 'open'
union all
select o.lot_id, o.id, 'open', o.entered_at, null, null, null, null
  from named n join open_stay o on o.lot_id = $1 and o.id = n.id
 limit 1
