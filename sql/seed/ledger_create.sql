-- Makes the ledger in which resumable loads keep their positions; nobody but its owner sees it. Several statements,
-- run as one. No parameters.
select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('vecops.seed_ledger', 0));
create schema if not exists vecops;
create table if not exists vecops.seed_ledger (
    load_id text primary key,
    destination text not null,
    source text not null,
    rows bigint not null default 0,
    digest text not null default '',
    refused_lines bigint not null default 0,
    rejected bigint not null default 0,
    rejects_file text,
    rejects_bytes bigint not null default 0,
    counts jsonb not null default '{}',
    finished boolean not null default false,
    started_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.now()
);
comment on table vecops.seed_ledger is 'Where `vecops seed --resumable` goes on after a crash. A finished load is kept for a day.';
alter table vecops.seed_ledger enable row level security;
revoke all on table vecops.seed_ledger from public;
do $$
declare
    role text;
begin
    for role in
        select r.rolname from pg_catalog.pg_roles r
        where r.rolname in ('anon', 'authenticated', 'service_role') and r.rolname <> current_user
    loop
        execute pg_catalog.format('revoke all on table vecops.seed_ledger from %I', role);
    end loop;
end
$$
