-- How far a session's index build is. No row where it builds none.
-- $1 int4: the session's process
select
    p.phase,
    p.tuples_done::int8 as rows_done,
    p.tuples_total::int8 as rows_total
from pg_catalog.pg_stat_progress_create_index p
where p.pid = $1::int4
