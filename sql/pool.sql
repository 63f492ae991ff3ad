-- What a process asks of its database before it works with it.

-- name: applied
select number from schema_migration

-- name: reach
-- What the role that connected could do if it left the service's: `reset role` needs no right.
select session_user::text as login, r.rolsuper or r.rolcreaterole as commands_roles,
       exists (select 1 from pg_class c
                where c.relnamespace = current_schema()::regnamespace and c.relname in ('journal', 'transfer', 'charge')
                  and pg_has_role(session_user, c.relowner, 'member')) as owns_the_books
  from pg_roles r where r.rolname = session_user
