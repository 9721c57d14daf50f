-- The server process of this transaction.
-- No parameters.
select pg_catalog.pg_backend_pid() as pid
