-- Moves a resumable load on, in the transaction that loads the rows. No row is changed where another run did.
-- $1 text: the load
-- $2 int8: its rows before
-- $3 int8: its rows after
-- $4 text: the digest of these rows
-- $5 int8: the lines refused by the reader
-- $6 int8: the lines left out
-- $7 int8: the length of the file with the lines left out
-- $8 text: what became of the rows, as JSON
-- $9 bool: whether this is the end of the source
update vecops.seed_ledger as l
set rows = $3::int8,
    digest = $4::text,
    refused_lines = $5::int8,
    rejected = $6::int8,
    rejects_bytes = $7::int8,
    counts = $8::text::jsonb,
    finished = $9::bool,
    updated_at = pg_catalog.clock_timestamp()
where l.load_id = $1::text
  and l.rows = $2::int8
