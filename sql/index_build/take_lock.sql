-- Takes the lock that lets one session at a time work on a table's vector indexes, where it is free.
-- $1 text: what is locked
select pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended($1::text, 0)) as taken
