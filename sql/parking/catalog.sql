-- The network, read whole into memory by every process.

-- name: version
select version from catalog_version

-- name: operators
select id, code, name_zh, name_en, platform_fee_bps, time_zone from operator order by id

-- name: lots
select l.id, l.code, l.operator_id, o.code as operator_code, l.name_zh, l.name_en, l.district_zh, l.district_en,
       l.address_zh, l.kind::text as kind, l.capacity, l.longitude, l.latitude, l.time_zone
  from lot l
  join operator o on o.id = l.operator_id
 order by l.id

-- name: prices
-- Every price a lot has had or will have: a stay that is told late is priced by what held when it began.
select p.lot_id, p.valid_from, p.tariff_id, t.document::text as document
  from lot_tariff p join tariff t on t.id = p.tariff_id
 order by p.lot_id, p.valid_from

-- name: next_tariff_change
-- A tariff may have been published for a later instant: then the network changes although nobody writes to it.
select min(valid_from) as at from lot_tariff where valid_from > $1

-- name: lanes
select id, code, lot_id, gateway_id, direction::text as direction from lane order by id

-- name: gateways
select id, code, lot_id from gateway order by id

-- name: active_keys
select id, gateway_id, secret_hash from gateway_key where revoked_at is null order by id
