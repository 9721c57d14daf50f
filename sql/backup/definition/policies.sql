-- The row-level security policies of tables as documents, by name.
-- $1 int8[]: oids of tables
select
    p.polrelid::int8 as oid,
    pg_catalog.jsonb_build_object(
        'name', p.polname,
        'permissive', p.polpermissive,
        'command', case p.polcmd
            when 'r' then 'select'
            when 'a' then 'insert'
            when 'w' then 'update'
            when 'd' then 'delete'
            else 'all'
        end,
        'roles', array(
            select case when r.oid = 0 then '"public"'::jsonb
                when r.oid = c.relowner then '"owner"'::jsonb
                else pg_catalog.jsonb_build_object('role', pg_catalog.pg_get_userbyid(r.oid)) end
            from pg_catalog.unnest(p.polroles) r (oid)
            order by 1
        ),
        'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
        'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
        'comment', pg_catalog.obj_description(p.oid, 'pg_policy')
    )::text as document
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
where p.polrelid = any ($1::int8[]::oid[])
order by p.polrelid, p.polname
