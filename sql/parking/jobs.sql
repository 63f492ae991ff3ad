-- One leader per job: whoever has its row until the lease runs out, by the clock of the database.

-- name: claim
-- While another leads, nothing is written and nobody waits.
insert into job (name, holder, leased_until, every_s, begun_at)
select $1, $2, now() + $3::interval, $4::float8, now()
 where not exists (select 1 from job where name = $1 and leased_until > now())
on conflict (name) do update set holder = excluded.holder, leased_until = excluded.leased_until, every_s = excluded.every_s,
                                 begun_at = excluded.begun_at
 where job.leased_until <= now()
returning name

-- name: renew
update job set leased_until = now() + $3::interval where name = $1 and holder = $2 returning name

-- name: release
update job
   set leased_until = now(),
       took_s = extract(epoch from now() - begun_at),
       done_at = case when $3::text is null then now() else done_at end,
       failures = case when $3::text is null then 0 else failures + 1 end,
       failed_at = case when $3::text is null then failed_at else now() end,
       error = coalesce($3, error)
 where name = $1 and holder = $2

-- name: rounds
select name, coalesce(every_s, 0) as every_s, leased_until > now() as running,
       extract(epoch from now() - done_at)::float8 as done_s_ago, begun_at, done_at, took_s, failures, failed_at, error, holder
  from job order by name

-- name: analyze_grown
select analyze_grown()

-- name: growing_tables
select name from growing_table order by name

-- name: create_partitions_of
select create_partitions_of($1, $2)
