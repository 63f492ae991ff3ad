-- Charges as staff look them up, by the stays they are for. A charge has the instant of its stay in its number.

-- name: charges_of_vehicle
-- Keyset pages, of what ended last first, after $8 and $9. $3: lots of the caller, or null for all; $10: the lowest
-- identifier of a stay that may be meant. offset 0: looked up stay by stay, for the planner takes a range of identifiers
-- for much and would read all charges of these months.
select c.lot_id, c.id, f.at
  from (select s.lot_id, s.id, s.last_at as at
          from stay s
         where s.plate = $1 and ($2::plate_color is null or s.plate_color = $2) and s.id >= $10 and s.state <> 'open'
           and ($3::int[] is null or s.lot_id = any($3))
           and s.last_at >= coalesce($4::timestamptz, '-infinity') and s.last_at < coalesce($5::timestamptz, 'infinity')
           and s.last_at <= coalesce($8::timestamptz, 'infinity')
        union all
        select o.lot_id, o.id, o.entered_at
          from open_stay o
         where o.plate = $1 and ($2::plate_color is null or o.plate_color = $2) and o.id >= $10
           and ($3::int[] is null or o.lot_id = any($3))
           and o.entered_at >= coalesce($4::timestamptz, '-infinity') and o.entered_at < coalesce($5::timestamptz, 'infinity')
           and o.entered_at <= coalesce($8::timestamptz, 'infinity')) f
  cross join lateral (select c.lot_id, c.id, c.state, c.method
                        from charge c
                       where c.lot_id = f.lot_id and c.stay_id = f.id and c.id >= id_first(f.id) and c.id <= id_last(f.id)
                      offset 0) c
 where ($6::charge_state is null or c.state = $6) and ($7::text is null or c.method = $7)
   and ($8::timestamptz is null or (f.at, c.id) < ($8, $9::uuid))
 order by f.at desc, c.id desc
 limit $11

-- name: charges_of_lot
-- As charges_of_vehicle, of all vehicles of a lot whose stays ended within a time.
select c.lot_id, c.id, f.at
  from (select s.lot_id, s.id, s.last_at as at
          from stay s
         where s.lot_id = $1 and s.id >= $8 and s.state <> 'open' and s.last_at >= $2 and s.last_at < $3
           and s.last_at <= coalesce($6::timestamptz, 'infinity')
        union all
        select o.lot_id, o.id, o.entered_at
          from open_stay o
         where o.lot_id = $1 and o.id >= $8 and o.entered_at >= $2 and o.entered_at < $3
           and o.entered_at <= coalesce($6::timestamptz, 'infinity')) f
  cross join lateral (select c.lot_id, c.id, c.state, c.method
                        from charge c
                       where c.lot_id = f.lot_id and c.stay_id = f.id and c.id >= id_first(f.id) and c.id <= id_last(f.id)
                      offset 0) c
 where ($4::charge_state is null or c.state = $4) and ($5::text is null or c.method = $5)
   and ($6::timestamptz is null or (f.at, c.id) < ($6, $7::uuid))
 order by f.at desc, c.id desc
 limit $9
