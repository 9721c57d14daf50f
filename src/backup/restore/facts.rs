//! What the database has of what a restore needs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::super::manifest::Manifest;
use super::Request;
use super::wanted::{destination, staging};
use crate::error::{Context as _, Error, Result};
use crate::sql::{Ident, QualifiedName, fixed};

/// What the database has.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Facts {
    /// `server_version_num`.
    pub(super) version: i32,
    /// The role that restores.
    pub(super) role: String,
    pub(super) may_create_schemas: bool,
    /// Those of the asked that are there.
    pub(super) relations: BTreeSet<QualifiedName>,
    pub(super) types: BTreeSet<QualifiedName>,
    /// The schemas that are there, and whether the role may create in them.
    pub(super) schemas: BTreeMap<String, bool>,
    /// The extensions that are installed, or could be.
    pub(super) extensions: Vec<FoundExtension>,
    pub(super) roles: BTreeSet<String>,
    /// What default privileges add to a new table of this role.
    pub(super) defaults: Vec<DefaultGrant>,
}

/// An extension that is installed, or could be.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct FoundExtension {
    pub(super) name: String,
    pub(super) version: String,
    /// Where it is installed; none where it is not.
    pub(super) schema: Option<Ident>,
}

/// A privilege that a new table of this role gets by itself.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct DefaultGrant {
    pub(super) schema: Option<String>,
    pub(super) to: String,
    pub(super) privileges: String,
}

impl Facts {
    /// The extension of this name.
    pub(super) fn extension(&self, name: &Ident) -> Option<&FoundExtension> {
        self.extensions
            .iter()
            .find(|extension| extension.name == name.as_str())
    }
}

/// Asks for everything at once.
pub(super) async fn read(
    connection: &mut PgConnection,
    manifest: &Manifest,
    request: &Request,
) -> Result<Facts> {
    let definition = &manifest.definition;
    let mut relations: Vec<String> = Vec::new();
    let mut schemas: BTreeSet<String> = definition
        .schemas_in_use()
        .into_iter()
        .map(|schema| schema.as_str().to_owned())
        .collect();
    for table in &definition.tables {
        let destination = destination(request, definition, &table.name);
        let staging = staging(&destination);
        relations.extend([destination.to_string(), staging.to_string()]);
        schemas.extend([destination, staging].map(|name| name.schema.as_str().to_owned()));
        let referred = table.constraints.iter().filter_map(|key| key.references.as_ref());
        relations.extend(referred.map(ToString::to_string));
    }
    relations.extend(
        definition
            .sequences
            .iter()
            .map(|sequence| sequence.name.to_string()),
    );
    let types: Vec<String> = definition
        .types
        .iter()
        .map(|kind| kind.name.to_string())
        .collect();
    let extensions: Vec<String> = definition
        .extensions
        .iter()
        .map(|extension| extension.name.as_str().to_owned())
        .collect();
    let row = fixed(include_str!("../../../sql/backup/restore/facts.sql"))
        .bind(relations)
        .bind(types)
        .bind(schemas.into_iter().collect::<Vec<_>>())
        .bind(extensions)
        .bind(definition.roles().into_iter().collect::<Vec<_>>())
        .fetch_one(connection)
        .await
        .context("look at what the database has")?;
    let text: String = row.try_get("document")?;
    serde_json::from_str(&text)
        .map_err(|error| Error::bug(format!("the database's answer has another shape: {error}")))
}
