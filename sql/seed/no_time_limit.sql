-- Takes the time limits off for this transaction: loading takes as long as the source and the network do.
-- No parameters.
select
    pg_catalog.set_config('statement_timeout', '0', true),
    pg_catalog.set_config('idle_in_transaction_session_timeout', '0', true)
