-- A schema, and which of the named roles may use what is in it. No row where it does not exist.
-- $1 text: schema
-- $2 text[]: role names
select
    n.nspname::text as name,
    array(
        select r.rolname::text
        from pg_catalog.pg_roles r
        where r.rolname = any ($2::text[])
          and pg_catalog.has_schema_privilege(r.oid, n.oid, 'usage')
        order by r.rolname
    ) as users
from pg_catalog.pg_namespace n
where n.nspname = $1::text
