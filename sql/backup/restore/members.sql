-- The names of an extension's types, functions, operators and operator classes.
-- $1 text: the extension
select distinct m.name
from pg_catalog.pg_extension e
join pg_catalog.pg_depend d
    on d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.refobjid = e.oid and d.deptype = 'e'
cross join lateral (
    select t.typname::text
    from pg_catalog.pg_type t
    where d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and t.oid = d.objid
    union all
    select p.proname::text
    from pg_catalog.pg_proc p
    where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and p.oid = d.objid
    union all
    select o.oprname::text
    from pg_catalog.pg_operator o
    where d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass and o.oid = d.objid
    union all
    select c.opcname::text
    from pg_catalog.pg_opclass c
    where d.classid = 'pg_catalog.pg_opclass'::pg_catalog.regclass and c.oid = d.objid
) m (name)
where e.extname = $1::text
order by 1
