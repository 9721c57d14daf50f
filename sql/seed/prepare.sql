-- Makes this transaction fit for a load. Its time limits go off: it takes as long as the source and the network do.
-- The search_path is again what sessions of this role have, because the table's triggers may rely on it.
-- No parameters.
select
    pg_catalog.set_config('statement_timeout', '0', true),
    pg_catalog.set_config('idle_in_transaction_session_timeout', '0', true),
    pg_catalog.set_config('search_path', s.reset_val, true),
    (
        -- From PostgreSQL 17 on.
        select pg_catalog.set_config(l.name, '0', true)
        from pg_catalog.pg_settings l
        where l.name = 'transaction_timeout'
    )
from pg_catalog.pg_settings s
where s.name = 'search_path'
