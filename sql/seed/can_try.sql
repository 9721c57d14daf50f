-- Whether the server can say that a text is no value of a type, without failing.
-- No parameters.
select pg_catalog.to_regprocedure('pg_catalog.pg_input_error_info(text, text)') is not null as can_try
