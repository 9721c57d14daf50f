-- The statement that makes a function, where it is there.
-- $1 text: schema
-- $2 text: name
-- $3 text: its arguments, as they tell it from others of its name
select pg_catalog.pg_get_functiondef(p.oid) as definition
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname = $1::text
  and p.proname = $2::text
  and p.prokind in ('f', 'p')
  and pg_catalog.replace(pg_catalog.pg_get_function_identity_arguments(p.oid), '"', '') = pg_catalog.replace($3::text, '"', '')
