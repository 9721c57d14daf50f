-- The operator classes of the vector extension for an access method.
-- $1 text: the access method
select o.opcname::text as name
from pg_catalog.pg_opclass o
join pg_catalog.pg_am am on am.oid = o.opcmethod
where am.amname = $1::text
order by 1
