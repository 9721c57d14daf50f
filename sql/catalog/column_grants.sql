-- The privileges on single columns of a table.
-- $1 int8: oid of the table
select
    coalesce(r.rolname::text, 'public') as grantee,
    pg_catalog.lower(acl.privilege_type) as privilege,
    a.attname::text as "column"
from pg_catalog.pg_attribute a
cross join lateral pg_catalog.aclexplode(a.attacl) acl
left join pg_catalog.pg_roles r on r.oid = acl.grantee
where a.attrelid = $1::int8::oid
  and a.attnum > 0
  and not a.attisdropped
order by 3, 1, 2
