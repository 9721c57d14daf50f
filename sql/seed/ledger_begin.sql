-- Enters a resumable load.
-- $1 text: the load
-- $2 text: the table
-- $3 text: the source
-- $4 text: the file for rejected lines, or null
insert into vecops.seed_ledger (load_id, destination, source, rejects_file)
values ($1::text, $2::text, $3::text, $4::text)
