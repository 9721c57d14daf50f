-- Keeps what a replacement is asked for.
-- $1 text: schema
-- $2 text: the index
-- $3 text: what it is asked for, as JSON
update vecops.index_replacement as r
set terms = $3::text::jsonb
where r.index_schema = $1::text
  and r.index_name = $2::text
