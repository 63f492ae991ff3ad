-- What of a city is registered already, so that registering it again adds nothing.

-- name: operators
select code, id from operator

-- name: lots
select code, id from lot

-- name: payers
select plate, plate_color::text as plate_color, account_id from account_plate where unlinked_at is null

-- name: topped_up
select distinct account_id from top_up where account_id = any($1)
