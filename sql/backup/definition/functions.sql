-- The functions that tables need or that use them, as documents: called by defaults, constraints, index expressions,
-- policies and triggers, or by domains; depending on a table; or naming one in their text. Those of the platform, which
-- the session does not own, are none of them.
-- $1 int8[]: oids of tables
-- $2 int8[]: oids of types
with parts (class, oid, why) as (
    select 'pg_catalog.pg_attrdef'::pg_catalog.regclass, d.oid, 'table'
    from pg_catalog.pg_attrdef d
    where d.adrelid = any ($1::int8[]::oid[])
    union all
    select 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, 'table'
    from pg_catalog.pg_constraint k
    where k.conrelid = any ($1::int8[]::oid[]) or k.contypid = any ($2::int8[]::oid[])
    union all
    select 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid, 'table'
    from pg_catalog.pg_index i
    where i.indrelid = any ($1::int8[]::oid[])
    union all
    select 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid, 'policy'
    from pg_catalog.pg_policy p
    where p.polrelid = any ($1::int8[]::oid[])
    union all
    select 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid, 'trigger'
    from pg_catalog.pg_trigger t
    where t.tgrelid = any ($1::int8[]::oid[]) and not t.tgisinternal
),
found (oid, why, rank) as (
    select d.refobjid, p.why, case p.why when 'table' then 1 when 'policy' then 2 else 3 end
    from parts p
    join pg_catalog.pg_depend d
        on d.classid = p.class
        and d.objid = p.oid
        and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    union all
    select d.objid, 'depends', 4
    from pg_catalog.pg_depend d
    join pg_catalog.pg_proc f on f.oid = d.objid
    where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      and (
          (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = any ($1::int8[]::oid[]))
          or (
              d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
              and d.refobjid in (
                  select t.oid
                  from pg_catalog.pg_type t
                  where t.typrelid = any ($1::int8[]::oid[])
                     or t.typelem in (
                         select e.oid from pg_catalog.pg_type e where e.typrelid = any ($1::int8[]::oid[])
                     )
              )
          )
      )
    union all
    select f.oid, 'text', 5
    from pg_catalog.pg_proc f
    join pg_catalog.pg_class c
        on c.oid = any ($1::int8[]::oid[])
        and f.prosrc ~* (
            '(^|[^[:alnum:]_$])' || pg_catalog.regexp_replace(c.relname, '([^[:alnum:]_])', '\\\1', 'g')
            || '($|[^[:alnum:]_$])'
        )
    join pg_catalog.pg_language l on l.oid = f.prolang and l.lanname not in ('c', 'internal')
),
best as (
    select distinct on (f.oid) f.oid, f.why
    from found f
    order by f.oid, f.rank
)
select
    p.oid::int8 as oid,
    pg_catalog.jsonb_build_object(
        'name', pg_catalog.format('%I.%I', n.nspname, p.proname),
        'arguments', pg_catalog.pg_get_function_identity_arguments(p.oid),
        'procedure', p.prokind = 'p',
        'definition', pg_catalog.pg_get_functiondef(p.oid),
        'found_by', b.why,
        'owner', r.rolname,
        'comment', pg_catalog.obj_description(p.oid, 'pg_proc')
    )::text as document
from best b
join pg_catalog.pg_proc p on p.oid = b.oid
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_roles r on r.oid = p.proowner
where p.prokind in ('f', 'p')
  and pg_catalog.pg_has_role(p.proowner, 'USAGE')
  and n.nspname not in (
      'pg_catalog', 'information_schema', 'vecops', 'auth', 'storage', 'realtime', 'vault', 'pgsodium', 'graphql',
      'graphql_public', 'pgbouncer', 'supabase_functions', 'supabase_migrations', 'cron', 'net', 'pgmq'
  )
  and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e'
  )
order by n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)
