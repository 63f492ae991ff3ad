-- What the doctor asks of a database.

-- name: server
select current_setting('server_version_num')::int as version, current_setting('server_version') as version_text,
       clock_timestamp() as at, current_setting('transaction_read_only') = 'on' as read_only,
       current_setting('max_connections')::int as connections_max

-- name: applied
select number from schema_migration order by number

-- name: months_missing
-- $1: a day of the month that should be there.
select g.name from growing_table g where to_regclass(g.name || to_char($1::date, '"_"YYYY"_"MM')) is null order by g.name
