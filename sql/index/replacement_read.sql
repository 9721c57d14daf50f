-- The replacements that are under way in a schema, or in all. A table of an earlier version has no terms.
-- $1 text: the schema, or null
select
    r.index_schema,
    r.index_name,
    r.table_name,
    r.new_name,
    r.old_name,
    r.changes::text as changes,
    r.body,
    pg_catalog.to_jsonb(r) ->> 'terms' as terms,
    r.step,
    r.before::text as before,
    r.keep_until::text as keep_until,
    coalesce(r.keep_until <= pg_catalog.now(), false) as is_due
from vecops.index_replacement r
where coalesce(r.index_schema = $1::text, true)
order by r.index_schema, r.index_name
