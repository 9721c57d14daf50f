-- What depends on tables and would stay with them when others take their places.
-- $1 text[]: tables, quoted and qualified
with moved (oid) as (
    select pg_catalog.to_regclass(n.name)::oid
    from pg_catalog.unnest($1::text[]) n (name)
    where pg_catalog.to_regclass(n.name) is not null
)
select distinct pg_catalog.pg_describe_object(x.class, x.oid, 0) as dependent
from (
    select 'pg_catalog.pg_class'::pg_catalog.regclass as class, r.ev_class as oid
    from pg_catalog.pg_depend d
    join pg_catalog.pg_rewrite r on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid
    where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid in (select m.oid from moved m)
    union all
    select 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
    from pg_catalog.pg_constraint k
    where k.contype = 'f'
      and k.confrelid in (select m.oid from moved m)
      and k.conrelid not in (select m.oid from moved m)
    union all
    select 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid
    from pg_catalog.pg_depend d
    join pg_catalog.pg_policy p on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and p.oid = d.objid
    where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refobjid in (select m.oid from moved m)
      and p.polrelid not in (select m.oid from moved m)
    union all
    select 'pg_catalog.pg_class'::pg_catalog.regclass, i.inhrelid
    from pg_catalog.pg_inherits i
    where i.inhparent in (select m.oid from moved m) and i.inhrelid not in (select m.oid from moved m)
) x
order by 1
