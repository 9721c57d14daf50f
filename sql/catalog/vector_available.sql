-- The version of the vector extension that this server could install. No row where it has none.
select default_version as version
from pg_catalog.pg_available_extensions
where name = 'vector'
