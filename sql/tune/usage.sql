-- How often an index was used since the statistics were reset, and what the session has as ef_search.
-- $1::text : the index's schema
-- $2::text : its name
select s.idx_scan as scans,
       pg_catalog.current_setting('hnsw.ef_search', true) as ef_search
from pg_catalog.pg_stat_user_indexes s
where s.schemaname = $1 and s.indexrelname = $2
