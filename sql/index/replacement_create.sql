-- Makes the table in which the replacing of an index is kept from its first step to its last; nobody but its owner sees
-- it. Several statements, run as one. No parameters.
select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('vecops.index_replacement', 0));
create schema if not exists vecops;
create table if not exists vecops.index_replacement (
    index_schema text not null,
    index_name text not null,
    table_name text not null,
    new_name text not null,
    old_name text not null,
    changes jsonb not null,
    body text not null,
    terms jsonb,
    step text not null check (step in ('building', 'swapped', 'undoing')),
    before jsonb,
    keep_until timestamptz,
    started_at timestamptz not null default pg_catalog.now(),
    primary key (index_schema, index_name)
);
alter table vecops.index_replacement add column if not exists terms jsonb;
comment on table vecops.index_replacement is 'Vector indexes that `vecops index replace` is replacing; running it again goes on, `--rollback` undoes it.';
alter table vecops.index_replacement enable row level security;
revoke all on table vecops.index_replacement from public;
do $$
declare
    role text;
begin
    for role in
        select r.rolname from pg_catalog.pg_roles r
        where r.rolname in ('anon', 'authenticated', 'service_role') and r.rolname <> current_user
    loop
        execute pg_catalog.format('revoke all on table vecops.index_replacement from %I', role);
    end loop;
end
$$
