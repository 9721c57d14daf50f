-- The functions that search a table: SQL and PL/pgSQL whose text names the table and the operator of its distance.
-- $1::text : the table's name
-- $2::text : the operator, such as <=>
select p.oid::pg_catalog.regprocedure::pg_catalog.text as signature,
       pg_catalog.pg_has_role(p.proowner, 'USAGE') as is_own
from pg_catalog.pg_proc p
     join pg_catalog.pg_language l on l.oid = p.prolang
     join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where l.lanname in ('sql', 'plpgsql') and p.prokind = 'f' and n.nspname not in ('pg_catalog', 'information_schema')
  and not exists (select from pg_catalog.pg_depend d
                  where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e')
  and pg_catalog.strpos(coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc), $1) > 0
  and pg_catalog.strpos(coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc), $2) > 0
order by 1
limit 20
