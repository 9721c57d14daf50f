-- The columns of a table's primary key, in order. No row where it has none.
-- $1 int8: oid of the table
select a.attname::text as name
from pg_catalog.pg_index i
cross join lateral pg_catalog.unnest(i.indkey::int2[]) with ordinality k (attribute, place)
join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attribute
where i.indrelid = $1::int8::oid
  and i.indisprimary
order by k.place
