#!/bin/bash
# Run once by the image of PostgreSQL, when its folder is empty: the database, who owns it, and who the service logs in as.
set -euo pipefail

psql --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
  --set owner_password="$(cat /run/secrets/owner_password)" --set login_password="$(cat /run/secrets/login_password)" <<'SQL'
create role onelot_owner login createrole password :'owner_password';
create database onelot owner onelot_owner;
-- What the service may do is granted to this role by the migrations; whoever logs in is a member of it and of nothing else.
create role onelot_service nologin;
grant onelot_service to onelot_owner with admin option;
create role onelot_login login password :'login_password';
grant onelot_service to onelot_login;
SQL
