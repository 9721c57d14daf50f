-- Enters a restore, in the transaction that makes its tables.
-- $1 text: the restore
-- $2 text: the backup
-- $3 text: the stage
-- $4 text: what is made and opened, as JSON
insert into vecops.restores (restore_id, backup, stage, state)
values ($1::text, $2::text, $3::text, $4::text)
