-- Coupons, and where they were presented.

-- name: add_coupons
-- Two calls with the same codes in another order would wait for each other.
insert into coupon (id, code, operator_id, lot_ids, discount, uses_max, valid_from, valid_until, merchant, note, added_by, added_at)
select id, code, $3, $4::int[], $5, $6, $7, $8, $9, $10, $11, $12 from unnest($1::uuid[], $2::text[]) c (id, code)
 order by code
on conflict (code) do nothing
returning id

-- name: coupon
select c.id, c.code, c.operator_id, c.lot_ids, c.discount, c.uses_max, c.valid_from, c.valid_until, c.merchant, c.note, c.added_by,
       c.added_at, c.ended_by, c.ended_at, c.used
  from coupon c where c.code = $1

-- name: coupons
select c.id, c.code, c.operator_id, c.lot_ids, c.discount, c.uses_max, c.valid_from, c.valid_until, c.merchant, c.note, c.added_by,
       c.added_at, c.ended_by, c.ended_at, c.used
  from coupon c
 where ($1::bigint is null or c.operator_id = $1) and ($2::timestamptz is null or (c.valid_until > $2 and c.ended_at is null))
   and c.id > $3
 order by c.id
 limit $4

-- name: end_coupon
update coupon set ended_by = $2, ended_at = $3 where id = $1 and ended_at is null returning id

-- name: lock_coupons
-- Two cars never use the last of one coupon.
select c.id, c.code, c.operator_id, c.lot_ids, c.discount, c.uses_max, c.valid_from, c.valid_until, c.merchant, c.note, c.added_by,
       c.added_at, c.ended_by, c.ended_at, c.used
  from coupon c where c.code = any ($1::text[]) order by c.id for no key update

-- name: to_give_back
-- Whose stay is none any more, since its event does not count, or was not paid in the end.
select u.lot_id, u.fact_id, u.coupon_id from coupon_use u
 where u.coupon_id = any ($1::uuid[]) and u.given_back_at is null
   and ((select not d.counts from decision d
          where d.lot_id = u.lot_id and d.fact_id = u.fact_id order by d.n desc limit 1)
        or exists (select 1 from charge c
                    where c.lot_id = u.lot_id and c.stay_id = u.stay_id and c.id between id_first(u.stay_id) and id_last(u.stay_id)
                      and (c.state = 'void' or (c.paid_fen > 0 and c.refunded_fen = c.paid_fen))))
 limit $2

-- name: give_back
update coupon_use u set given_back_at = $4
  from unnest($1::int[], $2::uuid[], $3::uuid[]) none (lot_id, fact_id, coupon_id)
 where u.lot_id = none.lot_id and u.fact_id = none.fact_id and u.coupon_id = none.coupon_id and u.given_back_at is null
returning u.coupon_id

-- name: count_uses
update coupon c set used = c.used + n.uses from unnest($1::uuid[], $2::int[]) n (id, uses) where c.id = n.id

-- name: after
-- Coupons that may be presented, by their numbers, and how often they go with a stay.
select c.id, c.used, c.uses_max, (select count(*) from coupon_use u where u.coupon_id = c.id and u.given_back_at is null)::int as counted
  from coupon c where c.id > $1 and c.ended_at is null and c.valid_until > $2 order by c.id limit $3

-- name: lock_coupon
select 1 from coupon where id = $1 for no key update

-- name: count_anew
update coupon c set used = (select count(*) from coupon_use u where u.coupon_id = c.id and u.given_back_at is null)
 where c.id = $1

-- name: uses
select u.coupon_id, u.fact_id from unnest($1::int[], $2::uuid[]) wanted (lot_id, fact_id)
  join coupon_use u on u.lot_id = wanted.lot_id and u.fact_id = wanted.fact_id
 where u.coupon_id = any ($3::uuid[]) and u.given_back_at is null

-- name: add_uses
insert into coupon_use (lot_id, fact_id, coupon_id, presented_at, presented_by)
select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[])
on conflict (lot_id, fact_id, coupon_id) do update set given_back_at = null

-- name: uses_of_facts
select u.lot_id, u.fact_id, u.coupon_id, c.discount, u.presented_at
  from unnest($1::int[], $2::uuid[]) wanted (lot_id, fact_id)
  join coupon_use u on u.lot_id = wanted.lot_id and u.fact_id = wanted.fact_id and u.given_back_at is null
  join coupon c on c.id = u.coupon_id
 order by u.presented_at, u.coupon_id

-- name: set_stays
update coupon_use u set stay_id = used.stay_id
  from unnest($1::int[], $2::uuid[], $3::uuid[], $4::uuid[]) used (lot_id, fact_id, coupon_id, stay_id)
 where u.lot_id = used.lot_id and u.fact_id = used.fact_id and u.coupon_id = used.coupon_id
   and u.stay_id is distinct from used.stay_id

-- name: stay_of_id
-- A vehicle that is inside, or left a little while ago.
select o.lot_id, o.id, o.plate, o.plate_color::text as plate_color, o.facts, null::timestamptz as left_at
  from open_stay o where o.lot_id = $1 and o.id = $2
union all
select s.lot_id, s.id, s.plate, s.plate_color::text, s.facts, s.left_at
  from stay s where s.lot_id = $1 and s.id = $2 and s.state = 'closed' and s.left_at >= $3

-- name: stay_of_vehicle
select o.lot_id, o.id, o.plate, o.plate_color::text as plate_color, o.facts, null::timestamptz as left_at
  from open_stay o where o.lot_id = $1 and o.plate = $2 and o.plate_color = $3

-- name: ask_again
insert into repricing (lot_id, plate, plate_color, cause_id, cause, since, asked_at)
values ($1, $2, $3, $4, $7, $5, $6) on conflict (lot_id, plate, plate_color, cause_id) do nothing

-- name: costs
-- What coupons took off, by who bears it, of stays that ended within a time.
select l.operator_id, o.code as operator, s.lot_id, l.code as lot, c.merchant, count(*)::int as uses,
       coalesce(sum((u ->> 'worth_fen')::bigint), 0)::bigint as worth_fen
  from stay_rights r
 cross join lateral jsonb_array_elements(r.rights -> 'coupons') u
  join stay s on s.lot_id = r.lot_id and s.id = r.stay_id and s.state = 'closed' and s.left_at >= $2 and s.left_at < $3
  join coupon c on c.id = (u ->> 'coupon_id')::uuid
  join lot l on l.id = s.lot_id
  join operator o on o.id = l.operator_id
 where ($1::bigint is null or l.operator_id = $1) and r.stay_id >= $4
 group by l.operator_id, o.code, s.lot_id, l.code, c.merchant
 order by o.code, l.code, c.merchant nulls first
