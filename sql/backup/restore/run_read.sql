-- How far a restore is.
-- $1 text: the restore
select r.stage, r.done, r.state
from vecops.restores r
where r.restore_id = $1::text
