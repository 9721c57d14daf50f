-- The indexes that wait to be built again, on one table or on all.
-- $1 text: schema of the table, or null
-- $2 text: name of the table, or null
select
    d.table_schema,
    d.table_name,
    d.index_name,
    d.body,
    d.comment,
    d.tablespace,
    d.layout::text as layout
from vecops.deferred_index d
where coalesce(d.table_schema = $1::text, true)
  and coalesce(d.table_name = $2::text, true)
order by d.dropped_at, d.index_name
