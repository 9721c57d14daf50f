-- Tables as documents: what belongs to the relation itself.
-- $1 int8[]: oids of tables
select
    c.oid::int8 as oid,
    pg_catalog.jsonb_build_object(
        'name', pg_catalog.format('%I.%I', n.nspname, c.relname),
        'partitioned_by', pg_catalog.pg_get_partkeydef(c.oid),
        'parents', array(
            select pg_catalog.format('%I.%I', pn.nspname, p.relname)
            from pg_catalog.pg_inherits i
            join pg_catalog.pg_class p on p.oid = i.inhparent
            join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
            where i.inhrelid = c.oid
            order by i.inhseqno
        ),
        'partition_bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid),
        'owner', r.rolname,
        'unlogged', c.relpersistence = 'u',
        'options', coalesce(c.reloptions, '{}'),
        'long_value_options', coalesce(t.reloptions, '{}'),
        'replica_identity', case c.relreplident
            when 'n' then pg_catalog.to_jsonb('nothing'::text)
            when 'f' then pg_catalog.to_jsonb('full'::text)
            when 'i' then (
                select pg_catalog.jsonb_build_object('index', ic.relname)
                from pg_catalog.pg_index i
                join pg_catalog.pg_class ic on ic.oid = i.indexrelid
                where i.indrelid = c.oid and i.indisreplident
            )
        end,
        'row_security', c.relrowsecurity,
        'row_security_forced', c.relforcerowsecurity,
        'comment', pg_catalog.obj_description(c.oid, 'pg_class')
    )::text as document
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_roles r on r.oid = c.relowner
left join pg_catalog.pg_class t on t.oid = c.reltoastrelid
where c.oid = any ($1::int8[]::oid[])
