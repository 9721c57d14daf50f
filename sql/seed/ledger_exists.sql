-- Whether the ledger of resumable loads is there.
-- No parameters.
select pg_catalog.to_regclass('vecops.seed_ledger') is not null as there
