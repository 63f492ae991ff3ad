-- What people decide about what devices said: that it was right or nothing, or which vehicle it was that nobody read.

alter type decision_kind add value if not exists 'manual_exit' after 'manual_entry';
-- A value of a type is not used in the transaction that adds it, and so these compare texts.
alter table decision drop constraint counts_as_its_kind_says;
alter table decision add constraint counts_as_its_kind_says
  check (counts is true or kind::text not in ('plate', 'manual_entry', 'manual_exit'));
comment on column decision.fact_id is 'The event it is about, or of a read made by hand and what is decided about that, a number of its own.';
comment on column decision.about_id is 'pair: the entry that the exit belongs to; manual_entry, manual_exit: the exit or the passage for which it was made.';

create table device_decision (
  lot_id      int not null,
  fact_id     uuid not null,
  n           int not null check (n > 0),
  id          uuid not null,
  kind        decision_kind not null,
  case_id     uuid,
  undoes      int,
  note        text not null,
  decided_by  text not null,
  decided_at  timestamptz not null,
  request_key text,
  applies     boolean not null,
  is_settled  boolean not null,
  plate       text,
  made_id     uuid,
  primary key (lot_id, fact_id, n),
  constraint device_decision_of_its_kind check (kind::text in ('right', 'void', 'plate', 'manual_entry', 'manual_exit', 'undo')),
  constraint device_decision_undoes_an_earlier_one
    check ((undoes is not null) = (kind = 'undo') and (undoes is null or undoes between 1 and n - 1)),
  constraint made_by_hand_as_its_kind_says check (made_id is not null or kind::text not in ('manual_entry', 'manual_exit')),
  constraint plate_as_its_kind_says check (plate is not null or kind <> 'plate')
) partition by range (fact_id);
select grow('device_decision', 13);
select create_month_partition('device_decision', month)
  from (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent = 'gate_event'::regclass) made;
create trigger only_grows before update or delete on device_decision for each row execute function deny();
alter table device_decision enable always trigger only_grows;
comment on table device_decision is 'What a person decided about what a device said (device_fact), and how that stands from then on: the last row of a fact holds. It only grows.';
comment on column device_decision.applies is 'Whether anything follows from the fact from then on.';
comment on column device_decision.is_settled is 'Whether it is no case any more, whatever else is told.';
comment on column device_decision.plate is 'Of cash: the vehicle that it was taken for.';
comment on column device_decision.made_id is 'Of a passage: the read that was made by hand for it, and counts (see decision).';
grant select, insert on device_decision to onelot_service;
