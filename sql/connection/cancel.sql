-- Cancels what a session runs, if the process is still the same session or transaction and not a stranger's.
-- $1::int4 : its process
-- $2::text : when the session or the transaction started, in seconds of the epoch
select pg_catalog.pg_cancel_backend(pid) as cancelled
from pg_catalog.pg_stat_activity
where pid = $1
  and $2 in (extract(epoch from backend_start)::text, extract(epoch from xact_start)::text)
