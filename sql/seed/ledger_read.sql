-- Where a resumable load stands.
-- $1 text: the load
select
    l.rows,
    l.digest,
    l.refused_lines,
    l.rejected,
    l.rejects_file,
    l.rejects_bytes,
    l.counts::text as counts,
    l.finished
from vecops.seed_ledger l
where l.load_id = $1::text
