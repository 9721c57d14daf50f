-- Exact nearest neighbours of some stored vectors among the rows of a range. The words in braces are put in by the
-- dump: the table and its columns are known by name only.
with rows as materialized (
    select array[{key}] as key, {column} as vector, pg_catalog.row_number() over (order by {order}) as place
    from {table} t
    where {condition}{column} is not null
),
queries as materialized (
    select key, vector, place
    from rows
    where place in (
        select (number * (select pg_catalog.count(*) from rows) / {queries}) + 1
        from pg_catalog.generate_series(0, {queries} - 1) number
    )
),
ranked as materialized (
    select
        queries.key as query,
        queries.place as query_place,
        rows.key,
        rows.place,
        queries.vector {operator} rows.vector as distance
    from queries
    cross join rows
),
best as (
    select
        query,
        query_place,
        key,
        distance,
        pg_catalog.row_number() over (partition by query_place order by distance, place) as rank
    from ranked
    where distance <> 'NaN'
)
select query, key, distance::pg_catalog.float8 as distance
from best
where rank <= {neighbours}
order by query_place, rank
