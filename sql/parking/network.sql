-- The network, read whole into memory by every process.

-- name: version
select version from catalog_version

-- name: bump_version
update catalog_version set version = version + 1

-- name: operator_of_subject
-- The operator that a subject of the audit log is of, by its kind and its code; none for what is the city's.
select operator_id from lot where $1 = 'lot' and id = lot_called($2)
union all
select operator_id from lot where $1 = 'gate' and id = lot_called(split_part($2, '/', 1))
union all
select l.operator_id from lane x join lot l on l.id = x.lot_id where $1 = 'lane' and x.code = $2
union all
select l.operator_id from gateway g join lot l on l.id = g.lot_id where $1 = 'gateway' and g.code = $2
union all
select id from operator where $1 = 'operator' and code = $2

-- name: lots
-- As of $1.
select l.id, l.code, l.operator_id, o.code as operator_code, l.name_zh, l.name_en, l.district_zh, l.district_en,
       l.address_zh, l.kind::text as kind,
       coalesce((select c.capacity from lot_capacity c where c.lot_id = l.id and c.valid_from <= $1
                  order by c.valid_from desc limit 1), l.capacity) as capacity,
       l.longitude, l.latitude, l.time_zone,
       l.confirms_passages_since, l.leave_within_min, l.inside_of, l.inner_clock::text as inner_clock, l.road, l.road_within_min,
       coalesce(l.say_arrears, o.say_arrears)::text as say_arrears, l.probable_match::text as probable_match
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

-- name: next_change
-- A price or another change may be registered for a later instant: then the network changes although nobody writes to it.
select min(valid_from) as at
  from (select valid_from from lot_tariff union all select valid_from from zone_tariff
        union all select valid_from from lot_zone union all select valid_from from lot_capacity
        union all select valid_from from lot_closure union all select valid_from from lane_way
        union all select valid_from from lane_closure union all select valid_from from lot_surroundings
        union all select valid_from from gateway_lot union all select valid_from from lot_probable_match) changes
 where valid_from > $1

-- name: lot_capacities
select lot_id, valid_from, capacity from lot_capacity order by lot_id, valid_from

-- name: lot_closures
select lot_id, valid_from, is_closed from lot_closure order by lot_id, valid_from

-- name: lot_surroundings
select lot_id, valid_from, inside_of, inner_clock::text as inner_clock, road, road_within_min
  from lot_surroundings order by lot_id, valid_from

-- name: lot_probable_matches
select lot_id, valid_from, probable_match::text as probable_match from lot_probable_match order by lot_id, valid_from

-- name: former_codes
select lot_id, code from former_lot_code order by lot_id, code

-- name: gates
select id, lot_id, code, name from gate order by id

-- name: lanes
select a.id, a.code, a.lot_id, a.gateway_id, a.direction::text as direction, a.gate_id, l.time_zone
  from lane a join lot l on l.id = a.lot_id order by a.id

-- name: lane_ways
select lane_id, valid_from, way::text as way from lane_way order by lane_id, valid_from

-- name: lane_closures
select lane_id, valid_from, is_closed from lane_closure order by lane_id, valid_from

-- name: gateways
select id, code, lot_id from gateway order by id

-- name: gateway_lots
select gateway_id, lot_id, valid_from, serves from gateway_lot order by gateway_id, lot_id, valid_from

-- name: active_keys
select id, gateway_id, secret_hash from gateway_key where revoked_at is null order by id

-- name: bans
-- Those that hold or will.
select b.id, b.operator_id, b.lot_id, b.plate, b.plate_color::text as plate_color, b.valid_from, b.valid_until, b.reason,
       b.added_by, b.added_at, b.ended_by, b.ended_at, b.end_reason, b.said, b.said_at
  from ban b where b.valid_until is null or b.valid_until > $1

-- name: places
select code, kind::text as kind, name_zh, name_en, longitude, latitude, aliases from place order by code

-- name: bookable
select lot_id from booking_rule

-- name: no_plate_texts
select t.operator_id, o.code as operator_code, t.text
  from no_plate_text t join operator o on o.id = t.operator_id
 order by o.code, t.text

-- name: facilities
select lot_id, document::text as document from lot_facilities order by lot_id
