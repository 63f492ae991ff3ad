-- One leader per job: an advisory lock of the session, gone with it.

-- name: try_lead
select pg_try_advisory_lock($1, $2)

-- name: stop_leading
select pg_advisory_unlock($1, $2)

-- name: analyze_grown
select analyze_grown()

-- name: create_partitions
select create_partitions($1)
