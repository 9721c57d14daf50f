-- What a session's process does: whether it waits for its client, and since when it is in this state.
-- $1::int4 : its process
-- $2::text : when the session started, in seconds of the epoch
select state,
       coalesce(wait_event_type, '') = 'Client'                                                as waits_for_client,
       extract(epoch from state_change)::text                                                  as since,
       extract(epoch from pg_catalog.clock_timestamp() - state_change)::pg_catalog.float8      as seconds
from pg_catalog.pg_stat_activity
where pid = $1
  and extract(epoch from backend_start)::text = $2
