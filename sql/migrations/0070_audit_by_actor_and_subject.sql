-- Who did something, and what was done to something, is looked up in a log that keeps three years. Made on the table alone,
-- as 0066.

create index audit_by_actor on only audit (actor, id);
create index audit_by_subject on only audit (subject, id);
