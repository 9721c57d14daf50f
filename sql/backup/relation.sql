-- A relation that is to be dumped, and what stands in the way of it. No row where it does not exist.
-- $1 text: schema
-- $2 text: name
select
    c.oid::int8 as oid,
    c.relkind::text as kind,
    c.relispartition as is_partition,
    pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        and pg_catalog.has_table_privilege(c.oid, 'SELECT') as is_readable,
    pg_catalog.pg_is_in_recovery() and (
        c.relpersistence = 'u'
        or exists (
            select
            from pg_catalog.pg_partition_tree(c.oid) p
            join pg_catalog.pg_class part on part.oid = p.relid and part.relpersistence = 'u'
        )
    ) as is_only_on_primary,
    pg_catalog.row_security_active(c.oid) as row_security,
    coalesce(
        (select pg_catalog.sum(pg_catalog.pg_table_size(p.relid))::int8 from pg_catalog.pg_partition_tree(c.oid) p),
        pg_catalog.pg_table_size(c.oid)
    ) as bytes,
    (pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int8)::int8 as pages,
    case
        when c.relkind = 'p' then (
            select coalesce(pg_catalog.sum(greatest(leaf.reltuples, 0)), 0)::float8
            from pg_catalog.pg_partition_tree(c.oid) p
            join pg_catalog.pg_class leaf on leaf.oid = p.relid
            where p.isleaf
        )
        else c.reltuples::float8
    end as estimated_rows,
    current_user::text as role
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1::text
  and c.relname = $2::text
