-- The columns of a relation, in order.
-- $1 int8: oid of the relation
select
    a.attname::text as name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
    tn.nspname::text as type_schema,
    t.typname::text as type_name,
    a.atttypmod as type_modifier,
    bn.nspname::text as base_schema,
    b.name as base_name,
    b.modifier as base_modifier,
    b.is_text,
    a.attnotnull as not_null,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) as default_expression,
    a.attidentity::text as identity,
    a.attgenerated::text as generated,
    pg_catalog.col_description(a.attrelid, a.attnum) as comment,
    s.schema as sequence_schema,
    s.name as sequence_name,
    coalesce(s.users, '{}') as sequence_users
from pg_catalog.pg_attribute a
join pg_catalog.pg_type t on t.oid = a.atttypid
join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
join lateral (
    -- The type under domains. A domain without a modifier keeps the one of what stands on it.
    with recursive under (oid, modifier) as (
        select a.atttypid, a.atttypmod
        union all
        select d.typbasetype, case when u.modifier = -1 then d.typtypmod else u.modifier end
        from under u
        join pg_catalog.pg_type d on d.oid = u.oid and d.typtype = 'd'
    )
    select
        y.typname::text as name,
        y.typnamespace as namespace,
        u.modifier,
        y.typtype = 'e' or coalesce(p.proname::text in ('textrecv', 'citextrecv'), false) as is_text
    from under u
    join pg_catalog.pg_type y on y.oid = u.oid and y.typtype <> 'd'
    left join pg_catalog.pg_proc p on p.oid = y.typreceive::oid
) b on true
join pg_catalog.pg_namespace bn on bn.oid = b.namespace
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
left join lateral (
    select
        sn.nspname::text as schema,
        sc.relname::text as name,
        array(
            select coalesce(g.rolname::text, 'public')
            from pg_catalog.aclexplode(coalesce(sc.relacl, pg_catalog.acldefault('s', sc.relowner))) acl
            left join pg_catalog.pg_roles g on g.oid = acl.grantee
            where acl.privilege_type = 'USAGE'
        ) as users
    from pg_catalog.pg_depend p
    join pg_catalog.pg_class sc on sc.oid = p.objid and sc.relkind = 'S'
    join pg_catalog.pg_namespace sn on sn.oid = sc.relnamespace
    where p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and p.refobjid = a.attrelid
      and p.refobjsubid = a.attnum
      and p.deptype in ('a', 'i')
    limit 1
) s on true
where a.attrelid = $1::int8::oid
  and a.attnum > 0
  and not a.attisdropped
order by a.attnum
