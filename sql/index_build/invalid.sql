-- The invalid indexes of a table: vector indexes, and one of any other kind by its name.
-- $1 int8: oid of the table
-- $2 text: the name
select
    c.oid::int8 as oid,
    n.nspname::text as schema,
    c.relname::text as name,
    exists (
        select
        from pg_catalog.pg_locks l
        join pg_catalog.pg_stat_progress_create_index p on p.pid = l.pid
        where l.relation = i.indrelid
          and l.granted
          and l.mode in ('ShareUpdateExclusiveLock', 'ShareLock', 'AccessExclusiveLock')
    ) as is_busy
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_am am on am.oid = c.relam
where i.indrelid = $1::int8::oid
  and not i.indisvalid
  and (am.amname in ('hnsw', 'ivfflat') or c.relname = $2::text)
order by c.relname
