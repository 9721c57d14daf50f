-- Where the view `pg_stat_statements` is.
-- No parameters.
select n.nspname::text as schema
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relname = 'pg_stat_statements'
  and c.relkind = 'v'
order by 1
limit 1
