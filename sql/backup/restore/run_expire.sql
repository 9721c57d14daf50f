-- Forgets restores that came to their end a day ago.
-- No parameters.
delete from vecops.restores as r
where r.stage = 'finished'
  and r.updated_at < pg_catalog.now() - interval '1 day'
