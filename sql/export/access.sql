-- Who reads a table, and whether row-level security hides rows from this role.
-- $1 int8: oid of the table
select
    current_user::text as role,
    pg_catalog.row_security_active($1::int8::oid) as row_security
