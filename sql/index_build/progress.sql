-- How far the build of an index is, and whom it waits for. No row where none runs in this process.
-- $1 int4: the process that builds
-- $2 bool: whether the index's file may be looked at; the one of a plain REINDEX is locked
select
    p.phase::text as phase,
    p.blocks_done::int8 as blocks_done,
    p.blocks_total::int8 as blocks_total,
    p.tuples_done::int8 as tuples_done,
    p.tuples_total::int8 as tuples_total,
    case when $2::bool and p.index_relid <> 0 then pg_catalog.pg_relation_size(p.index_relid)::int8 end as bytes,
    (
        select pg_catalog.count(*)
        from pg_catalog.pg_stat_activity w
        where w.leader_pid = p.pid
    ) as workers,
    w.pid as awaited_pid,
    w.application_name::text as awaited_application,
    w.state::text as awaited_state,
    extract(epoch from pg_catalog.clock_timestamp() - w.xact_start)::float8 as awaited_seconds
from pg_catalog.pg_stat_progress_create_index p
left join pg_catalog.pg_stat_activity w on w.pid = p.current_locker_pid and p.current_locker_pid <> 0
where p.pid = $1::int4
