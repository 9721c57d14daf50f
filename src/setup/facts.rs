//! What a plan needs to know of a database for one collection.

use sqlx::postgres::PgConnection;

use super::ddl::{API_ROLES, EXTENSIONS_SCHEMA};
use crate::catalog::{self, Function, Schema, Table, VectorExtension};
use crate::collection::Collection;
use crate::error::Result;
use crate::sql::{Ident, QualifiedName};

/// What a database has of one collection.
pub(super) struct Facts {
    /// Those of the API's roles that exist.
    pub(super) roles: Vec<String>,
    /// The vector extension, where it is installed.
    pub(super) extension: Option<VectorExtension>,
    /// The schema that the extension lives or will live in, where that exists.
    pub(super) extension_schema: Option<Schema>,
    /// The collection's schema, where it exists.
    pub(super) schema: Option<Schema>,
    /// Whether `auth.uid()` exists.
    pub(super) has_auth_uid: bool,
    /// The table, where it exists.
    pub(super) table: Option<Table>,
    /// The functions of the match function's name.
    pub(super) functions: Vec<Function>,
}

impl Facts {
    /// Reads them from the catalog.
    pub(super) async fn gather(connection: &mut PgConnection, collection: &Collection) -> Result<Self> {
        let roles = catalog::roles(connection, &API_ROLES).await?;
        let extension = catalog::vector_extension(connection).await?;
        let extension_schema = extension.as_ref().map_or_else(
            || Ident::constant(EXTENSIONS_SCHEMA),
            |found| found.schema.clone(),
        );
        let auth_uid = QualifiedName::new(Ident::constant("auth"), Ident::constant("uid"));
        Ok(Self {
            roles: roles.into_iter().map(|role| role.name).collect(),
            extension_schema: catalog::schema(connection, &extension_schema, &API_ROLES).await?,
            schema: catalog::schema(connection, &collection.table.schema, &API_ROLES).await?,
            has_auth_uid: !catalog::functions(connection, &auth_uid).await?.is_empty(),
            table: catalog::table(connection, &collection.table).await?,
            functions: catalog::functions(connection, &collection.match_function()).await?,
            extension,
        })
    }

    /// Those of a new Supabase project, known without one.
    pub(super) fn of_fresh_project(collection: &Collection) -> Self {
        let schema = |name: &str| Schema {
            name: name.to_owned(),
            users: API_ROLES.map(str::to_owned).to_vec(),
        };
        Self {
            roles: API_ROLES.map(str::to_owned).to_vec(),
            extension: None,
            extension_schema: Some(schema(EXTENSIONS_SCHEMA)),
            schema: (collection.table.schema.as_str() == "public").then(|| schema("public")),
            has_auth_uid: true,
            table: None,
            functions: Vec::new(),
        }
    }

    /// The schema that every type and operator of the extension is named with.
    pub(super) fn extension_name(&self) -> Ident {
        self.extension.as_ref().map_or_else(
            || Ident::constant(EXTENSIONS_SCHEMA),
            |found| found.schema.clone(),
        )
    }

    /// Those of the API's roles that exist, in a fixed order.
    pub(super) fn roles(&self) -> Vec<&'static str> {
        API_ROLES
            .into_iter()
            .filter(|role| self.roles.iter().any(|found| found == role))
            .collect()
    }
}
