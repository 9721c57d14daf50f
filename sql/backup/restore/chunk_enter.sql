-- Enters a chunk, in the transaction that loads it. One that another run has loaded is an error.
-- $1 text: the restore
-- $2 text: the table
-- $3 int8: the chunk's place in the manifest
-- $4 int8: its rows
insert into vecops.restore_ledger (restore_id, table_name, chunk, rows)
values ($1::text, $2::text, $3::int8, $4::int8)
