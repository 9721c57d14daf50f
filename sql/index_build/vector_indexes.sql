-- The vector indexes of the database, or of one table: what each is, and the text that makes it from USING on.
-- $1 int8: oid of the table, or null for all tables
select
    i.indexrelid::int8 as oid,
    i.indrelid::int8 as table_oid,
    n.nspname::text as schema,
    t.relname::text as "table",
    c.relname::text as name,
    am.amname::text as method,
    o.opcname::text as opclass,
    coalesce(a.attname::text, '') as "column",
    case when i.indkey[0] = 0 then pg_catalog.pg_get_indexdef(i.indexrelid, 1, true) end as expression,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate,
    k.atttypmod as dimensions,
    coalesce(c.reloptions, '{}') as options,
    pg_catalog.substr(
        pg_catalog.pg_get_indexdef(i.indexrelid),
        pg_catalog.length(
            'CREATE INDEX ' || pg_catalog.quote_ident(c.relname::text) || ' ON '
            || case when c.relkind = 'I' then 'ONLY ' else '' end
            || pg_catalog.quote_ident(n.nspname::text) || '.' || pg_catalog.quote_ident(t.relname::text) || ' '
        ) + 1
    ) as body,
    pg_catalog.obj_description(i.indexrelid, 'pg_class') as comment,
    s.spcname::text as tablespace,
    i.indisvalid as is_valid,
    i.indisready as is_ready,
    c.relkind = 'I' as is_partitioned,
    c.reltuples::float8 as rows_counted,
    pg_catalog.pg_relation_size(i.indexrelid)::int8 as bytes,
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
join pg_catalog.pg_class t on t.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_am am on am.oid = c.relam and am.amname in ('hnsw', 'ivfflat')
join pg_catalog.pg_opclass o on o.oid = i.indclass[0]
join pg_catalog.pg_attribute k on k.attrelid = i.indexrelid and k.attnum = 1
left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] and i.indkey[0] > 0
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
where coalesce(i.indrelid = $1::int8::oid, true)
order by n.nspname, t.relname, c.relname
