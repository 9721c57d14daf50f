-- Parameters: none. Proves that the server answers, and says which one it is.
select pg_catalog.current_setting('server_version') as version
