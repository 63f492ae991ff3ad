-- A provider that has accepted a payment may want the payer to do something: follow an address, scan a code, confirm in
-- an app. What that takes is kept with the attempt, so that it can be shown again.

alter table attempt add column next_action jsonb;
comment on column attempt.next_action is 'What the payer needs to go on with an accepted payment, as the provider gave it; null if nothing.';
grant update (next_action) on attempt to onelot_service;
