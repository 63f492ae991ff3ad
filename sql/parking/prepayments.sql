-- What vehicles that are inside were quoted.

-- name: asked
select p.lot_id, p.stay_id, p.n, p.asked_at, p.pay_by, p.fee_fen, p.ended_at
  from unnest($1::int[], $2::uuid[]) wanted (lot_id, stay_id)
  join prepayment p on p.lot_id = wanted.lot_id and p.stay_id = wanted.stay_id
 order by p.stay_id, p.n

-- name: add
insert into prepayment (lot_id, stay_id, n, asked_at, pay_by, fee_fen) values ($1, $2, $3, $4, $5, $6)

-- name: finish
update prepayment p set ended_at = $3
  from unnest($1::int[], $2::uuid[]) ended (lot_id, stay_id)
 where p.lot_id = ended.lot_id and p.stay_id = ended.stay_id and p.ended_at is null

-- name: lots_waiting
-- In turn: those after a lot first, so that lots whose payments do not end keep none waiting.
select lot_id from prepayment where ended_at is null and pay_by < $1 group by lot_id order by lot_id <= $2, lot_id limit $3

-- name: waiting
-- Of one lot, and whether its stay is open still, or billed since its vehicle was read at an exit. One whose payment is
-- under way waits for the end of that.
select p.lot_id, p.stay_id, p.n, p.asked_at, p.pay_by, p.fee_fen, p.ended_at, o.id is not null as is_open,
       s.id is not null as is_billed
  from prepayment p
  left join open_stay o on o.lot_id = p.lot_id and o.id = p.stay_id
  left join stay s on s.lot_id = p.lot_id and s.id = p.stay_id and s.state = 'closed'
 where p.lot_id = $1 and p.ended_at is null and p.pay_by < $2
   and not exists (select 1 from charge c
                     join attempt a on a.shard = c.lot_id and a.payable_id = c.id
                                   and a.state in ('submitting', 'accepted', 'unknown')
                    where c.lot_id = p.lot_id and c.stay_id = p.stay_id and c.account_id is null)
 order by p.pay_by, p.stay_id
 limit $3

-- name: inside
-- A vehicle that is inside and came since $4 (as in inside.sql) by its whole plate, the latest entry first; of whichever
-- colour if none is said.
select id, entered_at
  from (select id, entered_at, plate, plate_color from open_stay where lot_id = $1
        union all
        select id, entered_at, plate, plate_color from stay where lot_id = $1 and at_exit and state = 'closed') inside
 where plate = $2 and ($3::plate_color is null or plate_color = $3) and entered_at >= $4
 order by entered_at desc, id
 limit 1
