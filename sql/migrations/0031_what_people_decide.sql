-- What people decide about events are facts as well: they only grow, and stays are derived from events as decided.

alter type review_reason add value if not exists 'appeal';

create type decision_kind as enum
  ('plate', 'void', 'right', 'pair', 'manual_entry', 'let_out_free', 'let_out_and_charge', 'undo');
create type let_out as enum ('free', 'charge');

create table decision (
  lot_id        int not null,
  fact_id       uuid not null,
  n             int not null check (n > 0),
  id            uuid not null,
  kind          decision_kind not null,
  about_id      uuid,
  case_id       uuid,
  undoes        int,
  note          text not null,
  decided_by    text not null,
  decided_at    timestamptz not null,
  request_key   text,
  lane_id       int not null,
  direction     direction not null,
  at            timestamptz not null,
  plate         text not null,
  plate_color   plate_color not null,
  vehicle_class vehicle_class not null,
  confidence    real not null,
  counts        boolean not null,
  looked_at     boolean not null,
  let_out       let_out,
  pair_id       uuid,
  primary key (lot_id, fact_id, n),
  constraint decision_confidence_is_share check (confidence between 0 and 1),
  constraint counts_as_its_kind_says check (counts or kind not in ('plate', 'manual_entry')),
  constraint void_counts_no_more check (not counts or kind <> 'void'),
  constraint paired_as_its_kind_says check (kind <> 'pair' or (about_id is not null and pair_id = about_id)),
  constraint let_out_as_its_kind_says check (
    kind not in ('let_out_free', 'let_out_and_charge')
    or (let_out is not null and (let_out = 'free') = (kind = 'let_out_free'))),
  constraint undoes_an_earlier_one check ((undoes is not null) = (kind = 'undo') and (undoes is null or undoes between 1 and n - 1))
) partition by range (fact_id);
create index decision_by_lane on decision (lot_id, lane_id, at, fact_id);
create index decision_by_about on decision (lot_id, about_id) where about_id is not null;
select grow('decision', 13);
select create_month_partition('decision', month)
  from (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent = 'gate_event'::regclass) made;
create trigger only_grows before update or delete on decision for each row execute function deny();
alter table decision enable always trigger only_grows;
comment on table decision is 'What a person decided about a fact (a read at a lane), and how that fact stands from then on: the last row of a fact is what stays are derived from. It only grows.';
comment on column decision.fact_id is 'The event it is about, or of a manual entry and what is decided about that, a number of its own.';
comment on column decision.n is '1, 2, … of its fact.';
comment on column decision.about_id is 'pair: the entry that the exit belongs to; manual_entry: the exit for which it was made.';
comment on column decision.undoes is 'The number of the decision about the same fact that no longer holds.';
comment on column decision.counts is 'Whether it is a read of a vehicle from then on; lane_id and what follows are as it counts.';
comment on column decision.looked_at is 'A person found right what followed from it: nothing is in doubt.';
comment on column decision.request_key is 'Chosen by the caller: the same key is the same decision.';
grant select, insert on decision to onelot_service;

alter table stay add column let_out let_out;
comment on column stay.let_out is 'The barrier was opened for it by a person: free, or though it was not paid.';

alter table review
  add column decision_id uuid,
  add column assignee text,
  add column assigned_at timestamptz,
  add column account_id bigint,
  add column charge_id uuid,
  add column said text,
  add constraint assigned_is_whole check ((assignee is null) = (assigned_at is null)),
  add constraint appeal_is_whole check ((account_id is null) = (charge_id is null) and (account_id is null) = (said is null));
create index review_by_event on review (lot_id, event_id);
create index review_appeals on review (account_id, id) where account_id is not null;
comment on column review.decision_id is 'The decision by which a person resolved it.';
comment on column review.assignee is 'Who of the staff looks at it.';
comment on column review.said is 'What the driver of account_id, who appeals against charge_id, wrote.';

alter table token add column lot_id int references lot;
comment on column token.lot_id is 'The one lot that a booth is at.';
