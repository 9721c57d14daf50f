-- Sets, for this transaction, how far an HNSW scan looks and that it goes on where a filter takes rows away.
-- The library must be loaded before, or the values are not checked.
-- $1::text : hnsw.ef_search
select pg_catalog.set_config('hnsw.ef_search', $1, true),
       case when pg_catalog.current_setting('hnsw.iterative_scan', true) is not null
            then pg_catalog.set_config('hnsw.iterative_scan', 'strict_order', true) end
