-- Whether a server process waits for a lock that this transaction holds.
-- $1 int4: that process
select pg_catalog.pg_backend_pid() = any (pg_catalog.pg_blocking_pids($1::int4)) as in_the_way
