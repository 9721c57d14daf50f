-- Whether an index was ever replaced here.
-- No parameters.
select pg_catalog.to_regclass('vecops.index_replacement') is not null as there
