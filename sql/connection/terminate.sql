-- Ends a session, if the process is still the same.
-- $1::int4 : its process
-- $2::text : when the session started, in seconds of the epoch
select pg_catalog.pg_terminate_backend(pid) as terminated
from pg_catalog.pg_stat_activity
where pid = $1
  and extract(epoch from backend_start)::text = $2
