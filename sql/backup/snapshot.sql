-- The snapshot of this transaction, handed out to others, and when it was.
select
    pg_catalog.pg_export_snapshot() as id,
    case
        when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
        else pg_catalog.pg_current_wal_lsn()
    end::text as lsn,
    pg_catalog.to_char(
        pg_catalog.timezone('UTC', pg_catalog.statement_timestamp()),
        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
    ) as time
