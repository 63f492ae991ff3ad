-- How long things are kept is said where their tables are made: `select grow('gate_event', 13)`.

-- name: tables_that_expire
select name from growing_table where keep_months is not null order by name

-- name: drop_expired
select drop_expired($1, $2) as dropped

-- How long of people is known what stands in rows that stay is said in the table forgetting (migration 0019).

-- name: forget_a_day
select forget_a_day($1, $2)

-- name: forget_ended_links
select forget_ended_links($1)

-- name: forget_ended_rights
select forget_ended_rights($1)

-- name: forget_closed_accounts
select forget_closed_accounts($1)
