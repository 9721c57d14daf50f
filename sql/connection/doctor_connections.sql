-- How many connections the server takes, how many of them are kept back, and how many are taken.
select pg_catalog.current_setting('max_connections')::int8                        as most,
       pg_catalog.current_setting('superuser_reserved_connections')::int8
       + coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::int8 as reserved,
       (select count(*)
        from pg_catalog.pg_stat_activity
        where backend_type = 'client backend')                                    as used
