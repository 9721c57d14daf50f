-- The extensions whose members tables, types and functions are made of, as documents. PostgreSQL's own languages are none.
-- $1 int8[]: oids of tables
-- $2 int8[]: oids of types
-- $3 int8[]: oids of functions
with objects (class, oid) as (
    select 'pg_catalog.pg_class'::pg_catalog.regclass, r.oid
    from pg_catalog.unnest($1::int8[]::oid[]) r (oid)
    union all
    select 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid
    from pg_catalog.pg_index i
    where i.indrelid = any ($1::int8[]::oid[])
    union all
    select 'pg_catalog.pg_attrdef'::pg_catalog.regclass, d.oid
    from pg_catalog.pg_attrdef d
    where d.adrelid = any ($1::int8[]::oid[])
    union all
    select 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
    from pg_catalog.pg_constraint k
    where k.conrelid = any ($1::int8[]::oid[]) or k.contypid = any ($2::int8[]::oid[])
    union all
    select 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid
    from pg_catalog.pg_policy p
    where p.polrelid = any ($1::int8[]::oid[])
    union all
    select 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid
    from pg_catalog.pg_trigger t
    where t.tgrelid = any ($1::int8[]::oid[])
    union all
    select 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid
    from pg_catalog.pg_type t
    where t.oid = any ($2::int8[]::oid[])
    union all
    select 'pg_catalog.pg_class'::pg_catalog.regclass, t.typrelid
    from pg_catalog.pg_type t
    where t.oid = any ($2::int8[]::oid[]) and t.typrelid <> 0
    union all
    select 'pg_catalog.pg_proc'::pg_catalog.regclass, f.oid
    from pg_catalog.unnest($3::int8[]::oid[]) f (oid)
),
reached (class, oid) as (
    select d.refclassid, d.refobjid
    from objects o
    join pg_catalog.pg_depend d on d.classid = o.class and d.objid = o.oid
    union
    select 'pg_catalog.pg_type'::pg_catalog.regclass, t.typelem
    from objects o
    join pg_catalog.pg_depend d
        on d.classid = o.class and d.objid = o.oid
        and d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
    join pg_catalog.pg_type t on t.oid = d.refobjid and t.typelem <> 0
)
select distinct
    e.extname::text as name,
    pg_catalog.jsonb_build_object(
        'name', e.extname,
        'schema', n.nspname,
        'version', e.extversion
    )::text as document
from reached r
join pg_catalog.pg_depend d on d.classid = r.class and d.objid = r.oid and d.deptype = 'e'
join pg_catalog.pg_extension e
    on d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and e.oid = d.refobjid
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
where e.extname <> 'plpgsql'
order by 1
