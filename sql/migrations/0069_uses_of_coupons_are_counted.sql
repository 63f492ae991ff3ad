-- Whoever presented a coupon read all uses of its code, under the locks of the lots. How many there are stands in the
-- coupon's row, which is locked for that anyway. What the version before adds to it until it is gone is counted by the
-- worker's job.
alter table coupon add column used int not null default 0 constraint used_so_often check (used >= 0);
comment on column coupon.used is 'How many stays it goes with: its uses that were not given back.';
grant update (used) on coupon to onelot_service;

update coupon c set used = u.uses
  from (select coupon_id, count(*)::int as uses from coupon_use where given_back_at is null group by coupon_id) u
 where c.id = u.coupon_id;
