-- Forgets a restore.
-- $1 text: the restore
delete from vecops.restores as r
where r.restore_id = $1::text
