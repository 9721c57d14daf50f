-- The columns of the key that orders a relation's rows: its primary key, or else the narrowest unique index on columns
-- that refuse NULL. No row where there is none.
-- $1 int8: oid of the relation
select
    a.attname::text as name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type
from (
    select i.indrelid, i.indkey, i.indnkeyatts
    from pg_catalog.pg_index i
    where i.indrelid = $1::int8::oid
      and i.indisunique
      and i.indimmediate
      and i.indisvalid
      and i.indpred is null
      and i.indexprs is null
      and not exists (
          select
          from pg_catalog.unnest(i.indkey::int2[]) with ordinality k (attribute, place)
          join pg_catalog.pg_attribute ka on ka.attrelid = i.indrelid and ka.attnum = k.attribute
          where k.place <= i.indnkeyatts
            and not ka.attnotnull
      )
    order by i.indisprimary desc, i.indnkeyatts, i.indexrelid
    limit 1
) chosen
cross join lateral pg_catalog.unnest(chosen.indkey::int2[]) with ordinality k (attribute, place)
join pg_catalog.pg_attribute a on a.attrelid = chosen.indrelid and a.attnum = k.attribute
where k.place <= chosen.indnkeyatts
order by k.place
