-- A read at the exit is no departure where a lot tells passages: the vehicle is inside until it passes.

alter table lot
  add column confirms_passages_since timestamptz,
  add column leave_within_min int not null default 15,
  add constraint leaves_within_reason check (leave_within_min between 1 and 120);
comment on column lot.confirms_passages_since is 'From when on a car that was read at an exit is inside until a passage says that it passed; null: an opened barrier means passed.';
comment on column lot.leave_within_min is 'How long who has paid may take to leave; what is beyond that is asked.';

alter table stay
  add column at_exit boolean not null default false,
  add column exits timestamptz[] not null default '{}',
  add column counted boolean not null default true;
create index stay_at_exit on stay (lot_id, entered_at) where at_exit;
comment on column stay.at_exit is 'It was read at an exit and was not seen to pass: where the state is closed, it counts among the cars inside.';
comment on column stay.exits is 'When it was read at an exit, if that was more than once and the lot tells passages: until when it is billed follows from that and from when it was paid.';
comment on column stay.counted is 'Of one that is at_exit, as in open_stay.';
