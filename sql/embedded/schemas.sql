-- The schemas and grants of a Supabase project. As on projects since 2026-05-30, new tables in `public` are
-- granted to nobody: there are no default privileges.

create schema extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role;
grant usage on schema public to postgres, anon, authenticated, service_role;
grant create on schema public to postgres;
