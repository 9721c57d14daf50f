-- Which server process serves this transaction, and since when: on a transaction pooler it changes.
select pg_catalog.pg_backend_pid() as backend_pid,
       extract(epoch from pg_catalog.transaction_timestamp())::text as started
