-- What the database says of itself and of the worker.

-- name: observed
select clock_timestamp() as at, current_setting('transaction_read_only') = 'on' as read_only

-- name: rounds
select name, coalesce(every_s, 0) as every_s, leased_until > now() as running,
       extract(epoch from now() - done_at)::float8 as done_s_ago
  from job order by name
