-- Cash that booths took, under the lots' locks (events.sql).

-- name: add
insert into cash_taken (lot_id, id, gateway_id, shift_id, is_late, amount_fen, at, person, of_event_id, plate)
select * from unnest($1::int[], $2::uuid[], $3::int[], $4::uuid[], $5::boolean[], $6::bigint[], $7::timestamptz[],
                     $8::text[], $9::text[], $10::text[])

-- name: lots_waiting
select distinct lot_id from cash_taken where charge_id is null and id >= $1 order by lot_id

-- name: chargeable
-- Cash that waits, with the charge of its stay where there is one: of the read that it names, or of the vehicle that it
-- names, where that was when it was taken, also at an exit, or had left within the hour. Whether that is owed still is no matter here:
-- whenever it is told, it is for the same charge. Of a vehicle that is inside it pays what that was quoted, if it was taken
-- while the quote held and is all of it (a device's clock may be off by two minutes); else it waits until the vehicle has
-- left. What a person says that it is of holds, and what is settled pays nothing.
select k.lot_id, k.id, k.amount_fen, c.id as charge_id
  from (select t.lot_id, t.id, t.gateway_id, t.amount_fen, t.at, coalesce(d.plate, t.plate) as plate,
               case when d.plate is null then t.of_event_id end as of_event_id
          from cash_taken t
          left join lateral (select o.is_settled, o.plate from device_decision o
                              where o.lot_id = t.lot_id and o.fact_id = t.id order by o.n desc limit 1) d on true
         where t.lot_id = any($1::int[]) and t.charge_id is null and t.id >= $2 and d.is_settled is not true
         order by t.id limit $3) k
  left join lateral (
       select e.stay_id
         from gateway_serving g
         join gate_event e on e.lot_id = g.lot_id and e.gateway_id = g.gateway_id and e.event_id = k.of_event_id
        where g.lot_id = k.lot_id and e.first_id is null and e.id >= $2
        order by (g.gateway_id = k.gateway_id) desc, e.id desc limit 1) read on true
 cross join lateral (
       (select s.id, s.account_id
          from stay s
         where s.lot_id = k.lot_id and s.id = stay_led_to(k.lot_id, read.stay_id) and s.state = 'closed')
       union all
       (select s.id, s.account_id
          from stay s
         where k.of_event_id is null and s.lot_id = k.lot_id and s.plate = k.plate and s.state = 'closed'
           and s.entered_at <= k.at and (s.at_exit or s.last_at >= k.at - interval '1 hour')
           and not exists (select 1 from open_stay o
                            where o.lot_id = k.lot_id and o.plate = k.plate and o.entered_at between s.entered_at and k.at)
         order by s.entered_at desc limit 1)
       union all
       (select o.id, null
          from open_stay o
          join prepayment p on p.lot_id = o.lot_id and p.stay_id = o.id and p.ended_at is null
           and k.at between p.asked_at - interval '2 minutes' and p.pay_by
          join charge q on q.lot_id = o.lot_id and q.stay_id = o.id and q.account_id is null
           and q.id between id_first(o.id) and id_last(o.id) and q.owed_fen between 1 and k.amount_fen
         where o.lot_id = k.lot_id and o.entered_at <= k.at
           and (o.id = read.stay_id or (k.of_event_id is null and o.plate = k.plate))
         order by o.entered_at desc limit 1)) stay
  join charge c on c.lot_id = k.lot_id and c.stay_id = stay.id and c.account_id is not distinct from stay.account_id
               and c.id between id_first(stay.id) and id_last(stay.id)
 order by k.lot_id, k.id

-- name: mark_booked
update cash_taken k set charge_id = paid.charge_id, booked_at = $4
  from unnest($1::int[], $2::uuid[], $3::uuid[]) paid (lot_id, id, charge_id)
 where k.lot_id = paid.lot_id and k.id = paid.id and k.charge_id is null
