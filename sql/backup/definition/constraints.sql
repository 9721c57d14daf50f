-- The constraints of tables as documents, by name. NOT NULL is a column's; what a partition has of its parent's foreign
-- key comes with the parent's.
-- $1 int8[]: oids of tables
select
    k.conrelid::int8 as oid,
    pg_catalog.jsonb_build_object(
        'name', k.conname,
        'kind', case k.contype
            when 'p' then 'primary-key'
            when 'u' then 'unique'
            when 'x' then 'exclusion'
            when 'f' then 'foreign-key'
            else 'check'
        end,
        'definition', pg_catalog.pg_get_constraintdef(k.oid),
        'columns', array(
            select a.attname::text
            from pg_catalog.unnest(k.conkey) with ordinality c (number, place)
            join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.number
            order by c.place
        ),
        'references', case when k.contype = 'f' then (
            select pg_catalog.format('%I.%I', n.nspname, r.relname)
            from pg_catalog.pg_class r
            join pg_catalog.pg_namespace n on n.oid = r.relnamespace
            where r.oid = k.confrelid
        ) end,
        'validated', k.convalidated,
        'comment', pg_catalog.obj_description(k.oid, 'pg_constraint')
    )::text as document
from pg_catalog.pg_constraint k
where k.conrelid = any ($1::int8[]::oid[])
  and k.contype in ('p', 'u', 'x', 'f', 'c')
  and (k.contype <> 'f' or k.conparentid = 0)
order by k.conrelid, k.conname
