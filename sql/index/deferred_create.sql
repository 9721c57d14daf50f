-- Makes the table in which the definitions of dropped indexes are kept until they are built again; nobody but its owner
-- sees it. Several statements, run as one. No parameters.
select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('vecops.deferred_index', 0));
create schema if not exists vecops;
create table if not exists vecops.deferred_index (
    table_schema text not null,
    table_name text not null,
    index_name text not null,
    body text not null,
    comment text,
    tablespace text,
    layout jsonb,
    dropped_at timestamptz not null default pg_catalog.now(),
    primary key (table_schema, index_name)
);
comment on table vecops.deferred_index is 'Vector indexes that `vecops seed --defer-indexes` dropped; `vecops index restore-deferred` builds them again.';
alter table vecops.deferred_index enable row level security;
revoke all on table vecops.deferred_index from public;
do $$
declare
    role text;
begin
    for role in
        select r.rolname from pg_catalog.pg_roles r
        where r.rolname in ('anon', 'authenticated', 'service_role') and r.rolname <> current_user
    loop
        execute pg_catalog.format('revoke all on table vecops.deferred_index from %I', role);
    end loop;
end
$$
