-- Takes the session's lock against the same restore run twice, or says that it is taken.
-- $1 text: what is locked
select pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended($1::text, 0)) as taken
