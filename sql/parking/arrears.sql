-- What vehicles still owe of earlier stays.

-- name: owed_by_vehicles
-- As owed_by, in all, of several vehicles; $4: stays that are answered for beside it.
select seen.plate, seen.plate_color::text as plate_color, sum(c.owed_fen)::bigint as owed_fen, min(s.last_at) as since
  from unnest($1::text[], $2::plate_color[]) seen (plate, plate_color)
  join stay s on s.plate = seen.plate and s.plate_color = seen.plate_color and s.last_at >= $3
  join charge c on c.lot_id = s.lot_id and c.stay_id = s.id and c.id >= id_first(s.id) and c.id <= id_last(s.id)
 where c.state = 'due' and c.account_id is null and s.state <> 'open' and s.id <> all($4::uuid[])
   and not exists (select 1 from charge_hold h
                    where h.lot_id = c.lot_id and h.charge_id = c.id and h.released_at is null)
 group by seen.plate, seen.plate_color

-- name: owed_by
-- Of what no account pays for, and waits for no person. What a vehicle that is inside was quoted is owed when it leaves.
select c.reference, c.owed_fen
  from stay s
  join charge c on c.lot_id = s.lot_id and c.stay_id = s.id and c.id >= id_first(s.id) and c.id <= id_last(s.id)
 where s.plate = $1 and s.plate_color = $2 and s.last_at >= $3 and c.state = 'due' and c.account_id is null
   and s.state <> 'open'
   and not exists (select 1 from charge_hold h
                    where h.lot_id = c.lot_id and h.charge_id = c.id and h.released_at is null)
 order by s.last_at, c.id
 limit $4
