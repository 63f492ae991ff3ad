-- One leader per job: whoever has its row until the lease runs out, by the clock of the database.

-- name: claim
-- While another leads, nothing is written and nobody waits.
insert into job (name, holder, leased_until, every_s)
select $1, $2, now() + $3::interval, $4::float8
 where not exists (select 1 from job where name = $1 and leased_until > now())
on conflict (name) do update set holder = excluded.holder, leased_until = excluded.leased_until, every_s = excluded.every_s
 where job.leased_until <= now()
returning name

-- name: renew
update job set leased_until = now() + $3::interval where name = $1 and holder = $2 returning name

-- name: release
update job set leased_until = now(), done_at = case when $3 then now() else done_at end where name = $1 and holder = $2

-- name: analyze_grown
select analyze_grown()

-- name: create_partitions
select create_partitions($1)
