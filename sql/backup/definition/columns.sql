-- The columns of tables as documents, in order; dropped ones are not among them. A partition's identity is its parent's.
-- $1 int8[]: oids of tables
select
    a.attrelid::int8 as oid,
    a.attnum::int4 as number,
    pg_catalog.jsonb_build_object(
        'name', a.attname,
        'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
        'type_schema', tn.nspname,
        'type_name', t.typname,
        'type_modifier', a.atttypmod,
        'collation', case when a.attcollation <> t.typcollation then (
            select pg_catalog.format('%I.%I', cn.nspname, co.collname)
            from pg_catalog.pg_collation co
            join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
            where co.oid = a.attcollation
        ) end,
        'not_null', a.attnotnull,
        'default', case when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
        'generated', case when a.attgenerated <> '' then pg_catalog.jsonb_build_object(
            'kind', case a.attgenerated when 's' then 'stored' else 'virtual' end,
            'expression', pg_catalog.pg_get_expr(d.adbin, d.adrelid)
        ) end,
        'identity', case case when c.relispartition then '' else a.attidentity end when 'a' then 'always' when 'd' then 'by-default' end,
        'storage', case when a.attstorage <> t.typstorage then
            case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end
        end,
        'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
        'statistics', nullif(a.attstattarget, -1),
        'options', coalesce(a.attoptions, '{}'),
        'comment', pg_catalog.col_description(a.attrelid, a.attnum)
    )::text as document
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_type t on t.oid = a.atttypid
join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = any ($1::int8[]::oid[])
  and a.attnum > 0
  and not a.attisdropped
order by a.attrelid, a.attnum
