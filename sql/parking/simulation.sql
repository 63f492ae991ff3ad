-- Past stays for simulating a tariff: read in one snapshot, and never written to.

-- name: count_past_stays
-- $3: where the compared period begins; what ended before it is read only for what it left remembered.
select count(*) as to_read, count(*) filter (where s.last_at >= $3) as to_compare
  from stay s
 where s.lot_id = any($1::int[]) and s.state = 'closed' and s.id >= $5 and s.last_at >= $2 and s.last_at < $4

-- name: past_stays
-- A vehicle's stays come together and in order of entry, whatever the lot. The vehicles come by a hash of the plate,
-- so that the first so many of them are a fair sample, and always the same.
select s.lot_id, s.plate, s.plate_color::text as plate_color, s.vehicle_class::text as vehicle_class, s.entered_at,
       s.left_at, s.fee_fen, r.rights::text as rights
  from stay s
  left join stay_rights r on r.lot_id = s.lot_id and r.stay_id = s.id
 where s.lot_id = any($1::int[]) and s.state = 'closed' and s.id >= $4 and s.last_at >= $2 and s.last_at < $3
 order by hashtextextended(s.plate, 0), s.plate collate "C", s.plate_color, s.entered_at, s.left_at, s.id
