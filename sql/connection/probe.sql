-- What vecops must know of every session, as text, in one row. Asked through the simple protocol.
select pg_catalog.current_setting('server_version_num')            as version_num,
       pg_catalog.current_setting('server_version')                as version,
       current_user::text                                          as "user",
       pg_catalog.current_database()::text                         as database,
       pg_catalog.pg_backend_pid()::text                           as backend_pid,
       (select extract(epoch from backend_start)::text
        from pg_catalog.pg_stat_activity
        where pid = pg_catalog.pg_backend_pid())                   as backend_start,
       pg_catalog.pg_is_in_recovery()::text                        as in_recovery,
       pg_catalog.current_setting('is_superuser')                  as is_superuser,
       pg_catalog.current_setting('default_transaction_read_only') as default_transaction_read_only
