-- The settings that decide how an index is scanned; null where this version of pgvector has them not.
-- No parameters.
select
    pg_catalog.current_setting('hnsw.ef_search', true) as ef_search,
    pg_catalog.current_setting('hnsw.iterative_scan', true) as hnsw_iterative,
    pg_catalog.current_setting('enable_indexscan') as index_scan
