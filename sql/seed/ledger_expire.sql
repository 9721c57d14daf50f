-- Forgets loads that came to their end a day ago.
-- No parameters.
delete from vecops.seed_ledger as l
where l.finished
  and l.updated_at < pg_catalog.now() - interval '1 day'
