-- How many rows the index holds that was built on a sample.
-- $1 text: the sample
select c.reltuples::int8 as rows
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
where i.indrelid = $1::text::pg_catalog.regclass
