-- Forgets a replacement that is done or undone.
-- $1 text: schema
-- $2 text: the index
delete from vecops.index_replacement as r
where r.index_schema = $1::text
  and r.index_name = $2::text
