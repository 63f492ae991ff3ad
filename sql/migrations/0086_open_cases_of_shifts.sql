-- A shift is handed over with the cases that were before a person in its lot.

alter table booth_shift add column open_cases uuid[];
comment on column booth_shift.open_cases is 'The cases of the lot that were open when it was handed over.';
comment on column booth_shift.digest is 'SHA-256 over the cash, the lifts and the open cases that were handed over, as parking/shifts.py writes them down.';
grant update (open_cases) on booth_shift to onelot_service;
