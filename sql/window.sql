-- From when on invariants compare row with row, for this transaction: see checked_from().

-- name: begin_at
select set_config('onelot.checked_from', id_floor($1)::text, true)
