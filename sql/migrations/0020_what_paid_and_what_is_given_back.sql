-- A charge names the attempt that paid it, and a refund the attempt whose money it gives back: "the oldest that succeeded"
-- is somebody else's where two did. A refund is asked for at its own time, as an attempt is, and gives back what was taken
-- for a charge or for a top-up.

alter table charge add column paid_attempt_id uuid;
alter table charge add column void_reason text;
comment on column charge.paid_attempt_id is 'The attempt whose money paid it. Another that succeeded has its money in suspense (dispute).';
comment on column charge.void_reason is 'Why it is void: voiding it again for another reason is refused.';
grant update (paid_attempt_id, void_reason) on charge to onelot_service;

-- Both rows were written in one transaction with one instant.
update charge c set paid_attempt_id = (
    select a.id from attempt a
     where a.shard = c.lot_id and a.payable_id = c.id and a.kind = 'charge' and a.state = 'succeeded' and a.channel = c.method
     order by a.updated_at = c.paid_at desc, a.id limit 1)
 where c.state = 'paid';

alter table attempt add column channel_no text;
alter table attempt add column account_id bigint;
alter table attempt add column key_digest text;
comment on column attempt.channel_no is 'The number the channel itself gave the payment: evidence that names another is disputed.';
comment on column attempt.account_id is 'The account that asked for it, if it proved to be the one that owes; null for whoever has the reference of a charge.';
comment on column attempt.key_digest is 'The key its asker chose, hashed: the same key is the same attempt.';
grant update (channel_no) on attempt to onelot_service;
create unique index attempt_by_key on attempt (shard, payable_id, key_digest) where key_digest is not null;

-- What gave way is asked for all the same: its money may still come.
alter table attempt drop constraint unresolved_is_queried;
alter table attempt add constraint unresolved_is_queried check (
    query_at is null or state in ('submitting', 'accepted', 'unknown', 'void', 'superseded'));

alter table refund rename column lot_id to shard;
alter table refund rename column charge_id to payable_id;
alter table refund add column attempt_id uuid;
alter table refund add column dispute_id uuid;
alter table refund add column asked_by text;
alter table refund add column code text;
alter table refund add column tries int not null default 1;
alter table refund add column query_at timestamptz;
update refund r set attempt_id = coalesce(
    (select c.paid_attempt_id from charge c where c.lot_id = r.shard and c.id = r.payable_id and c.method = r.channel),
    (select a.id from attempt a where a.shard = r.shard and a.payable_id = r.payable_id and a.state = 'succeeded'
       and a.channel = r.channel order by a.id limit 1));
update refund set query_at = updated_at where state in ('requested', 'unknown');
alter table refund alter column attempt_id set not null;
alter table refund add constraint unresolved_is_queried check (query_at is null or state in ('requested', 'unknown'));
drop index refund_unresolved;
create index refund_to_query on refund (query_at) where query_at is not null;
comment on table refund is 'Money given back by the way it came: of a paid charge, reserved on the charge when it is asked for, or out of suspense.';
comment on column refund.shard is 'Where the payable lies, as in attempt.';
comment on column refund.attempt_id is 'The attempt whose money it gives back.';
comment on column refund.dispute_id is 'The dispute whose money in suspense it gives back; null for a refund of a charge.';
grant update (code, tries, query_at) on refund to onelot_service;
