-- What a gateway decides by while it is cut off.

-- name: linked_regulars
-- Of who was in a lot since $2 those for whom an account pays now, each once.
select distinct s.plate, s.plate_color::text as plate_color
  from stay s
  join account_plate p on p.plate = s.plate and p.plate_color = s.plate_color and p.linked_at <= $3
   and (p.unlinked_at is null or p.unlinked_at > $3)
  join account a on a.id = p.account_id and a.status = 'active'
 where s.lot_id = $1 and s.id >= $2 and s.state = 'closed'
   and not exists (select 1 from plate_contest k
                    where k.plate = p.plate and k.plate_color = p.plate_color and k.account_id = p.account_id
                      and (k.resolved_at is null or not k.link_stands and p.linked_at between k.linked_at and k.resolved_at))
 limit $4

-- name: exempt_at
-- Who is known for something in a lot ($1) of an operator ($2).
select distinct v.plate, v.plate_color::text as plate_color
  from exempt_vehicle v
 where (v.operator_id is null or v.operator_id = $2) and (v.lot_id is null or v.lot_id = $1)
   and v.valid_from <= $3 and (v.valid_until is null or v.valid_until > $3)
 limit $4

-- name: holding_passes_at
select distinct v.plate, v.plate_color::text as plate_color
  from parking_pass p join pass_vehicle v on v.pass_id = p.id
 where $1::int = any(p.lot_ids) and p.valid_from <= $2::date + 1 and least(p.valid_through, p.ended_through) >= $2::date - 1
 limit $3

-- name: pack
select version, key_id, entries::text as entries from gateway_pack where lot_id = $1 and gateway_id = $2

-- name: keep_pack
insert into gateway_pack as g (lot_id, gateway_id, version, key_id, made_at, entries)
values ($1, $2, $3, $4, $5, $6::jsonb)
on conflict (lot_id, gateway_id) do update
   set version = excluded.version, key_id = excluded.key_id, made_at = excluded.made_at, entries = excluded.entries
 where g.version < excluded.version
