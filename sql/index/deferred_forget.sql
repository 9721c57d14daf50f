-- Forgets an index that is there again.
-- $1 text: its schema
-- $2 text: its name
delete from vecops.deferred_index as d
where d.table_schema = $1::text
  and d.index_name = $2::text
