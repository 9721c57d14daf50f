-- How the vector indexes of the database are used, and when their tables were last analysed.
-- No parameters.
select
    s.indexrelid::int8 as oid,
    s.idx_scan::int8 as scans,
    io.idx_blks_hit::int8 as hit,
    io.idx_blks_read::int8 as read,
    greatest(t.last_analyze, t.last_autoanalyze)::text as analyzed_at
from pg_catalog.pg_stat_all_indexes s
join pg_catalog.pg_statio_all_indexes io on io.indexrelid = s.indexrelid
join pg_catalog.pg_stat_all_tables t on t.relid = s.relid
join pg_catalog.pg_class c on c.oid = s.indexrelid
join pg_catalog.pg_am am on am.oid = c.relam
where am.amname in ('hnsw', 'ivfflat')
