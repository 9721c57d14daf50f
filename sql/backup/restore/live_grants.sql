-- Who may do what with tables that are there.
-- $1 text[]: tables, quoted and qualified
select
    n.name,
    case g.grantee when 0 then 'everybody' else pg_catalog.pg_get_userbyid(g.grantee)::text end as grantee,
    pg_catalog.string_agg(pg_catalog.lower(g.privilege_type), ', ' order by pg_catalog.lower(g.privilege_type)) as privileges
from pg_catalog.unnest($1::text[]) n (name)
join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(n.name)
cross join lateral pg_catalog.aclexplode(c.relacl) g
where g.grantee <> c.relowner
group by n.name, g.grantee
order by 1, 2
