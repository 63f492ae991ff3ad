-- When vehicles were charged.

-- name: latest
-- What was said last of a session.
select c.lot_id, c.id, c.session, c.plate, c.plate_color::text as plate_color, c.started_at, c.ended_at, c.bay, c.energy_wh,
       c.told_at, c.told_by
  from charging_session c where c.lot_id = $1 and c.session = $2 and c.id >= $3
 order by c.id desc limit 1

-- name: add
insert into charging_session (lot_id, id, session, plate, plate_color, started_at, ended_at, bay, energy_wh, told_at, told_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: sessions
-- Of what was said of one session the last, within a time. A lot may use a name again after some weeks.
select c.lot_id, c.id, c.session, c.plate, c.plate_color::text as plate_color, c.started_at, c.ended_at, c.bay, c.energy_wh,
       c.told_at, c.told_by
  from unnest($1::int[], $2::text[], $3::plate_color[]) seen (lot_id, plate, plate_color)
  join charging_session c on c.lot_id = seen.lot_id and c.plate = seen.plate and c.plate_color = seen.plate_color
   and c.started_at <= $5 and c.started_at >= $4 and c.id >= $6
 where not exists (select 1 from charging_session n
                    where n.lot_id = c.lot_id and n.session = c.session
                      and n.id > c.id and n.id < id_floor(id_instant(c.id) + interval '14 days'))

-- name: ask_again
insert into repricing (lot_id, plate, plate_color, cause_id, cause, since, asked_at)
values ($1, $2, $3, $4, $7, $5, $6) on conflict (lot_id, plate, plate_color, cause_id) do nothing
