-- Who this is and what it may do, and whether the roles of Supabase are there.
select current_user::text                                              as "user",
       session_user::text                                              as session_user,
       role.rolsuper                                                   as superuser,
       role.rolbypassrls                                               as bypass_rls,
       role.rolcreatedb                                                as create_database,
       role.rolcreaterole                                              as create_role,
       role.rolreplication                                             as replication,
       pg_catalog.has_database_privilege(
         pg_catalog.current_database(), 'CREATE')                      as create_schema,
       coalesce((select pg_catalog.array_agg(member.rolname::text order by member.rolname)
                 from pg_catalog.pg_auth_members grants
                 join pg_catalog.pg_roles member on member.oid = grants.roleid
                 where grants.member = role.oid), '{}')                as member_of,
       (select count(*) = 4
        from pg_catalog.pg_roles
        where rolname in ('anon', 'authenticated', 'service_role', 'authenticator')) as supabase_roles
from pg_catalog.pg_roles role
where role.rolname = current_user
