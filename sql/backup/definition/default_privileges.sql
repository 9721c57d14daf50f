-- What the default privileges of this database add to new objects in these schemas, as documents.
-- $1 text[]: names of schemas
select
    pg_catalog.jsonb_build_object(
        'creator', pg_catalog.pg_get_userbyid(d.defaclrole),
        'schema', n.nspname,
        'object', case d.defaclobjtype
            when 'r' then 'tables'
            when 'S' then 'sequences'
            when 'f' then 'functions'
            when 'T' then 'types'
            when 'n' then 'schemas'
            else d.defaclobjtype::text
        end,
        'to', case when g.grantee = 0 then '"public"'::jsonb
            else pg_catalog.jsonb_build_object('role', pg_catalog.pg_get_userbyid(g.grantee)) end,
        'privileges', pg_catalog.jsonb_agg(distinct pg_catalog.lower(g.privilege_type))
    )::text as document
from pg_catalog.pg_default_acl d
left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
cross join lateral pg_catalog.aclexplode(d.defaclacl) g
where (d.defaclnamespace = 0 or n.nspname = any ($1::text[]))
  and g.grantee <> d.defaclrole
group by d.defaclrole, n.nspname, d.defaclobjtype, g.grantee
order by 1
