-- What the current role may do with a table that rows are to be copied into.
-- $1 int8: oid of the table
select
    current_user::text as role,
    pg_catalog.row_security_active(c.oid) as row_security,
    array(
        select a.attname::text
        from pg_catalog.pg_attribute a
        where a.attrelid = c.oid
          and a.attnum > 0
          and not a.attisdropped
          and pg_catalog.has_column_privilege(c.oid, a.attnum, 'INSERT')
    ) as insertable,
    pg_catalog.pg_has_role(c.relowner, 'USAGE')
        or (
            select pg_catalog.pg_has_role(d.datdba, 'USAGE')
            from pg_catalog.pg_database d
            where d.datname = pg_catalog.current_database()
        )
        or case
            when pg_catalog.current_setting('server_version_num')::int4 >= 170000
                then pg_catalog.has_table_privilege(c.oid, 'MAINTAIN')
            else false
        end as may_analyze
from pg_catalog.pg_class c
where c.oid = $1::int8::oid
