-- The privileges on a table, the owner's included.
-- $1 int8: oid of the table
select
    coalesce(r.rolname::text, 'public') as grantee,
    pg_catalog.lower(acl.privilege_type) as privilege,
    null::text as "column"
from pg_catalog.pg_class c
cross join lateral pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) acl
left join pg_catalog.pg_roles r on r.oid = acl.grantee
where c.oid = $1::int8::oid
order by 1, 2
