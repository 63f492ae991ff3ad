-- Staff who have an account of the city sign in with that: by what the city's identity says of them.

alter table staff
  add identity text unique,
  add constraint identity_has_its_form check (identity <> '' and length(identity) <= 200);
comment on column staff.identity is 'Who this is to the city''s identity (OpenID Connect); null: signs in by password alone.';
grant update (identity) on staff to onelot_service;
