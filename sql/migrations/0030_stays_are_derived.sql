-- Stays follow from facts and are derived again whenever one is added, so each says which it stands on, why it may not
-- be what it looks like, and what was believed before.

create index gate_event_by_lane on gate_event (lot_id, lane_id, effective_at, id);

alter table open_stay
  add column confidence real not null default 1,
  add column facts uuid[] not null default '{}',
  add column read_until timestamptz;
comment on column open_stay.facts is 'The events it stands on: the reads of its entry.';

alter table stay
  add column confidence real not null default 1,
  add column facts uuid[] not null default '{}',
  add column read_until timestamptz,
  add column doubts text[] not null default '{}',
  add column seen_again_at timestamptz,
  add column matched_id uuid,
  add column matched_half stay_state,
  add column merged_into uuid,
  add column believed_from timestamptz not null default '-infinity',
  drop constraint closed_is_whole,
  drop constraint superseded_lacks_exit,
  drop constraint exit_only_lacks_entry,
  add constraint closed_is_whole check (state <> 'closed' or (entered_at is not null and left_at is not null and fee_fen is not null)),
  add constraint superseded_lacks_exit check (state not in ('superseded', 'open') or (entered_at is not null and left_at is null)),
  add constraint exit_only_lacks_entry check (state <> 'exit_only' or (entered_at is null and left_at is not null)),
  add constraint matched_is_closed check ((matched_id is null) = (matched_half is null) and (matched_id is null or state = 'closed')),
  add constraint merged_leads_on check (state = 'merged' or merged_into is null);
comment on table stay is 'Stays that are over, and halves of such. superseded: an entry whose exit was not seen. exit_only: an exit whose entry was not seen. merged: the number leads to another stay (merged_into). open: it is inside again (open_stay). What was believed before stands in stay_revision.';
comment on column stay.facts is 'The events it stands on: the reads of its entry, then those of its exit.';
comment on column stay.read_until is 'When the last of its events was: a car that stands at a lane is read again and again.';
comment on column stay.doubts is 'Why it may not be what it looks like; while there is one, no account is charged for it by itself.';
comment on column stay.matched_id is 'The half whose exit ended it, read with another text; it is merged into this one.';

update stay set facts = array_remove(array[entry_event_id, exit_event_id], null);
-- A stay's number is that of its first read. What was answered for vehicles that are inside leads there.
insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, entered_at, merged_into, believed_from)
select lot_id, id, plate, plate_color, vehicle_class, 'merged', entered_at, entry_event_id, '-infinity'
  from open_stay where id <> entry_event_id;
update open_stay set id = entry_event_id, facts = array[entry_event_id];

-- Halves are rare, and looked for by lot whatever their text.
create index stay_halves on stay (lot_id, last_at, id) where state <> 'closed' or matched_id is not null;

create table stay_revision (
  lot_id         int not null,
  id             uuid not null,
  stay_id        uuid not null,
  believed_from  timestamptz not null,
  believed_until timestamptz not null,
  plate          text not null,
  plate_color    plate_color not null,
  state          stay_state not null,
  entered_at     timestamptz,
  left_at        timestamptz,
  facts          uuid[] not null,
  doubts         text[] not null,
  tariff_id      int,
  fee_fen        bigint,
  account_id     bigint,
  primary key (lot_id, id),
  constraint believed_for_a_while check (believed_until >= believed_from)
) partition by range (id);
create index stay_revision_of_stay on stay_revision (lot_id, stay_id, id);
select grow('stay_revision', 37);
comment on table stay_revision is 'What was believed of a stay before a later fact changed it, and from when until when.';
grant select, insert on stay_revision to onelot_service;

alter table review add column stay_id uuid;
comment on column review.stay_id is 'The stay it is about when it was opened, if any.';

-- Halves that became whole since are nobody's matter any more.
update review r set resolved_at = now(), resolved_by = 'facts'
  from stay s
 where r.resolved_at is null and r.reason in ('exit_without_entry', 'entry_while_inside', 'entry_out_of_order')
   and s.lot_id = r.lot_id and r.event_id = any(s.facts) and s.state = 'closed';
