-- The check constraints of a table that need no other columns than these, as `ADD CONSTRAINT` takes them.
-- $1 text: the table, quoted
-- $2 text[]: the columns
select c.conname::text as name, pg_catalog.pg_get_constraintdef(c.oid) as definition
from pg_catalog.pg_constraint c
where c.conrelid = $1::text::pg_catalog.regclass
  and c.contype = 'c'
  and c.conkey <@ array(
      select a.attnum
      from pg_catalog.pg_attribute a
      where a.attrelid = c.conrelid
        and a.attname::text = any($2::text[])
        and a.attnum > 0
        and not a.attisdropped
  )
