-- Runs of reports, and schedules that ask for them.

-- name: insert
insert into report_run (owner_id, id, report, form, language, asked, asked_by, asked_at, schedule_id, way, address)
values ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10, $11)

-- name: runs
-- The newest first, before $2; $1: of one operator, or null for all; $4: one alone.
select owner_id, id, report, form, language, asked::text as asked, asked_by, asked_at, state::text as state, tries, begun_at, ended_at,
       rows_made, size_bytes, sha256, file, error, schedule_id, way, address, deliver_at, deliver_tries, delivered_at, deliver_error
  from report_run
 where ($1::bigint is null or owner_id = $1) and ($2::uuid is null or id < $2) and ($4::uuid is null or id = $4)
 order by id desc
 limit $3

-- name: next_run
-- One worker makes reports at a time, so what is running has lost the one that made it.
update report_run r
   set state = 'running', tries = r.tries + 1, begun_at = $1, rows_made = 0
  from (select owner_id, id from report_run where state in ('waiting', 'running') order by asked_at limit 1 for update skip locked) n
 where r.owner_id = n.owner_id and r.id = n.id
returning r.owner_id, r.id, r.report, r.form, r.language, r.asked::text as asked, r.asked_by, r.asked_at, r.state::text as state, r.tries,
          r.begun_at, r.ended_at, r.rows_made, r.size_bytes, r.sha256, r.file, r.error, r.schedule_id, r.way, r.address, r.deliver_at,
          r.deliver_tries, r.delivered_at, r.deliver_error

-- name: progress
update report_run set rows_made = $3 where owner_id = $1 and id = $2

-- name: done
update report_run
   set state = 'done', ended_at = $3, rows_made = $4, size_bytes = $5, sha256 = $6, file = $7, error = null,
       deliver_at = case when way is not null then $3::timestamptz end
 where owner_id = $1 and id = $2

-- name: failed
-- Tried again until $5; what cannot be made at all ($6) is not.
update report_run
   set state = case when tries < $5 and not $6::boolean then 'waiting' else 'failed' end::report_run_state, error = $4,
       ended_at = case when tries < $5 and not $6::boolean then null else $3::timestamptz end
 where owner_id = $1 and id = $2

-- name: to_deliver
select owner_id, id, report, form, language, asked::text as asked, asked_by, asked_at, state::text as state, tries, begun_at, ended_at,
       rows_made, size_bytes, sha256, file, error, schedule_id, way, address, deliver_at, deliver_tries, delivered_at, deliver_error
  from report_run where deliver_at <= $1 order by deliver_at limit $2

-- name: delivered
update report_run set delivered_at = $3, deliver_at = null, deliver_tries = deliver_tries + 1, deliver_error = null
 where owner_id = $1 and id = $2

-- name: not_delivered
update report_run set deliver_at = $3, deliver_tries = deliver_tries + 1, deliver_error = $4 where owner_id = $1 and id = $2

-- name: expired
delete from report_run where asked_at < $1 and state in ('done', 'failed') returning file

-- name: insert_schedule
insert into report_schedule (owner_id, id, report, form, language, asked, every, way, address, made_by, made_at, through)
values ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10, $11, $12)

-- name: schedules
select owner_id, id, report, form, language, asked::text as asked, every, way, address, made_by, made_at, through, ended_at
  from report_schedule
 where ended_at is null and ($1::bigint is null or owner_id = $1) and ($2::uuid is null or id = $2)
 order by id
 limit $3

-- name: move_schedule
update report_schedule set through = $3 where owner_id = $1 and id = $2 and through < $3 and ended_at is null returning id

-- name: end_schedule
update report_schedule set ended_at = $3 where owner_id = $1 and id = $2 and ended_at is null
