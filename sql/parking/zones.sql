-- What price areas are called.

-- name: zone_names
select id, name_zh, name_en from zone where code = $1

-- name: rename_zone
update zone set name_zh = $2, name_en = $3 where id = $1
