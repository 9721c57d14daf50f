-- Makes the ledger in which restores keep how far they are. Several statements, run as one behind those that make
-- the schema, before those that close it. No parameters.
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
comment on table vecops.restore_ledger is 'Which chunks unfinished restores have loaded.'
