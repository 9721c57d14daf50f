-- The sequences that belong to columns of tables, or that their defaults count up, as documents without their values.
-- $1 int8[]: oids of tables
with used (sequence, relation, number, is_identity) as (
    select d.objid, d.refobjid, d.refobjsubid, d.deptype = 'i'
    from pg_catalog.pg_depend d
    join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refobjid = any ($1::int8[]::oid[])
      and d.deptype in ('a', 'i')
    union all
    select d.refobjid, null, null, false
    from pg_catalog.pg_attrdef f
    join pg_catalog.pg_depend d
        on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
        and d.objid = f.oid
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    join pg_catalog.pg_class s on s.oid = d.refobjid and s.relkind = 'S'
    where f.adrelid = any ($1::int8[]::oid[])
),
owned as (
    select distinct on (u.sequence) u.*
    from used u
    order by u.sequence, u.relation nulls last
)
select
    c.oid::int8 as oid,
    pg_catalog.jsonb_build_object(
        'name', pg_catalog.format('%I.%I', n.nspname, c.relname),
        'owner', r.rolname,
        'owned_by', case when o.relation is not null then pg_catalog.jsonb_build_object(
            'table', (
                select pg_catalog.format('%I.%I', tn.nspname, t.relname)
                from pg_catalog.pg_class t
                join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
                where t.oid = o.relation
            ),
            'column', (
                select a.attname
                from pg_catalog.pg_attribute a
                where a.attrelid = o.relation and a.attnum = o.number
            ),
            'identity', o.is_identity
        ) end,
        'type', pg_catalog.format_type(s.seqtypid, null),
        'start', s.seqstart,
        'increment', s.seqincrement,
        'minimum', s.seqmin,
        'maximum', s.seqmax,
        'cache', s.seqcache,
        'cycle', s.seqcycle,
        'comment', pg_catalog.obj_description(c.oid, 'pg_class')
    )::text as document
from owned o
join pg_catalog.pg_class c on c.oid = o.sequence
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_roles r on r.oid = c.relowner
join pg_catalog.pg_sequence s on s.seqrelid = c.oid
order by n.nspname, c.relname
