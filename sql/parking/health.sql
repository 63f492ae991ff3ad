-- What the database says of itself.

-- name: observed
select clock_timestamp() as at, current_setting('transaction_read_only') = 'on' as read_only
