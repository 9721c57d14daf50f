-- Moves a restore on, in the transaction of what it did.
-- $1 text: the restore
-- $2 text: the stage
-- $3 int8: how much of the stage is done
update vecops.restores as r
set stage = $2::text,
    done = $3::int8,
    updated_at = pg_catalog.clock_timestamp()
where r.restore_id = $1::text
