-- Spaces with numbers of their own.

-- name: lot_with_bays
-- The spaces that it has, or will.
select l.id, l.code, l.operator_id,
       coalesce((select c.capacity from lot_capacity c where c.lot_id = l.id order by c.valid_from desc limit 1),
                l.capacity) as capacity
  from lot l where l.id = lot_called($1)

-- name: bays
-- A page in order of their numbers.
select number, sensor from bay where lot_id = $1 and number > $2 order by number limit $3

-- name: drop_bays
delete from bay where lot_id = $1

-- name: add_bays
insert into bay (lot_id, number, sensor) select $1, b.number, b.sensor from unnest($2::text[], $3::text[]) b (number, sensor)

-- name: change_sensor
update bay set sensor = $3 where lot_id = $1 and number = $2
