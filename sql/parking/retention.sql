-- How long things are kept is said where their tables are made: `select grow('gate_event', 13)`.

-- name: tables_that_expire
select name from growing_table where keep_months is not null order by name

-- name: drop_expired
select drop_expired($1, $2) as dropped
