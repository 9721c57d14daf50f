-- Those of the named roles that exist.
-- $1 text[]: role names
select
    r.rolname::text as name,
    r.rolsuper as superuser,
    r.rolbypassrls as bypasses_rls
from pg_catalog.pg_roles r
where r.rolname = any ($1::text[])
order by r.rolname
