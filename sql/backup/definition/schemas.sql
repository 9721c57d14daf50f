-- Schemas as documents.
-- $1 text[]: names
select
    n.oid::int8 as oid,
    pg_catalog.jsonb_build_object(
        'name', n.nspname,
        'owner', r.rolname,
        'comment', pg_catalog.obj_description(n.oid, 'pg_namespace')
    )::text as document
from pg_catalog.pg_namespace n
join pg_catalog.pg_roles r on r.oid = n.nspowner
where n.nspname = any ($1::text[])
order by n.nspname
