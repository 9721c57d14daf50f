-- Makes the ledger in which restores keep how far they are; nobody but its owner sees it. Several statements, run as
-- one. No parameters.
select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('vecops.restore_ledger', 0));
create schema if not exists vecops;
create table if not exists vecops.restores (
    restore_id text primary key,
    backup text not null,
    stage text not null,
    done bigint not null default 0,
    state text not null,
    started_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.now()
);
create table if not exists vecops.restore_ledger (
    restore_id text not null references vecops.restores (restore_id) on delete cascade,
    table_name text not null,
    chunk bigint not null,
    rows bigint not null,
    loaded_at timestamptz not null default pg_catalog.now(),
    primary key (restore_id, table_name, chunk)
);
comment on table vecops.restores is 'How far restores are. A finished one is kept for a day.';
comment on table vecops.restore_ledger is 'Which chunks unfinished restores have loaded.';
alter table vecops.restores enable row level security;
alter table vecops.restore_ledger enable row level security;
revoke all on table vecops.restores, vecops.restore_ledger from public;
do $$
declare
    role text;
begin
    for role in
        select r.rolname from pg_catalog.pg_roles r
        where r.rolname in ('anon', 'authenticated', 'service_role') and r.rolname <> current_user
    loop
        execute pg_catalog.format('revoke all on table vecops.restores, vecops.restore_ledger from %I', role);
    end loop;
end
$$
