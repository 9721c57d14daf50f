//! The vector extension: whether it is there, how new, and in which schema everything of it must be named.

use serde::Serialize;
use sqlx::FromRow;
use sqlx::postgres::PgConnection;

use super::{name, row};
use crate::error::{Error, Result};
use crate::sql::{Ident, fixed};
use crate::vector::{ElementType, Metric};

/// The installed vector extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VectorExtension {
    /// Its version, as in `0.8.5`.
    pub version: String,
    /// The schema that its types, operators and functions live in.
    pub schema: Ident,
}

#[derive(FromRow)]
struct ExtensionRow {
    version: String,
    schema: String,
}

#[derive(FromRow)]
struct VersionRow {
    version: Option<String>,
}

/// The vector extension of this database, where it is installed.
pub async fn vector_extension(connection: &mut PgConnection) -> Result<Option<VectorExtension>> {
    let query = fixed(include_str!("../../sql/catalog/vector_extension.sql"));
    let Some(found) = row::<ExtensionRow>(connection, query).await? else {
        return Ok(None);
    };
    Ok(Some(VectorExtension {
        version: found.version,
        schema: name(&found.schema)?,
    }))
}

/// The version of the vector extension that the server could install, where it has one.
pub async fn available_vector_version(connection: &mut PgConnection) -> Result<Option<String>> {
    let query = fixed(include_str!("../../sql/catalog/vector_available.sql"));
    let found = row::<VersionRow>(connection, query).await?;
    Ok(found.and_then(|found| found.version))
}

impl VectorExtension {
    /// The vector extension of this database, or the error that says how to get it.
    pub async fn require(connection: &mut PgConnection) -> Result<Self> {
        vector_extension(connection).await?.ok_or_else(|| {
            Error::precondition("the extension `vector` is not installed in this database")
                .hint("Run `vecops setup apply`, which installs it in the schema `extensions`.")
        })
    }

    /// An element type as SQL names it from anywhere: `"extensions"."vector"`.
    pub fn type_name(&self, element: ElementType) -> String {
        match element {
            ElementType::Bit => "pg_catalog.bit".to_owned(),
            other => format!("{}.{other}", self.schema),
        }
    }

    /// A metric's operator as SQL names it from anywhere: `operator("extensions".<=>)`.
    pub fn operator(&self, metric: Metric) -> String {
        format!("operator({}.{})", self.schema, metric.operator())
    }

    /// Loads the extension's library into the session. Until then a server refuses a non-superuser's
    /// `create function ... set hnsw.ef_search`, and takes any value in `set hnsw.ef_search`.
    pub fn load_library(&self) -> String {
        format!("select '[1]'::{}.vector", self.schema)
    }

    /// Whether the version is at least this one. What cannot be read as a version counts as new.
    pub fn is_at_least(&self, major: u32, minor: u32) -> bool {
        let mut numbers = self.version.split('.').map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(has_major)), Some(Ok(has_minor))) => (has_major, has_minor) >= (major, minor),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_qualified_and_versions_compare_by_number() {
        let extension = VectorExtension {
            version: "0.10.1".into(),
            schema: Ident::constant("Ext"),
        };
        assert_eq!(extension.type_name(ElementType::Halfvec), r#""Ext".halfvec"#);
        assert_eq!(extension.operator(Metric::Cosine), r#"operator("Ext".<=>)"#);
        assert!(extension.is_at_least(0, 8) && extension.is_at_least(0, 10));
        assert!(!extension.is_at_least(0, 11));
    }
}
