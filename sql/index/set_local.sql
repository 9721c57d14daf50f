-- Sets a setting for the transaction.
-- $1 text: its name
-- $2 text: its value
select pg_catalog.set_config($1::text, $2::text, true)
