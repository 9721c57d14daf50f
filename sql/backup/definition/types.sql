-- The types that columns are made of, which are neither PostgreSQL's nor an extension's, as documents; what one is made
-- of comes before it.
-- $1 int8[]: oids of tables
with recursive used (oid, depth) as (
    select a.atttypid, 0
    from pg_catalog.pg_attribute a
    where a.attrelid = any ($1::int8[]::oid[]) and a.attnum > 0 and not a.attisdropped
    union
    select part.oid, u.depth + 1
    from used u
    join pg_catalog.pg_type t on t.oid = u.oid and t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace
    cross join lateral (
        select t.typelem where t.typelem <> 0
        union all
        select t.typbasetype where t.typbasetype <> 0
        union all
        select r.rngsubtype from pg_catalog.pg_range r where r.rngtypid = t.oid
        union all
        select r.rngtypid from pg_catalog.pg_range r where r.rngmultitypid = t.oid
        union all
        select a.atttypid
        from pg_catalog.pg_attribute a
        where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ) part (oid)
    where u.depth < 20
),
deepest as (
    select u.oid, pg_catalog.max(u.depth) as depth
    from used u
    group by u.oid
)
select
    t.oid::int8 as oid,
    pg_catalog.jsonb_build_object(
        'name', pg_catalog.format('%I.%I', n.nspname, t.typname),
        'owner', r.rolname,
        'comment', pg_catalog.obj_description(t.oid, 'pg_type'),
        'shape', case t.typtype
            when 'e' then pg_catalog.jsonb_build_object('enum', (
                select pg_catalog.jsonb_agg(e.enumlabel order by e.enumsortorder)
                from pg_catalog.pg_enum e
                where e.enumtypid = t.oid
            ))
            when 'd' then pg_catalog.jsonb_build_object('domain', pg_catalog.jsonb_build_object(
                'base', pg_catalog.format_type(t.typbasetype, t.typtypmod),
                'collation', case when t.typcollation <> b.typcollation then (
                    select pg_catalog.format('%I.%I', cn.nspname, co.collname)
                    from pg_catalog.pg_collation co
                    join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
                    where co.oid = t.typcollation
                ) end,
                'not_null', t.typnotnull,
                'default', pg_catalog.pg_get_expr(t.typdefaultbin, 0),
                'checks', coalesce((
                    select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                        'name', k.conname,
                        'definition', pg_catalog.pg_get_constraintdef(k.oid)
                    ) order by k.conname)
                    from pg_catalog.pg_constraint k
                    where k.contypid = t.oid and k.contype = 'c'
                ), '[]')
            ))
            when 'c' then pg_catalog.jsonb_build_object('composite', coalesce((
                select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'name', a.attname,
                    'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                    'collation', case when a.attcollation <> at.typcollation then (
                        select pg_catalog.format('%I.%I', cn.nspname, co.collname)
                        from pg_catalog.pg_collation co
                        join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
                        where co.oid = a.attcollation
                    ) end
                ) order by a.attnum)
                from pg_catalog.pg_attribute a
                join pg_catalog.pg_type at on at.oid = a.atttypid
                where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
            ), '[]'))
            when 'r' then pg_catalog.jsonb_build_object('range', (
                select pg_catalog.jsonb_build_object(
                    'subtype', pg_catalog.format_type(g.rngsubtype, null),
                    'opclass', pg_catalog.format('%I.%I', ocn.nspname, oc.opcname),
                    'collation', case when g.rngcollation <> 0 then (
                        select pg_catalog.format('%I.%I', cn.nspname, co.collname)
                        from pg_catalog.pg_collation co
                        join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
                        where co.oid = g.rngcollation
                    ) end,
                    'difference', case when g.rngsubdiff <> 0 then g.rngsubdiff::pg_catalog.regproc::text end,
                    'multirange', pg_catalog.format('%I.%I', mn.nspname, m.typname)
                )
                from pg_catalog.pg_range g
                join pg_catalog.pg_opclass oc on oc.oid = g.rngsubopc
                join pg_catalog.pg_namespace ocn on ocn.oid = oc.opcnamespace
                join pg_catalog.pg_type m on m.oid = g.rngmultitypid
                join pg_catalog.pg_namespace mn on mn.oid = m.typnamespace
                where g.rngtypid = t.oid
            ))
        end
    )::text as document
from deepest u
join pg_catalog.pg_type t on t.oid = u.oid
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
join pg_catalog.pg_roles r on r.oid = t.typowner
left join pg_catalog.pg_type b on b.oid = t.typbasetype
left join pg_catalog.pg_class c on c.oid = t.typrelid
where t.typtype in ('e', 'd', 'c', 'r')
  and (t.typtype <> 'c' or c.relkind = 'c')
  and n.nspname not in ('pg_catalog', 'information_schema')
  and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and d.objid = t.oid and d.deptype = 'e'
  )
order by u.depth desc, n.nspname, t.typname
