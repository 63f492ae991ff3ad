-- The audit log of both contexts.

-- name: record
insert into audit (owner_id, id, at, actor, action, subject, detail)
values ($1, $2, $3, $4, $5, $6, $7::text::jsonb)
on conflict do nothing
