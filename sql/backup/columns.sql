-- The columns of a relation whose values travel, with the function that writes each one's binary form and whether that
-- form means the same in another database. It does not where a part of the type has no such function, is a number
-- that stands for an object (regclass and its kin), or is named by its oid inside an array or a composite, which
-- differs from database to database for all but PostgreSQL's own types. tsvector's form is not safe on every machine,
-- and that of an empty tsquery is refused by the server that wrote it.
-- $1 int8: oid of the relation
with recursive parts (attribute, type, is_named_by_oid) as (
    select a.attnum, a.atttypid, false
    from pg_catalog.pg_attribute a
    where a.attrelid = $1::int8::oid
      and a.attnum > 0
      and not a.attisdropped
      and a.attgenerated = ''
    union
    select p.attribute, inner_type.oid, inner_type.is_named_by_oid
    from parts p
    join pg_catalog.pg_type t on t.oid = p.type
    cross join lateral (
        select t.typbasetype, false where t.typtype = 'd'
        union all
        select t.typelem, true
        where t.typelem <> 0 and t.typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
        union all
        select r.rngsubtype, false from pg_catalog.pg_range r where t.oid in (r.rngtypid, r.rngmultitypid)
        union all
        select f.atttypid, true
        from pg_catalog.pg_attribute f
        where t.typtype = 'c' and f.attrelid = t.typrelid and f.attnum > 0 and not f.attisdropped
    ) inner_type (oid, is_named_by_oid)
),
bases (attribute, type) as (
    select a.attnum, a.atttypid
    from pg_catalog.pg_attribute a
    where a.attrelid = $1::int8::oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    union
    select b.attribute, t.typbasetype
    from bases b
    join pg_catalog.pg_type t on t.oid = b.type and t.typtype = 'd'
)
select
    a.attname::text as name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
    case when t.typtype = 'd' then pg_catalog.format_type(base.oid, null) end as base_type,
    coalesce(sn.nspname::text, '') as send_schema,
    coalesce(sp.proname::text, '') as send_name,
    not exists (
        select
        from parts p
        join pg_catalog.pg_type pt on pt.oid = p.type
        where p.attribute = a.attnum
          and (
              pt.typsend = 0
              or pt.typreceive = 0
              or (p.is_named_by_oid and pt.oid >= 10000)
              or pt.oid in (
                  'pg_catalog.tsvector'::pg_catalog.regtype,
                  'pg_catalog.tsquery'::pg_catalog.regtype,
                  'pg_catalog.regclass'::pg_catalog.regtype,
                  'pg_catalog.regproc'::pg_catalog.regtype,
                  'pg_catalog.regprocedure'::pg_catalog.regtype,
                  'pg_catalog.regoper'::pg_catalog.regtype,
                  'pg_catalog.regoperator'::pg_catalog.regtype,
                  'pg_catalog.regtype'::pg_catalog.regtype,
                  'pg_catalog.regrole'::pg_catalog.regtype,
                  'pg_catalog.regnamespace'::pg_catalog.regtype,
                  'pg_catalog.regconfig'::pg_catalog.regtype,
                  'pg_catalog.regdictionary'::pg_catalog.regtype,
                  'pg_catalog.regcollation'::pg_catalog.regtype
              )
          )
    ) as is_binary,
    pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT') as is_readable
from pg_catalog.pg_attribute a
join pg_catalog.pg_type t on t.oid = a.atttypid
join bases b on b.attribute = a.attnum
join pg_catalog.pg_type base on base.oid = b.type and base.typtype <> 'd'
left join pg_catalog.pg_proc sp on sp.oid = t.typsend
left join pg_catalog.pg_namespace sn on sn.oid = sp.pronamespace
where a.attrelid = $1::int8::oid
  and a.attnum > 0
  and not a.attisdropped
  and a.attgenerated = ''
order by a.attnum
