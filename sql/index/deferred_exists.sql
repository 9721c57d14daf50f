-- Whether indexes were ever dropped here to be built again.
-- No parameters.
select pg_catalog.to_regclass('vecops.deferred_index') is not null as there
