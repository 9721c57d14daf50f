//! What is in this database: read-only facts from PostgreSQL's catalogs.
