-- Makes the ledger in which resumable loads keep their positions. Several statements, run as one behind those that
-- make the schema, before those that close it. No parameters.
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
comment on table vecops.seed_ledger is 'Where `vecops seed --resumable` goes on after a crash. A finished load is kept for a day.'
