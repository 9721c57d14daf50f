-- The blocks of a table, of its largest partition where it has some.
-- $1::text : the table, quoted
select greatest(pg_catalog.pg_relation_size($1::pg_catalog.regclass),
                (select max(pg_catalog.pg_relation_size(p.relid))
                 from pg_catalog.pg_partition_tree($1::pg_catalog.regclass) p where p.isleaf)) / 8192 as blocks
