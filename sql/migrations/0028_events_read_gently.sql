-- Events are read as far as they can be, and an event that comes again with more is kept as one more read of it.

alter type review_reason add value 'numbers_restarted' before 'long_stay';

alter table gate_event
  add column doubts jsonb,
  add column first_id uuid;
comment on column gate_event.doubts is 'What was not sent in its form: field, what was sent, what it was read as. For whoever runs the gateway.';
comment on column gate_event.first_id is 'This is one more read of that event, with fuller or other content under the same number, and changed nothing.';
