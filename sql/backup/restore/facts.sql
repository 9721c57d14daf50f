-- What a database has of what a restore needs, as one document.
-- $1 text[]: relations, quoted and qualified
-- $2 text[]: types, quoted and qualified
-- $3 text[]: schemas
-- $4 text[]: extensions
-- $5 text[]: roles
select pg_catalog.jsonb_build_object(
    'version', pg_catalog.current_setting('server_version_num')::int4,
    'role', current_user,
    'may_create_schemas',
        pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
    'relations', array(
        select r.name from pg_catalog.unnest($1::text[]) r (name) where pg_catalog.to_regclass(r.name) is not null
    ),
    'types', array(
        select t.name from pg_catalog.unnest($2::text[]) t (name) where pg_catalog.to_regtype(t.name) is not null
    ),
    'schemas', coalesce(
        (
            select pg_catalog.jsonb_object_agg(n.nspname, pg_catalog.has_schema_privilege(n.oid, 'CREATE'))
            from pg_catalog.pg_namespace n
            where n.nspname = any ($3::text[])
        ),
        '{}'
    ),
    'extensions', coalesce(
        (
            select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                'name', a.name,
                'version', coalesce(e.extversion, a.default_version),
                'schema', n.nspname
            ))
            from pg_catalog.pg_available_extensions a
            left join pg_catalog.pg_extension e on e.extname = a.name
            left join pg_catalog.pg_namespace n on n.oid = e.extnamespace
            where a.name = any ($4::name[])
        ),
        '[]'
    ),
    'roles', array(select r.rolname::text from pg_catalog.pg_roles r where r.rolname = any ($5::name[])),
    'defaults', coalesce(
        (
            select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                'schema', n.nspname,
                'to', coalesce(g.rolname, 'public'),
                'privileges', pg_catalog.lower(acl.privilege_type)
            ))
            from pg_catalog.pg_default_acl d
            left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
            cross join lateral pg_catalog.aclexplode(d.defaclacl) acl
            left join pg_catalog.pg_roles g on g.oid = acl.grantee
            where d.defaclobjtype = 'r'
              and d.defaclrole = (select r.oid from pg_catalog.pg_roles r where r.rolname = current_user)
              and acl.grantee <> d.defaclrole
        ),
        '[]'
    )
)::text as document
