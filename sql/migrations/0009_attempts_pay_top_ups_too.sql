-- An attempt pays whatever can be paid. So far a top-up carried the columns of its only attempt itself; now its attempt
-- is a row like that of a charge, kept by the same constraints and asked for by the same question.

create type payable_kind as enum ('charge', 'top_up');

drop view disputed_payment;

alter table attempt rename column lot_id to shard;
alter table attempt rename column charge_id to payable_id;
alter table attempt add column kind payable_kind not null default 'charge';
alter table attempt alter column kind drop default;

insert into attempt (shard, payable_id, id, kind, request_no, channel, amount_fen, state, code, request, created_at,
                     updated_at, query_at)
select account_id, id, id, 'top_up', request_no, channel, amount_fen, state, code, request, created_at, updated_at, query_at
  from top_up;

alter table top_up rename column request_no to key_digest;
alter table top_up drop column channel, drop column state, drop column code, drop column request, drop column updated_at,
  drop column query_at;

comment on table attempt is 'One try to collect a charge or a top-up through one channel (扣费尝试). request_no is what the channel knows it by and is committed before the first byte is sent.';
comment on column attempt.shard is 'Where the payable lies: the lot of a charge, the account of a top-up.';
comment on column attempt.payable_id is 'The charge or the top-up it pays, as kind says.';
comment on table top_up is 'Money a driver puts into the wallet through a channel (充值). How far that went says its attempt.';
comment on column top_up.key_digest is 'The key the driver chose for it, hashed together with the account: the same key is the same top-up.';

-- Nobody asks about these any more and nothing else may be tried in their place: a person has to look.
create view disputed_payment as
  select kind, shard, payable_id, id, request_no, channel, amount_fen, state, updated_at
    from attempt where state in ('submitting', 'accepted', 'unknown') and code = 'evidence_mismatch';
comment on view disputed_payment is 'Payments whose channel named another number or amount than was asked for. They wait for a person.';
grant select on disputed_payment to onelot_service;
