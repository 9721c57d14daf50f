-- Who may do what with relations, their columns, functions, types and schemas, as documents. What an owner may do is told
-- by what is taken away.
-- $1 int8[]: oids of tables and sequences
-- $2 int8[]: oids of functions
-- $3 int8[]: oids of types
-- $4 int8[]: oids of schemas
with objects (class, oid, number, owner, acl, usual) as (
    select 'relation', c.oid, 0, c.relowner, c.relacl,
        pg_catalog.acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner)
    from pg_catalog.pg_class c
    where c.oid = any ($1::int8[]::oid[])
    union all
    select 'relation', a.attrelid, a.attnum, c.relowner, a.attacl, null
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    where a.attrelid = any ($1::int8[]::oid[])
      and a.attnum > 0
      and not a.attisdropped
      and a.attacl is not null
    union all
    select 'function', p.oid, 0, p.proowner, p.proacl, pg_catalog.acldefault('f', p.proowner)
    from pg_catalog.pg_proc p
    where p.oid = any ($2::int8[]::oid[])
    union all
    select 'type', t.oid, 0, t.typowner, t.typacl, pg_catalog.acldefault('T', t.typowner)
    from pg_catalog.pg_type t
    where t.oid = any ($3::int8[]::oid[])
    union all
    select 'schema', n.oid, 0, n.nspowner, n.nspacl, pg_catalog.acldefault('n', n.nspowner)
    from pg_catalog.pg_namespace n
    where n.oid = any ($4::int8[]::oid[])
),
granted as (
    select
        o.class,
        o.oid,
        o.number,
        case when g.grantee = 0 then '"public"'::jsonb
            else pg_catalog.jsonb_build_object('role', pg_catalog.pg_get_userbyid(g.grantee)) end as grantee,
        pg_catalog.jsonb_agg(distinct pg_catalog.lower(g.privilege_type)) as privileges,
        coalesce(
            pg_catalog.jsonb_agg(distinct pg_catalog.lower(g.privilege_type)) filter (where g.is_grantable),
            '[]'
        ) as grantable
    from objects o
    cross join lateral pg_catalog.aclexplode(coalesce(o.acl, o.usual)) g
    where g.grantee <> o.owner
    group by o.class, o.oid, o.number, g.grantee
)
select
    o.class as class,
    o.oid::int8 as oid,
    o.number::int4 as number,
    pg_catalog.jsonb_build_object(
        'granted', coalesce(
            (
                select pg_catalog.jsonb_agg(
                    pg_catalog.jsonb_build_object(
                        'to', g.grantee,
                        'privileges', g.privileges,
                        'grantable', g.grantable
                    )
                    order by g.grantee
                )
                from granted g
                where g.class = o.class and g.oid = o.oid and g.number = o.number
            ),
            '[]'
        ),
        'owner_lacks', array(
            select pg_catalog.lower(u.privilege_type)
            from pg_catalog.aclexplode(o.usual) u
            where u.grantee = o.owner
              and o.acl is not null
              and not exists (
                  select from pg_catalog.aclexplode(o.acl) g
                  where g.grantee = o.owner and g.privilege_type = u.privilege_type
              )
            order by 1
        )
    )::text as document
from objects o
