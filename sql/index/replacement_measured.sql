-- Keeps what was measured of the old index while it was alone.
-- $1 text: schema
-- $2 text: the index
-- $3 text: the figures, as JSON
update vecops.index_replacement as r
set before = $3::text::jsonb
where r.index_schema = $1::text
  and r.index_name = $2::text
