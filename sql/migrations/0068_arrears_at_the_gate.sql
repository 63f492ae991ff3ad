-- Whether a lane says what its car owes from before: as the operator says, or one of its lots otherwise.

create type say_arrears as enum ('nothing', 'show');
alter table operator add column say_arrears say_arrears not null default 'nothing';
alter table lot add column say_arrears say_arrears;
comment on column operator.say_arrears is 'Whether the lanes of its lots say what a car owes from before (show), or nothing.';
comment on column lot.say_arrears is 'The same of one lot; null: as its operator says.';
grant update (say_arrears) on operator to onelot_service;
