-- The audit log of both contexts.

-- name: record
insert into audit (owner_id, id, at, actor, action, subject, detail)
values ($1, $2, $3, $4, $5, $6, $7::text::jsonb)
on conflict do nothing

-- name: record_all
insert into audit (owner_id, id, at, actor, action, subject, detail)
select owner_id, id, at, actor, action, subject, detail::jsonb
  from unnest($1::bigint[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[])
       as l (owner_id, id, at, actor, action, subject, detail)
on conflict do nothing

-- name: lines
-- Keyset pages by id, the newest first. $7: under the operator of this code; $8 and $9: from which identifier on, and
-- before which, as these have the instant of their lines.
select owner_id, id, at, actor, action, subject, detail::text as detail
  from audit
 where ($1::bigint is null or owner_id = $1) and ($2::text is null or actor = $2) and ($3::text is null or action = $3)
   and ($4::text is null or subject = $4) and ($5::uuid is null or id < $5)
   and ($7::text is null or owner_id = (select o.id from operator o where o.code = $7)) and id >= $8 and id < $9
 order by id desc
 limit $6
