-- The tables of these names with their partitions and heirs, parents first. A name that is no table gives no row.
-- $1 text[]: names, quoted and qualified
with recursive tree (oid, depth) as (
    select c.oid, 0
    from pg_catalog.unnest($1::text[]) n (name)
    join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(n.name) and c.relkind in ('r', 'p')
    union
    select i.inhrelid, t.depth + 1
    from tree t
    join pg_catalog.pg_inherits i on i.inhparent = t.oid
    join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relkind in ('r', 'p')
)
select
    t.oid::int8 as oid,
    pg_catalog.format('%I.%I', n.nspname, c.relname) as name
from tree t
join pg_catalog.pg_class c on c.oid = t.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
group by t.oid, n.nspname, c.relname
order by pg_catalog.max(t.depth), 2
