-- Coupons that merchants and operators hand out: which discount of a price each stands for, how often, and who bears it.

create table coupon (
  id          uuid primary key,
  code        text not null unique,
  operator_id bigint not null references operator,
  lot_ids     int[] not null,
  discount    text not null,
  uses_max    int not null,
  valid_from  timestamptz not null,
  valid_until timestamptz not null,
  merchant    text,
  note        text not null,
  added_by    text not null,
  added_at    timestamptz not null,
  ended_by    text,
  ended_at    timestamptz,
  constraint some_lots check (cardinality(lot_ids) between 1 and 500),
  constraint used_at_least_once check (uses_max > 0),
  constraint ends_after_it_begins check (valid_until > valid_from),
  constraint ended_is_whole check ((ended_at is null) = (ended_by is null))
);
create index coupon_of_operator on coupon (operator_id, id);
comment on table coupon is 'Coupons that were handed out. A row never changes but for its end; whoever presents one locks it.';
comment on column coupon.discount is 'Which discount of the price it stands for.';
comment on column coupon.merchant is 'Who bears what it takes off; null: the operator.';
grant select, insert, update (ended_by, ended_at) on coupon to onelot_service;

create table coupon_use (
  lot_id        int not null,
  fact_id       uuid not null,
  coupon_id     uuid not null,
  presented_at  timestamptz not null,
  presented_by  text not null,
  stay_id       uuid,
  given_back_at timestamptz,
  primary key (lot_id, fact_id, coupon_id)
) partition by range (fact_id);
create index coupon_use_of_coupon on coupon_use (coupon_id, fact_id) where given_back_at is null;
select grow('coupon_use', 37);
select create_month_partition('coupon_use', month)
  from (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent = 'stay'::regclass) made;
comment on table coupon_use is 'Coupons that were presented: each goes with the stay that its fact is part of.';
comment on column coupon_use.fact_id is 'An event of the stay: its exit, or the one that the stay is called by.';
comment on column coupon_use.stay_id is 'The stay that was last priced with it.';
comment on column coupon_use.given_back_at is 'When it was found that the stay is none any more, or was not paid in the end: then it may be used again.';
grant select, insert, update (stay_id, given_back_at) on coupon_use to onelot_service;
