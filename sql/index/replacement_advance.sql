-- Moves a replacement on, in the transaction of what is done.
-- $1 text: schema
-- $2 text: the index
-- $3 text: the step that it is at now
-- $4 text: the step that it goes on to
-- $5 float8: seconds from now until the old index may be dropped, or null
update vecops.index_replacement as r
set step = $4::text,
    keep_until = pg_catalog.now() + pg_catalog.make_interval(secs => $5::float8)
where r.index_schema = $1::text
  and r.index_name = $2::text
  and r.step = $3::text
returning r.keep_until::text as keep_until
