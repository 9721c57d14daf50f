-- What the server's answers depend on besides the data.
-- $1::text : the table, quoted
select pg_catalog.current_setting('server_version') as server_version,
       pg_catalog.pg_table_size($1::pg_catalog.regclass) as table_bytes,
       extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.pg_postmaster_start_time())::pg_catalog.float8
         as server_uptime_seconds,
       (select pg_catalog.jsonb_object_agg(s.name, s.setting || coalesce(s.unit, '') order by s.name)
        from pg_catalog.pg_settings s
        where s.name in ('shared_buffers', 'effective_cache_size', 'work_mem', 'random_page_cost', 'seq_page_cost',
                         'effective_io_concurrency', 'max_parallel_workers_per_gather', 'jit', 'enable_seqscan',
                         'enable_indexscan', 'hnsw.max_scan_tuples', 'hnsw.scan_mem_multiplier', 'ivfflat.max_probes'))
         as settings
