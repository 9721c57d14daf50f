-- The functions of one name with all that their bodies depend on.
-- $1 text: schema, or null for all but the server's own
-- $2 text: name
select
    n.nspname::text as schema,
    p.proname::text as name,
    pg_catalog.pg_get_function_identity_arguments(p.oid) as identity_arguments,
    l.lanname::text as language,
    p.prosrc as source,
    pg_catalog.pg_get_function_sqlbody(p.oid) as parsed_body,
    array(
        select coalesce(a.name, '')
        from rows from (
            pg_catalog.unnest(p.proargnames),
            pg_catalog.unnest(p.proargmodes::text[])
        ) with ordinality a (name, mode, place)
        where coalesce(a.mode, 'i') in ('i', 'b', 'v')
        order by a.place
    ) as argument_names,
    array(
        select pg_catalog.format_type(t.type, null)
        from pg_catalog.unnest(p.proargtypes::oid[]) with ordinality t (type, place)
        order by t.place
    ) as argument_types,
    array(
        select pg_catalog.pg_get_function_arg_default(p.oid, place::int4)
        from pg_catalog.generate_series(1, p.pronargs::int8) place
        order by place
    ) as argument_defaults,
    coalesce(p.proconfig, '{}') as settings,
    l.lanname = 'sql' and p.proconfig is null and not p.prosecdef and not p.proisstrict
        and p.provolatile <> 'v' and p.proretset as is_inlined
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where p.proname = $2::text
  and p.prokind = 'f'
  and case
      when $1::text is null then n.nspname not in ('pg_catalog', 'information_schema')
      else n.nspname = $1::text
  end
order by 1, 3
