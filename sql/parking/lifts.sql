-- Barriers that persons opened, and what was paid for the cars that went through.

-- name: lifts
-- Barriers that persons opened, with the car that was read last at the lane before, and what was paid for it: those of which
-- gateways tell, and those opened from afar, for the car that was meant, once a gateway said that it did so. Cash is of it
-- that was booked for its stay; what waits still, if it names the read (of its gateway, unless that of the booth knows none
-- of this number), or within five minutes the plate. $6: during a shift, by its persons or by whoever was not named; of
-- several shifts it is of that which is handed over first.
select f.id, l.code as lot, a.code as lane, f.at, f.person, f.reason, f.command, read.event_id, read.plate,
       s.id as stay_id, c.owed_fen, c.paid_fen, cash.taken_fen
  from (select b.lot_id, b.id, b.lane_id, b.effective_at as at, b.said->>'person' as person, b.said->>'reason' as reason,
               b.said->>'command' as command, null::uuid as read_id,
               b.effective_at - interval '10 minutes' as read_from, b.effective_at as read_until
          from device_fact b
         where b.lot_id = any($1::int[]) and b.id > $2 and b.id >= $3 and b.kind = 'barrier' and b.first_id is null
           and b.said->>'action' = 'opened' and b.said->>'by' = 'person'
           and not exists (select 1 from gateway_command c
                            where c.lot_id = b.lot_id and c.lane_id = b.lane_id and c.because = 'remote_open' and c.outcome = 'done'
                              and c.id::text = lower(b.said->>'command')
                              and c.id between id_floor(b.effective_at - interval '1 hour') and id_floor(b.effective_at + interval '1 hour'))
        union all
        select c.lot_id, c.id, c.lane_id, c.acknowledged_at, c.asked_by, c.reason, c.id::text, c.fact_id,
               coalesce(c.read_at, 'infinity'), coalesce(c.read_at, 'infinity')
          from gateway_command c
         where c.lot_id = any($1::int[]) and c.id > $2 and c.id >= $3 and c.because = 'remote_open' and c.outcome = 'done') f
  join lot l on l.id = f.lot_id
  join lane a on a.id = f.lane_id
  left join lateral (select e.gateway_id, e.event_id, e.plate, e.stay_id
                       from gate_event e
                      where e.lot_id = f.lot_id and e.lane_id = f.lane_id and e.first_id is null
                        and e.effective_at between f.read_from and f.read_until and e.id = coalesce(f.read_id, e.id)
                      order by e.effective_at desc, e.id desc limit 1) read on true
  left join stay w on w.lot_id = f.lot_id and w.id = read.stay_id
  left join stay s on s.lot_id = f.lot_id and s.id = stay_led_to(f.lot_id, read.stay_id)
  left join lateral (select sum(h.owed_fen)::bigint as owed_fen, sum(h.paid_fen - h.refunded_fen)::bigint as paid_fen
                       from charge h where h.lot_id = f.lot_id and h.stay_id = s.id
                        and h.id >= id_first(s.id) and h.id <= id_last(s.id)) c on true
  left join lateral (select sum(k.amount_fen)::bigint as taken_fen
                       from cash_taken k
                      where k.lot_id = f.lot_id
                        and k.id between id_floor(id_instant(f.id) - interval '1 hour') and id_floor(id_instant(f.id) + interval '1 hour')
                        and case when k.charge_id is not null
                                 then exists (select 1 from charge h
                                               where h.lot_id = k.lot_id and h.id = k.charge_id and h.stay_id = s.id)
                                 when k.of_event_id is not null
                                 then k.of_event_id = read.event_id
                                      and (k.gateway_id = read.gateway_id
                                           or not exists (select 1 from gate_event o
                                                           where o.lot_id = k.lot_id and o.gateway_id = k.gateway_id
                                                             and o.event_id = k.of_event_id))
                                 else k.plate in (read.plate, w.plate, s.plate)
                                      and abs(extract(epoch from k.at - f.at)) <= 300 end) cash on true
 where (not $4::boolean or coalesce(c.paid_fen, 0) = 0 and coalesce(cash.taken_fen, 0) = 0
                           and (s.id is null or coalesce(c.owed_fen, 0) > 0))
   and ($6::uuid is null
        or $6 = (select b.id from booth_shift b
                  where b.lot_id = f.lot_id and (b.id = $6 or b.handed_over_at is not null)
                    and f.at between b.opened_at and coalesce(b.handed_over_at, 'infinity')
                    and (coalesce(f.person, b.name) = b.name
                         or exists (select 1 from cash_taken t where t.lot_id = f.lot_id and t.shift_id = b.id
                                                                 and t.person = f.person))
                  order by coalesce(b.handed_over_at, 'infinity'), b.id limit 1))
 order by f.id
 limit $5
