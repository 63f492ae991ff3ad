-- Tickets that are handed out, under the lots' locks (events.sql).

-- name: of_event
select lot_id, id, gateway_id, event_id, lane_id, number, issued_at, plate, plate_color::text as plate_color,
       claimed_by
  from ticket where lot_id = $1 and gateway_id = $2 and event_id = $3 and id >= $4 order by id desc limit 1

-- name: of_number
select lot_id, id, gateway_id, event_id, lane_id, number, issued_at, plate, plate_color::text as plate_color,
       claimed_by
  from ticket where lot_id = $1 and number = $2 and id >= $3 order by id desc limit 1

-- name: add
insert into ticket (lot_id, id, gateway_id, event_id, lane_id, number, issued_at) values ($1, $2, $3, $4, $5, $6, $7)

-- name: claim
update ticket set plate = $3, plate_color = $4, claimed_at = $5, claimed_by = $6
 where lot_id = $1 and id = $2 and plate is null
returning lot_id, id, gateway_id, event_id, lane_id, number, issued_at, plate, plate_color::text as plate_color, claimed_by

-- name: release
-- Its merging is undone: it may be merged again.
update ticket set plate = null, plate_color = null, claimed_at = null, claimed_by = null where lot_id = $1 and id = $2

-- name: claimed
-- Of numbers those that were merged with a plate.
select t.lot_id, t.id, t.gateway_id, t.event_id, t.lane_id, t.number, t.issued_at, t.plate, t.plate_color::text as plate_color,
       t.claimed_by
  from unnest($1::int[], $2::text[]) held (lot_id, number)
 cross join lateral (select * from ticket o where o.lot_id = held.lot_id and o.number = held.number and o.id >= $3
                      order by o.id desc limit 1) t
 where t.plate is not null

-- name: decided
-- The reads that decisions say are of a plate by a ticket.
select distinct fact_id from decision where lot_id = $1 and about_id = $2 and kind = 'ticket'

-- name: reads
-- The reads by a ticket since an instant, whether they count or not: what became of one may be known otherwise later.
select id from gate_event
 where lot_id = $1 and plate = $2 and plate like '票%' and id >= $3 and first_id is null
 order by effective_at, id
