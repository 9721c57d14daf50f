-- Enters a replacement before its first step.
-- $1 text: schema
-- $2 text: the index
-- $3 text: its table
-- $4 text: the name of the new one until the names are exchanged
-- $5 text: the name of the old one from then on
-- $6 text: what changes, as JSON
-- $7 text: the statement of the new one from USING on
-- $8 text: what it is asked for, as JSON
insert into vecops.index_replacement (
    index_schema, index_name, table_name, new_name, old_name, changes, body, terms, step
)
values (
    $1::text, $2::text, $3::text, $4::text, $5::text, $6::text::jsonb, $7::text, $8::text::jsonb,
    'building'
)
