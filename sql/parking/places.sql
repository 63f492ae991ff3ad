-- Places that people go to and ask for by name.

-- name: place_to_change
select code, kind::text as kind, name_zh, name_en, longitude, latitude, aliases from place where code = $1 for update

-- name: put_place
insert into place (code, kind, name_zh, name_en, longitude, latitude, aliases)
values ($1, $2::place_kind, $3, $4, $5, $6, $7)
on conflict (code) do update
   set kind = excluded.kind, name_zh = excluded.name_zh, name_en = excluded.name_en, longitude = excluded.longitude,
       latitude = excluded.latitude, aliases = excluded.aliases
