-- The functions of one name.
-- $1 text: schema
-- $2 text: name
select
    array(
        select tn.nspname::text || '.' || t.typname::text
        from pg_catalog.unnest(p.proargtypes::oid[]) with ordinality k (type, place)
        join pg_catalog.pg_type t on t.oid = k.type
        join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
        order by k.place
    ) as argument_types,
    coalesce(p.proargnames, '{}') as argument_names,
    pg_catalog.pg_get_function_arguments(p.oid) as arguments,
    pg_catalog.pg_get_function_identity_arguments(p.oid) as identity_arguments,
    pg_catalog.pg_get_function_result(p.oid) as result,
    l.lanname::text as language,
    p.provolatile::text as volatility,
    p.proparallel::text as parallel,
    p.prosecdef as security_definer,
    coalesce(p.proconfig, '{}') as settings,
    p.prosrc as source,
    pg_catalog.obj_description(p.oid, 'pg_proc') as comment,
    array(
        select coalesce(r.rolname::text, 'public')
        from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) acl
        left join pg_catalog.pg_roles r on r.oid = acl.grantee
        where acl.privilege_type = 'EXECUTE'
        order by 1
    ) as executors
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where n.nspname = $1::text
  and p.proname = $2::text
  and p.prokind = 'f'
order by identity_arguments
