-- Sets, for this transaction, how far an index scan looks. The library must be loaded before, or nothing is checked.
-- $1::text : hnsw.ef_search
-- $2::text : hnsw.iterative_scan: off, relaxed_order, strict_order
-- $3::text : ivfflat.probes
select pg_catalog.set_config('hnsw.ef_search', $1, true),
       case when pg_catalog.current_setting('hnsw.iterative_scan', true) is not null
            then pg_catalog.set_config('hnsw.iterative_scan', $2, true) end,
       pg_catalog.set_config('ivfflat.probes', $3, true)
