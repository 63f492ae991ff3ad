-- Where published tariffs are in force: at lots and in price areas, from an instant on.

-- name: to_apply
select code, version, document->>'time_zone' as time_zone from tariff where id = $1 and state = 'published'

-- name: lot_to_price
-- is_priced: whether some price of its own, or of an area it lies in, has begun by $2.
select l.id, l.code, l.operator_id, l.time_zone,
       exists (select 1 from lot_tariff p where p.lot_id = l.id and p.valid_from <= $2)
         or exists (select 1 from lot_zone z join zone_tariff p on p.zone_id = z.zone_id
                     where z.lot_id = l.id and z.valid_from <= $2 and p.valid_from <= $2) as is_priced
  from lot l where l.id = lot_called($1)

-- name: zone_to_price
-- is_priced: whether some price has begun by $2 in the area, or at a lot that lies in it or did: its own, or that of
-- another area it came from.
select z.id,
       exists (select 1 from zone_tariff p where p.zone_id = z.id and p.valid_from <= $2)
         or exists (select 1 from lot_zone here join lot_tariff p on p.lot_id = here.lot_id
                     where here.zone_id = z.id and p.valid_from <= $2)
         or exists (select 1 from lot_zone here join lot_zone other on other.lot_id = here.lot_id
                     join zone_tariff p on p.zone_id = other.zone_id
                     where here.zone_id = z.id and other.valid_from <= $2 and p.valid_from <= $2) as is_priced
  from zone z where z.code = $1

-- name: time_zones_in
-- The time zones of the lots that lie in a price area, or did.
select distinct l.time_zone from lot_zone z join lot l on l.id = z.lot_id where z.zone_id = $1 order by l.time_zone

-- name: time_zones_of_prices
-- The time zones of the prices of an area.
select distinct t.document->>'time_zone' as time_zone
  from zone_tariff p join tariff t on t.id = p.tariff_id where p.zone_id = $1 order by time_zone

-- name: lot_tariff_at
select tariff_id as number from lot_tariff where lot_id = $1 and valid_from = $2

-- name: zone_tariff_at
select tariff_id as number from zone_tariff where zone_id = $1 and valid_from = $2

-- name: lot_zone_at
select zone_id as number from lot_zone where lot_id = $1 and valid_from = $2

-- name: apply_to_lot
-- What was in force there until then, of its own, or was to begin then and is replaced.
insert into lot_tariff (lot_id, valid_from, tariff_id) values ($1, $2, $3)
on conflict (lot_id, valid_from) do update set tariff_id = excluded.tariff_id
returning (select t.code || '/' || t.version from lot_tariff p join tariff t on t.id = p.tariff_id
            where p.lot_id = $1 and p.valid_from <= $2 order by p.valid_from desc limit 1) as before

-- name: apply_to_zone
insert into zone_tariff (zone_id, valid_from, tariff_id) values ($1, $2, $3)
on conflict (zone_id, valid_from) do update set tariff_id = excluded.tariff_id
returning (select t.code || '/' || t.version from zone_tariff p join tariff t on t.id = p.tariff_id
            where p.zone_id = $1 and p.valid_from <= $2 order by p.valid_from desc limit 1) as before

-- name: in_force
-- All that was put into force, by tariff and instant.
select p.tariff_id, p.valid_from,
       coalesce(array_agg(l.code order by l.code) filter (where l.code is not null), '{}') as lots,
       coalesce(array_agg(z.code order by z.code) filter (where z.code is not null), '{}') as zones
  from (select tariff_id, valid_from, lot_id, null::int as zone_id from lot_tariff
        union all select tariff_id, valid_from, null, zone_id from zone_tariff) p
  left join lot l on l.id = p.lot_id
  left join zone z on z.id = p.zone_id
 group by p.tariff_id, p.valid_from
 order by p.tariff_id, p.valid_from

-- name: add_zone
insert into zone (code, name_zh, name_en) values ($1, $2, $3) returning id

-- name: move_lot
insert into lot_zone (lot_id, valid_from, zone_id) values ($1, $2, $3)
on conflict (lot_id, valid_from) do update set zone_id = excluded.zone_id
returning (select z.code from lot_zone p join zone z on z.id = p.zone_id
            where p.lot_id = $1 and p.valid_from <= $2 order by p.valid_from desc limit 1) as before
