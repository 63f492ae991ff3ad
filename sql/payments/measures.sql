-- What waits, counted now and then by each worker and not further than $1: the figure is for a graph.

-- name: attempts
select state::text as name, count(*)::int as number
  from (select state from attempt where query_at is not null limit $1) open
 group by state

-- name: refunds
select state::text as name, count(*)::int as number
  from (select state from refund where query_at is not null limit $1) open
 group by state

-- name: disputes
select kind::text as name, count(*)::int as number
  from (select kind from dispute where state = 'open' limit $1) open
 group by kind

-- name: to_collect
-- The first of the index is late the longest.
select (select count(*) from (select 1 from charge where collect_at is not null limit $1) asked)::int as number,
       coalesce((select extract(epoch from $2 - collect_at) from charge
                  where collect_at is not null order by collect_at limit 1), 0)::float8 as late_s,
       (select count(*) from (select 1 from charge_hold where released_at is null limit $1) held)::int as held
