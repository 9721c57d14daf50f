-- What the server gives to a build of an index, in bytes and processes.
-- No parameters.
select
    pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem')) as maintenance_work_mem,
    pg_catalog.pg_size_bytes(pg_catalog.current_setting('shared_buffers')) as shared_buffers,
    pg_catalog.pg_size_bytes(pg_catalog.current_setting('effective_cache_size')) as effective_cache_size,
    pg_catalog.current_setting('max_parallel_maintenance_workers')::int4 as maintenance_workers,
    least(
        pg_catalog.current_setting('max_parallel_workers')::int4,
        pg_catalog.current_setting('max_worker_processes')::int4
    ) as parallel_workers,
    coalesce(
        (
            select pg_catalog.string_to_array(pg_catalog.substring(e.extversion, '^[0-9]+(?:[.][0-9]+)*'), '.')::int4[]
                >= '{0,8,2}'::int4[]
            from pg_catalog.pg_extension e
            where e.extname = 'vector'
        ),
        true
    ) as parallel_is_safe
