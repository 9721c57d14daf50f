-- Makes the table in which the definitions of dropped indexes are kept until they are built again. Several
-- statements, run as one behind those that make the schema, before those that close it. No parameters.
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
comment on table vecops.deferred_index is 'Vector indexes that `vecops seed --defer-indexes` dropped; `vecops index restore-deferred` builds them again.'
