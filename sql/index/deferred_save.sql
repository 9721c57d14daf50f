-- Keeps the definition of an index that is dropped in the same transaction.
-- $1 text: schema of table and index
-- $2 text: table
-- $3 text: index
-- $4 text: the statement from USING on
-- $5 text: comment, or null
-- $6 text: tablespace, or null
-- $7 text: how its rows lie, as JSON, or null
insert into vecops.deferred_index (table_schema, table_name, index_name, body, comment, tablespace, layout)
values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text::jsonb)
on conflict (table_schema, index_name) do update
set table_name = excluded.table_name,
    body = excluded.body,
    comment = excluded.comment,
    tablespace = excluded.tablespace,
    layout = excluded.layout,
    dropped_at = excluded.dropped_at
