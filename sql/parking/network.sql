-- The network, read whole into memory by every process.

-- name: version
select version from catalog_version

-- name: bump_version
update catalog_version set version = version + 1

-- name: lots
select l.id, l.code, l.operator_id, o.code as operator_code, l.name_zh, l.name_en, l.district_zh, l.district_en,
       l.address_zh, l.kind::text as kind, l.capacity, l.longitude, l.latitude, l.time_zone
  from lot l
  join operator o on o.id = l.operator_id
 order by l.id

-- name: tariffs
select id, code, version, published_at, document::text as document
  from tariff where state = 'published' order by code, version

-- name: lot_tariffs
-- Every price a lot has had or will have: a stay that is told late is priced by what held when it began.
select lot_id, valid_from, tariff_id from lot_tariff order by lot_id, valid_from

-- name: zones
select id, code, name_zh, name_en from zone order by code

-- name: zone_tariffs
select zone_id, valid_from, tariff_id from zone_tariff order by zone_id, valid_from

-- name: lot_zones
select lot_id, valid_from, zone_id from lot_zone order by lot_id, valid_from

-- name: next_price_change
-- A price may have been published for a later instant: then the network changes although nobody writes to it.
select min(valid_from) as at
  from (select valid_from from lot_tariff union all select valid_from from zone_tariff
        union all select valid_from from lot_zone) changes
 where valid_from > $1

-- name: lanes
select id, code, lot_id, gateway_id, direction::text as direction from lane order by id

-- name: gateways
select id, code, lot_id from gateway order by id

-- name: active_keys
select id, gateway_id, secret_hash from gateway_key where revoked_at is null order by id

-- name: no_plate_texts
select t.operator_id, o.code as operator_code, t.text
  from no_plate_text t join operator o on o.id = t.operator_id
 order by o.code, t.text
