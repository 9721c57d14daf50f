-- Whether the role may make temporary tables here.
-- No parameters.
select pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMP') as may
