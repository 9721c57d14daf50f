-- The part of Supabase Auth that row security policies name: who the request's token says is asking.
-- `request.jwt.claims` is what the API sets today, `request.jwt.claim.sub` and its like what it set before.

create schema auth;
grant usage on schema auth to postgres, anon, authenticated, service_role;

create function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(pg_catalog.current_setting('request.jwt.claim.sub', true), ''),
    nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.jsonb ->> 'sub'
  )::pg_catalog.uuid
$$;

create function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(pg_catalog.current_setting('request.jwt.claim.role', true), ''),
    nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.jsonb ->> 'role'
  )
$$;

create function auth.email() returns text language sql stable as $$
  select coalesce(
    nullif(pg_catalog.current_setting('request.jwt.claim.email', true), ''),
    nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.jsonb ->> 'email'
  )
$$;

create function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(pg_catalog.current_setting('request.jwt.claim', true), ''),
    nullif(pg_catalog.current_setting('request.jwt.claims', true), '')
  )::pg_catalog.jsonb
$$;

-- What foreign keys to `auth.users` need; the real table has many more columns.
create table auth.users (
  id uuid primary key default pg_catalog.gen_random_uuid(),
  email text unique,
  created_at timestamptz not null default pg_catalog.now()
);
grant select, insert, update, delete, references, trigger on auth.users to postgres;
