-- Whether the ledger of restores is there.
-- No parameters.
select pg_catalog.to_regclass('vecops.restore_ledger') is not null
    and pg_catalog.to_regclass('vecops.restores') is not null as there
