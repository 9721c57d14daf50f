-- The indexes of a table. A key that is an expression has the column name ''.
-- $1 int8: oid of the table
select
    n.nspname::text as schema,
    c.relname::text as name,
    am.amname::text as method,
    i.indisunique as is_unique,
    i.indisprimary as is_primary,
    i.indisvalid as is_valid,
    i.indisready as is_ready,
    i.indpred is not null as is_partial,
    array(
        select coalesce(a.attname::text, '')
        from pg_catalog.unnest(i.indkey::int2[]) with ordinality k (attribute, place)
        left join pg_catalog.pg_attribute a
            on a.attrelid = i.indrelid and a.attnum = k.attribute and k.attribute > 0
        where k.place <= i.indnkeyatts
        order by k.place
    ) as columns,
    array(
        select o.opcname::text
        from pg_catalog.unnest(i.indclass::oid[]) with ordinality k (opclass, place)
        join pg_catalog.pg_opclass o on o.oid = k.opclass
        order by k.place
    ) as opclasses,
    coalesce(c.reloptions, '{}') as options,
    pg_catalog.pg_get_indexdef(i.indexrelid) as definition,
    pg_catalog.pg_relation_size(i.indexrelid)::int8 as bytes
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_am am on am.oid = c.relam
where i.indrelid = $1::int8::oid
order by c.relname
