-- The names of the functions, procedures left out, whose bodies compare vectors.
-- $1 text: the operators and functions of distances, as a regular expression
select distinct p.proname::text as name
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where n.nspname not in ('pg_catalog', 'information_schema')
  and l.lanname in ('sql', 'plpgsql')
  and p.prokind = 'f'
  and (p.prosrc ~ $1::text or pg_catalog.pg_get_function_sqlbody(p.oid) ~ $1::text)
order by 1
