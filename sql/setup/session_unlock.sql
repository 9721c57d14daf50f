-- Gives the session's lock back.
-- $1 text: what is locked
select pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended($1::text, 0)) as taken
