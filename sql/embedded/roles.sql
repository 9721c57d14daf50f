-- The roles of a Supabase project, as the migrations of supabase/postgres leave them. Run once, as the
-- superuser, in a new cluster. Passwords are set apart.

create role anon nologin inherit;
create role authenticated nologin inherit;
create role service_role nologin inherit bypassrls;
create role authenticator login noinherit;
grant anon, authenticated, service_role to authenticator;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';

-- The customer's role: powerful, and not a superuser.
create role postgres login nosuperuser createdb createrole replication bypassrls;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres with admin option;
grant pg_create_subscription to postgres;

-- What supautils lets it set on Supabase although these are a superuser's.
grant set on parameter session_replication_role, track_io_timing, log_min_messages, log_lock_waits to postgres;
alter database postgres owner to postgres;
