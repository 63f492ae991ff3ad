-- Who runs lots, as staff look them up and change them.

-- name: operators
-- A page in order of their codes: of one ($1), with these words in code or names ($2), behind a code ($3).
select o.id, o.code, o.name_zh, o.name_en, o.time_zone, o.closed_from,
       fee_bps(o.id, ($4::timestamptz at time zone o.time_zone)::date) as platform_fee_bps,
       (select count(*) from lot l where l.operator_id = o.id) as lots
  from operator o
 where ($1::bigint is null or o.id = $1) and position(lower($2::text) in lower(concat_ws(' ', o.code, o.name_zh, o.name_en))) > 0
   and o.code > $3
 order by o.code
 limit $5

-- name: operator
select o.id, o.code, o.name_zh, o.name_en, o.time_zone, o.closed_from,
       fee_bps(o.id, ($2::timestamptz at time zone o.time_zone)::date) as platform_fee_bps,
       (select count(*) from lot l where l.operator_id = o.id) as lots
  from operator o where o.code = $1

-- name: is_settled
select exists (select 1 from settlement where operator_id = $1)
    or exists (select 1 from operator_day where operator_id = $1 and closed_through is not null) as is_settled

-- name: open_lots
-- Those that are open at an instant, or will be opened again after it.
select l.code
  from lot l
 where l.operator_id = $1
   and (not coalesce((select c.is_closed from lot_closure c
                       where c.lot_id = l.id and c.valid_from <= $2 order by c.valid_from desc limit 1), false)
        or exists (select 1 from lot_closure c where c.lot_id = l.id and c.valid_from > $2 and not c.is_closed))
 order by l.code
 limit $3

-- name: change_operator
update operator set name_zh = $2, name_en = $3, time_zone = $4 where id = $1

-- name: end_operator
update operator set closed_from = $2 where id = $1

-- name: operator_of_lot
select o.code, o.closed_from from lot l join operator o on o.id = l.operator_id where l.id = lot_called($1)
