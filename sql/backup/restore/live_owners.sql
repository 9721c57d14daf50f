-- Who owns tables that make way, and whether what takes their places can be given to that role.
-- $1 text[]: tables, quoted and qualified
select
    n.name,
    pg_catalog.pg_get_userbyid(c.relowner)::text as owner,
    c.relowner = (select r.oid from pg_catalog.pg_roles r where r.rolname = current_user) as is_own,
    pg_catalog.pg_has_role(c.relowner, 'USAGE') as may_change,
    pg_catalog.pg_has_role(c.relowner, 'MEMBER')
        and pg_catalog.has_schema_privilege(c.relowner, c.relnamespace, 'CREATE') as may_give
from pg_catalog.unnest($1::text[]) n (name)
join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(n.name)
order by 1
