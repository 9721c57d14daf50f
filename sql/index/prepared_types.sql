-- The types of the parameters of a prepared statement of this session.
-- $1 text: its name
select array(
    select pg_catalog.format_type(t.type, null)
    from pg_catalog.unnest(p.parameter_types::oid[]) with ordinality t (type, place)
    order by t.place
) as types
from pg_catalog.pg_prepared_statements p
where p.name = $1::text
