-- A key is one decision: all that was said under it is compared, and not only what the decision came to.

alter table decision add column said_hash bytea;
alter table device_decision add column said_hash bytea;
comment on column decision.said_hash is '16 bytes over all that was said under request_key; null where none was given, or by a version that kept none.';
comment on column device_decision.said_hash is '16 bytes over all that was said under request_key; null where none was given, or by a version that kept none.';
