-- The users' triggers of tables as documents, by name; what a partition has of its parent's comes with the parent's.
-- $1 int8[]: oids of tables
select
    t.tgrelid::int8 as oid,
    pg_catalog.jsonb_build_object(
        'name', t.tgname,
        'definition', pg_catalog.pg_get_triggerdef(t.oid),
        'function', pg_catalog.format('%I.%I', n.nspname, p.proname),
        'enabled', case t.tgenabled
            when 'D' then 'disabled'
            when 'R' then 'replica'
            when 'A' then 'always'
            else 'origin'
        end,
        'comment', pg_catalog.obj_description(t.oid, 'pg_trigger')
    )::text as document
from pg_catalog.pg_trigger t
join pg_catalog.pg_proc p on p.oid = t.tgfoid
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where t.tgrelid = any ($1::int8[]::oid[])
  and not t.tgisinternal
  and t.tgparentid = 0
order by t.tgrelid, t.tgname
