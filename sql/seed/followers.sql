-- The tables whose rows change when rows of a table are removed: foreign keys that cascade or set something.
-- $1 text: the table, quoted
select distinct c.conrelid::pg_catalog.regclass::text as follower
from pg_catalog.pg_constraint c
where c.confrelid = $1::text::pg_catalog.regclass
  and c.conrelid <> c.confrelid
  and c.contype = 'f'
  and c.confdeltype in ('c', 'n', 'd')
order by 1
