-- Sets, for this transaction, how many candidates an HNSW scan keeps. The library must be loaded before.
-- $1::text : hnsw.ef_search
select pg_catalog.set_config('hnsw.ef_search', $1, true)
