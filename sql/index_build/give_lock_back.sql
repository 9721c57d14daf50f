-- Gives back the lock that lets one session at a time work on a table's vector indexes.
-- $1 text: what is locked
select pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended($1::text, 0)) as taken
