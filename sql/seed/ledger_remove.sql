-- Removes a resumable load from the ledger.
-- $1 text: the load
delete from vecops.seed_ledger as l
where l.load_id = $1::text
