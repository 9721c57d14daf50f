-- The tables that inherit from others, and from those in turn. Partitions go with their parents and are not among them.
-- $1 text[]: tables, quoted and qualified
with recursive heirs (oid) as (
    select i.inhrelid
    from pg_catalog.unnest($1::text[]) n (name)
    join pg_catalog.pg_inherits i on i.inhparent = pg_catalog.to_regclass(n.name)
    union
    select i.inhrelid
    from heirs h
    join pg_catalog.pg_inherits i on i.inhparent = h.oid
)
select
    n.nspname::text as schema,
    c.relname::text as name
from heirs h
join pg_catalog.pg_class c on c.oid = h.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r'
  and not c.relispartition
order by 1, 2
