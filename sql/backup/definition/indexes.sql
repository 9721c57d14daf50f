-- The indexes of tables as documents, by name, without those of constraints. `definition` is what stands behind the
-- table's name.
-- $1 int8[]: oids of tables
select
    i.indrelid::int8 as oid,
    pg_catalog.jsonb_build_object(
        'name', c.relname,
        'method', am.amname,
        'unique', i.indisunique,
        'definition', pg_catalog.substr(
            pg_catalog.pg_get_indexdef(i.indexrelid),
            pg_catalog.length(pg_catalog.format(
                'CREATE %sINDEX %I ON %s%I.%I ',
                case when i.indisunique then 'UNIQUE ' else '' end,
                c.relname,
                case when t.relkind = 'p' then 'ONLY ' else '' end,
                n.nspname,
                t.relname
            )) + 1
        ),
        'columns', array(
            select coalesce(a.attname::text, '')
            from pg_catalog.unnest(i.indkey::int2[]) with ordinality k (number, place)
            left join pg_catalog.pg_attribute a
                on a.attrelid = i.indrelid and a.attnum = k.number and k.number > 0
            where k.place <= i.indnkeyatts
            order by k.place
        ),
        'key_type', (
            select pg_catalog.jsonb_build_object(
                'schema', kn.nspname,
                'name', kt.typname,
                'modifier', k.atttypmod
            )
            from pg_catalog.pg_attribute k
            join pg_catalog.pg_type kt on kt.oid = k.atttypid
            join pg_catalog.pg_namespace kn on kn.oid = kt.typnamespace
            where k.attrelid = i.indexrelid and k.attnum = 1
        ),
        'opclasses', array(
            select o.opcname::text
            from pg_catalog.unnest(i.indclass::oid[]) with ordinality k (opclass, place)
            join pg_catalog.pg_opclass o on o.oid = k.opclass
            order by k.place
        ),
        'options', coalesce(c.reloptions, '{}'),
        'comment', pg_catalog.obj_description(c.oid, 'pg_class')
    )::text as document
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_class t on t.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = t.relnamespace
join pg_catalog.pg_am am on am.oid = c.relam
where i.indrelid = any ($1::int8[]::oid[])
  and not exists (
      select from pg_catalog.pg_constraint k
      where k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
  )
order by i.indrelid, c.relname
