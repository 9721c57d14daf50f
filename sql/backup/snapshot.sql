-- The snapshot of this transaction, handed out to others, and when it was: on a replica, no later than the last
-- transaction that it has heard of.
select
    pg_catalog.pg_export_snapshot() as id,
    case
        when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
        else pg_catalog.pg_current_wal_lsn()
    end::text as lsn,
    pg_catalog.to_char(
        pg_catalog.timezone(
            'UTC',
            least(
                pg_catalog.statement_timestamp(),
                -- A server that was a replica once, or came back from a crash, still has the time of then.
                case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_xact_replay_timestamp() end
            )
        ),
        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
    ) as time
