-- The chunks that a restore has loaded.
-- $1 text: the restore
select l.table_name, l.chunk
from vecops.restore_ledger l
where l.restore_id = $1::text
