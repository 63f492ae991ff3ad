-- What vehicles still owe of earlier stays.

-- name: owed_by_vehicles
-- As owed_by, in all, of several vehicles; $4: stays that are answered for beside it, $5: what a stay is doubted for.
select seen.plate, seen.plate_color::text as plate_color, sum(c.owed_fen)::bigint as owed_fen, min(s.last_at) as since
  from unnest($1::text[], $2::plate_color[]) seen (plate, plate_color)
  join stay s on s.plate = seen.plate and s.plate_color = seen.plate_color and s.last_at >= $3
  join charge c on c.lot_id = s.lot_id and c.stay_id = s.id and c.id >= id_first(s.id) and c.id <= id_last(s.id)
 where c.state = 'due' and c.account_id is null and s.state <> 'open' and s.id <> all($4::uuid[])
   and not exists (select 1 from parking_case k
                    where k.lot_id = s.lot_id and k.event_id = s.exit_event_id and k.reason = any($5::case_reason[])
                      and k.resolved_at is null)
   and not exists (select 1 from parking_case e where e.stay_id = s.id and e.other_stay_id is not null
                                                  and e.resolved_at is null
                   union all
                   select 1 from parking_case e where e.other_stay_id = s.id and e.resolved_at is null)
 group by seen.plate, seen.plate_color

-- name: owed_by
-- Of what no account pays for. A stay that may not be what it looks like waits for a person ($5), as an account would; so does
-- one that contradicts another elsewhere. What a vehicle that is inside was quoted is owed when it leaves.
select c.reference, c.owed_fen
  from stay s
  join charge c on c.lot_id = s.lot_id and c.stay_id = s.id and c.id >= id_first(s.id) and c.id <= id_last(s.id)
 where s.plate = $1 and s.plate_color = $2 and s.last_at >= $3 and c.state = 'due' and c.account_id is null
   and s.state <> 'open'
   and not exists (select 1 from parking_case k
                    where k.lot_id = s.lot_id and k.event_id = s.exit_event_id and k.reason = any($5::case_reason[])
                      and k.resolved_at is null)
   and not exists (select 1 from parking_case e where e.stay_id = s.id and e.other_stay_id is not null
                                                  and e.resolved_at is null
                   union all
                   select 1 from parking_case e where e.other_stay_id = s.id and e.resolved_at is null)
 order by s.last_at, c.id
 limit $4

-- name: left_unpaid
-- Of lots with a barrier, what is owed of stays whose vehicles have left: they were seen to pass the exit since, or to come
-- again, or were not read again for a day ($3). Who has just been there ($2) may be about to pay. Whom a person let out is
-- known to one, as is what one has looked at, and what waits for one as in owed_by ($5). Of whom nothing is owed but what
-- went back since, has left having paid. A charge has the instant of its entry ($1): who left since $6 may have come long before.
select c.lot_id, s.id as stay_id, s.exit_event_id as event_id
  from lot l
  join charge c on c.lot_id = l.id and c.state = 'due' and c.account_id is null and c.id >= $1
  join stay s on s.lot_id = c.lot_id and s.id = c.stay_id and s.state = 'closed' and s.account_id is null
             and not s.at_exit and s.let_out is null and s.left_at < $2 and s.left_at >= $6
 where l.kind <> 'road' and c.owed_fen > 0
   and (s.left_at < $3
        or exists (select 1 from read_passage m
                    where m.lot_id = s.lot_id and m.read_id = s.exit_event_id and m.outcome = 'passed')
        or exists (select 1 from open_stay o
                    where o.lot_id = s.lot_id and o.plate = s.plate and o.plate_color = s.plate_color
                      and o.entered_at > s.left_at)
        or exists (select 1 from stay n
                    where n.lot_id = s.lot_id and n.plate = s.plate and n.plate_color = s.plate_color
                      and n.last_at > s.left_at and n.entered_at > s.left_at and n.facts <> '{}'))
   and not exists (select 1 from parking_case k
                    where k.lot_id = s.lot_id and k.event_id = s.exit_event_id and k.reason = 'left_unpaid'
                      and k.resolved_by is distinct from 'facts')
   and not exists (select 1 from parking_case k
                    where k.lot_id = s.lot_id and k.event_id = s.exit_event_id and k.reason = any($5::case_reason[])
                      and k.resolved_at is null)
   and not exists (select 1 from parking_case e where e.stay_id = s.id and e.other_stay_id is not null
                                                  and e.resolved_at is null
                   union all
                   select 1 from parking_case e where e.other_stay_id = s.id and e.resolved_at is null)
   and c.owed_fen > (select coalesce(sum(r.amount_fen), 0) from refund r
                     where r.shard = c.lot_id and r.payable_id = c.id and r.state <> 'closed' and c.refunded_fen > 0
                       and r.created_at >= (select max(a.updated_at) from attempt a
                                             where a.shard = c.lot_id and a.payable_id = c.id and a.paid_fen > 0))
 order by c.lot_id, c.id
 limit $4

-- name: left_unpaid_no_more
-- Cases of such that have paid since, but for what went back after that, or did not leave so, or may not have ($3).
select k.id
  from parking_case k
  left join stay s on s.lot_id = k.lot_id and s.id = k.stay_id and s.state = 'closed' and s.account_id is null
                  and not s.at_exit and s.let_out is null and s.exit_event_id = k.event_id
  left join charge c on c.lot_id = k.lot_id and c.stay_id = s.id and c.state = 'due' and c.account_id is null
                    and c.owed_fen >
                        (select coalesce(sum(r.amount_fen), 0) from refund r
                           where r.shard = c.lot_id and r.payable_id = c.id and r.state <> 'closed' and c.refunded_fen > 0
                             and r.created_at >= (select max(a.updated_at) from attempt a
                                                   where a.shard = c.lot_id and a.payable_id = c.id and a.paid_fen > 0))
                    and not exists (select 1 from parking_case d
                                     where d.lot_id = s.lot_id and d.event_id = s.exit_event_id
                                       and d.reason = any($3::case_reason[]) and d.resolved_at is null)
                    and not exists (select 1 from parking_case e where e.stay_id = s.id and e.other_stay_id is not null
                                                                   and e.resolved_at is null
                                    union all
                                    select 1 from parking_case e where e.other_stay_id = s.id and e.resolved_at is null)
 where k.reason = 'left_unpaid' and k.resolved_at is null and k.id >= $1 and c.id is null
 order by k.lot_id, k.id
 limit $2
