-- The chain of the audit log.

-- name: head
select position, hash from audit_head

-- name: locked_head
-- Whoever puts lines into the chain waits here for whoever forgets part of one, and the other way round.
select position, hash from audit_head for update

-- name: waiting
-- The first that wait, in the order in which they are put in.
select a.owner_id, a.id, a.at, a.actor, a.action, a.subject, a.detail::text as detail
  from audit_waiting w join audit a on a.owner_id = w.owner_id and a.id = w.audit_id
 order by w.audit_id, w.owner_id
 limit $1

-- name: put
insert into audit_link (position, owner_id, audit_id, salt, leaf, hash, linked_at)
select l.*, $7 from unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::bytea[], $5::bytea[], $6::bytea[]) l

-- name: wait_no_more
delete from audit_waiting w using unnest($1::bigint[], $2::uuid[]) l (owner_id, audit_id)
 where w.owner_id = l.owner_id and w.audit_id = l.audit_id

-- name: move_head
update audit_head set position = $1, hash = $2

-- name: count_waiting
select count(*)::int from audit_waiting

-- name: kept
-- Places of the chain after a position, with their lines. What is forgotten: plates when their time is over, and names
-- with their accounts.
select l.position, l.owner_id, l.audit_id, l.salt, l.leaf, l.hash,
       a.at, a.actor, a.action, a.subject, a.detail::text as detail,
       l.salt is null
         and (l.audit_id < (select through from forgetting where what = 'audit')
              or exists (select 1 from account o where o.id = l.owner_id and o.forgotten_at is not null)) as may_be_forgotten
  from audit_link l left join audit a on a.owner_id = l.owner_id and a.id = l.audit_id
 where l.position > $1
 order by l.position
 limit $2

-- name: hash_at
select hash from audit_link where position = $1

-- name: not_in_it
-- A line that is neither in the chain nor waits for it.
select a.owner_id, a.id
  from audit a
 where not exists (select 1 from audit_link l where l.owner_id = a.owner_id and l.audit_id = a.id)
   and not exists (select 1 from audit_waiting w where w.owner_id = a.owner_id and w.audit_id = a.id)
 order by a.id
 limit $1
