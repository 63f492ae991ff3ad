-- Figures of reports about what happens in lots. $1: lots; times are instants, the last one not included.

-- name: stays
-- Stays that ended in a time ($2, $3), with what was charged for them. $4: below no number of these stays; $5: only those of
-- which something is owed. Joined by the stay alone: the planner hashes all charges of the time once.
select s.lot_id, s.id, s.plate, s.plate_color::text as plate_color, s.vehicle_class::text as vehicle_class,
       s.state::text as state, s.entered_at, s.left_at, c.reference as charge_reference, c.state::text as charge_state,
       coalesce(c.amount_fen, s.fee_fen) as amount_fen, c.paid_fen, c.refunded_fen, c.owed_fen, c.method, c.paid_at
  from stay s
  left join charge c on c.lot_id = s.lot_id and c.stay_id = s.id and c.id >= $4
 where s.lot_id = any($1::int[]) and s.last_at >= $2 and s.last_at < $3 and s.id >= $4
   and s.state in ('closed', 'exit_only', 'superseded') and (not $5::boolean or c.state = 'due')

-- name: use
-- How lots were used in a time ($2, $3): who came and who left in it, how long those that left had stayed, and for how many
-- seconds of it spaces were taken. $4: below no number of these stays.
select u.lot_id, (count(*) filter (where u.entered_at >= $2))::bigint as entered,
       (count(*) filter (where u.left_at < $3 and u.left_at >= $2))::bigint as left_,
       coalesce(sum(extract(epoch from u.left_at - u.entered_at)) filter (where u.left_at < $3 and u.left_at >= $2), 0)::bigint
         as stayed_s,
       coalesce(sum(extract(epoch from least(u.left_at, $3) - greatest(u.entered_at, $2))), 0)::bigint as taken_s
  from (select s.lot_id, s.entered_at, s.left_at
          from stay s
         where s.lot_id = any($1::int[]) and s.state = 'closed' and s.last_at >= $2 and s.entered_at < $3 and s.id >= $4
        union all
        select o.lot_id, o.entered_at, $3
          from open_stay o
         where o.lot_id = any($1::int[]) and o.entered_at < $3 and o.id >= $4) u
 group by u.lot_id

-- name: shifts
-- Shifts that were opened in a time ($2, $3, by their numbers).
select s.lot_id, s.id, s.name, s.opened_at, s.handed_over_at, s.handed_over_by, coalesce(s.taken_fen, k.fen) as taken_fen,
       s.counted_fen, s.counted_fen - s.taken_fen as difference_fen, coalesce(s.cash_count, k.payments)::int as payments, k.waiting,
       s.lifts_without_money
  from booth_shift s
 cross join lateral (select coalesce(sum(c.amount_fen), 0)::bigint as fen, count(*)::int as payments,
                            (count(*) filter (where c.charge_id is null))::int as waiting
                       from cash_taken c where c.lot_id = s.lot_id and c.shift_id = s.id) k
 where s.lot_id = any($1::int[]) and s.id >= $2 and s.id < $3
 order by s.lot_id, s.id
