-- Operators are corrected, and end on a day.

alter table operator add column closed_from date;
comment on column operator.closed_from is 'The first day (by its clock) on which it runs no lots any more. What is owed is settled and paid as ever.';
grant update (time_zone, closed_from) on operator to onelot_service;
