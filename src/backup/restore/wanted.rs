//! What is to be made of a backup: which tables, under which names, and what is there already.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::super::definition::{
    Column, Definition, Function, GeneratedKind, Reason, Renames, Stage as Step, Statement, capture,
};
use super::super::manifest::{self, Manifest};
use super::facts::{Facts, roles};
use super::{Existing, Part, Request};
use crate::error::{Context as _, Error, Kind, Result, nearest};
use crate::progress::Progress;
use crate::sql::{Ident, QualifiedName, fixed};

/// What is to be made.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The tables with rows.
    pub(super) tables: Vec<WantedTable>,
    /// What is created: without what is there, and where tables make way at the end, under other names.
    pub(super) made: Definition,
    /// What is opened and compared: the same under the names that it ends with.
    pub(super) opened: Definition,
    /// What the tables will lack, and why.
    pub(super) left_out: Vec<String>,
    /// Whether the tables are there, and only get rows.
    only_rows: bool,
    /// What is taken from the definition as the backup has it.
    source: Definition,
}

/// A table with rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct WantedTable {
    /// Its place in the manifest.
    pub(super) place: usize,
    /// Its name in the backup.
    pub(super) from: QualifiedName,
    /// Its name while it is loaded.
    pub(super) at: QualifiedName,
    /// Its name in the end.
    pub(super) to: QualifiedName,
}

/// What the ledger keeps, so that another run makes and opens the same.
#[derive(Serialize, Deserialize)]
struct State {
    made: Definition,
    opened: Definition,
    left_out: Vec<String>,
}

impl WantedTable {
    /// What the manifest says of it.
    pub(super) fn entry<'m>(&self, manifest: &'m Manifest) -> Result<&'m manifest::Table> {
        let entry = manifest.tables.get(self.place);
        entry.ok_or_else(|| Error::bug("a table that the manifest does not name"))
    }

    /// How many rows it has.
    pub(super) fn rows(&self, manifest: &Manifest) -> u64 {
        manifest.tables.get(self.place).map_or(0, |table| table.rows)
    }
}

/// Where a table of the backup ends.
pub(super) fn destination(request: &Request, definition: &Definition, name: &QualifiedName) -> QualifiedName {
    let named = request.tables.iter().find(|(from, _)| from == name);
    if let Some((_, Some(to))) = named {
        return to.clone();
    }
    // A partition goes where its parent goes.
    let parent = definition.table(name).and_then(|table| table.parents.first());
    let schema = match (&request.schema, parent) {
        (Some(schema), _) => schema.clone(),
        (None, Some(parent)) => destination(request, definition, parent).schema,
        (None, None) => name.schema.clone(),
    };
    QualifiedName::new(schema, name.name.clone())
}

/// Where a table is loaded that ends in another's place.
pub(super) fn staging(to: &QualifiedName) -> QualifiedName {
    QualifiedName::new(to.schema.with_suffix("_vecops_restoring"), to.name.clone())
}

impl Wanted {
    /// Chooses the tables and their names.
    pub(super) fn new(manifest: &Manifest, request: &Request, facts: &Facts) -> Result<Self> {
        let mut source = selected(manifest, request)?;
        let mut left_out = Vec::new();
        suit_version(&mut source, facts, &mut left_out)?;
        let name = |name: &QualifiedName| destination(request, &manifest.definition, name);
        let at = |to: &QualifiedName| match request.existing {
            Existing::Swap => staging(to),
            _ => to.clone(),
        };
        let mut tables = Vec::new();
        for (place, table) in manifest.tables.iter().enumerate() {
            if source.table(&table.name).is_some() {
                let to = name(&table.name);
                tables.push(WantedTable {
                    place,
                    from: table.name.clone(),
                    at: at(&to),
                    to,
                });
            }
        }
        let distinct: BTreeSet<&QualifiedName> = tables.iter().map(|table| &table.to).collect();
        if distinct.len() != tables.len() {
            return Err(Error::usage("two tables would get the same name"));
        }
        let (mut to_staging, mut to_end) = (Renames::default(), Renames::default());
        for table in &source.tables {
            to_end.table(table.name.clone(), name(&table.name));
            to_staging.table(table.name.clone(), at(&name(&table.name)));
        }
        let (opened, lost) = source.renamed(&to_end);
        let made = Definition {
            functions: opened.functions.clone(),
            ..source.renamed(&to_staging).0
        };
        left_out.extend(lost.iter().map(|function| {
            format!(
                "function `{}`: it uses a table by a name that is another here",
                function.plain()
            )
        }));
        Ok(Self {
            tables,
            made,
            opened,
            left_out,
            only_rows: request.part == Part::OnlyData,
            source,
        })
    }

    /// The statements of a step for what is made; rows that go into tables that are there need none.
    pub(super) fn made_only(&self, step: Step) -> Vec<Statement> {
        match self.only_rows {
            true => Vec::new(),
            false => self.made.statements(step),
        }
    }

    /// Takes what an earlier run made and opens.
    pub(super) fn resume(&mut self, state: &str) -> Result<()> {
        let state: State = serde_json::from_str(state)
            .map_err(|error| Error::bug("the ledger of restores has another shape").cause(error))?;
        self.made = state.made;
        self.opened = state.opened;
        self.left_out = state.left_out;
        Ok(())
    }

    /// What the ledger keeps.
    pub(super) fn state(&self) -> Result<String> {
        let state = State {
            made: self.made.clone(),
            opened: self.opened.clone(),
            left_out: self.left_out.clone(),
        };
        serde_json::to_string(&state)
            .map_err(|error| Error::bug("a restore's state does not become JSON").cause(error))
    }

    /// Whether the tables of an earlier run are still there.
    pub(super) fn is_there(&self, facts: &Facts, finished: bool) -> bool {
        let at = |table: &WantedTable| {
            if finished {
                table.to.clone()
            } else {
                table.at.clone()
            }
        };
        self.tables
            .iter()
            .all(|table| facts.relations.contains(&at(table)))
    }

    /// Holds it against what is there: takes out what need not be made, and refuses what cannot be. Tables that are
    /// there are no hindrance where they are an earlier run's `own`, which is begun anew.
    pub(super) async fn fit(
        &mut self,
        connection: &mut PgConnection,
        facts: &Facts,
        request: &Request,
        own: bool,
        progress: &dyn Progress,
    ) -> Result<()> {
        self.expect_roles(facts)?;
        self.fit_extensions(connection, facts).await?;
        self.fit_schemas(facts)?;
        if !own {
            self.expect_tables(facts, request)?;
        }
        self.expect_referred(facts)?;
        if self.only_rows {
            return self.take_existing(connection).await;
        }
        self.made.types.retain(|kind| !facts.types.contains(&kind.name));
        let shared = |name: &QualifiedName| facts.relations.contains(name);
        self.made
            .sequences
            .retain(|sequence| sequence.owned_by.is_some() || !shared(&sequence.name));
        self.opened
            .sequences
            .retain(|sequence| sequence.owned_by.is_some() || !shared(&sequence.name));
        self.fit_functions(connection, progress).await
    }

    /// Tables that are there keep what they are; they get rows and the values of sequences.
    async fn take_existing(&mut self, connection: &mut PgConnection) -> Result<()> {
        let names: Vec<QualifiedName> = self.tables.iter().map(|table| table.at.clone()).collect();
        let mut found = capture(connection, &names).await?;
        found.functions.clear();
        found.schemas.clear();
        found.types.clear();
        for sequence in &mut found.sequences {
            let same = self
                .opened
                .sequences
                .iter()
                .find(|other| other.owned_by.is_some() && other.owned_by == sequence.owned_by);
            if let Some(same) = same {
                (sequence.last_value, sequence.is_called) = (same.last_value, same.is_called);
            }
        }
        self.left_out.clear();
        self.made = found.clone();
        self.opened = found;
        Ok(())
    }

    fn expect_roles(&self, facts: &Facts) -> Result<()> {
        let missing: Vec<String> = roles(&self.source).difference(&facts.roles).cloned().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!(
            "grants or policies of the backup name roles that are not here: {}",
            missing.join(", ")
        );
        Err(Error::precondition(message)
            .hint("Make them with `create role ... nologin`, then run the same command again."))
    }

    /// An extension that lives in another schema here takes its members' names along.
    async fn fit_extensions(&mut self, connection: &mut PgConnection, facts: &Facts) -> Result<()> {
        let mut moved = Renames::default();
        for extension in &self.source.extensions {
            let name = extension.name.as_str();
            let Some(found) = facts.extension(&extension.name) else {
                return Err(
                    Error::precondition(format!("the server has no extension `{name}`"))
                        .hint("Restore into a server that has it; on Supabase: Database, Extensions."),
                );
            };
            if older(&found.version, &extension.version) {
                let message = format!(
                    "the extension `{name}` is {} here, and the backup was made with {}",
                    found.version, extension.version
                );
                return Err(Error::precondition(message).hint(format!(
                    "Upgrade it: `alter extension {name} update`, or upgrade the server first."
                )));
            }
            if let Some(schema) = &found.schema
                && *schema != extension.schema
            {
                let rows = fixed(include_str!("../../../sql/backup/restore/members.sql"))
                    .bind(name.to_owned())
                    .fetch_all(&mut *connection)
                    .await?;
                let names: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get("name")).collect();
                moved.members(&extension.schema, schema, names?);
            }
        }
        let is_installed = |name: &Ident| facts.extension(name).is_some_and(|found| found.schema.is_some());
        for definition in [&mut self.made, &mut self.opened] {
            *definition = definition.renamed(&moved).0;
            definition
                .extensions
                .retain(|extension| !is_installed(&extension.name));
        }
        Ok(())
    }

    fn fit_schemas(&mut self, facts: &Facts) -> Result<()> {
        let mut needed: BTreeSet<Ident> = self.made.schemas_in_use().into_iter().cloned().collect();
        needed.extend(self.tables.iter().map(|table| table.to.schema.clone()));
        for schema in &needed {
            let has_tables = self.made.tables.iter().any(|table| table.name.schema == *schema);
            let why = match facts.schemas.get(schema.as_str()) {
                Some(true) => continue,
                Some(false) if !has_tables => continue,
                Some(false) => format!(
                    "role `{}` may not create in the schema `{}`",
                    facts.role,
                    schema.plain()
                ),
                None if facts.may_create_schemas => continue,
                None => format!(
                    "role `{}` may not create the schema `{}`",
                    facts.role,
                    schema.plain()
                ),
            };
            return Err(Error::precondition(why)
                .hint("Restore as the role that owns the database, or as one with that right."));
        }
        let is_new = |name: &Ident| !facts.schemas.contains_key(name.as_str());
        for definition in [&mut self.made, &mut self.opened] {
            definition.schemas.retain(|schema| is_new(&schema.name));
        }
        Ok(())
    }

    fn expect_tables(&self, facts: &Facts, request: &Request) -> Result<()> {
        for table in &self.made.tables {
            let is_there = facts.relations.contains(&table.name);
            let plain = table.name.plain();
            match (request.part, request.existing) {
                (Part::OnlyData, _) if !is_there => {
                    return Err(Error::precondition(format!(
                        "there is no table `{plain}` to load rows into"
                    ))
                    .hint("Leave `--only-data` out: then it is made."));
                }
                (Part::OnlyData, _) | (_, Existing::Drop) => {}
                _ if is_there => {
                    return Err(Error::precondition(format!("the table `{plain}` is there already")).hint(
                        "Restore beside it with `--table old=new` or `--schema NAME`, put it in its place with `--swap`, or drop it first with `--drop-existing`.",
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn expect_referred(&self, facts: &Facts) -> Result<()> {
        for table in &self.opened.tables {
            for constraint in &table.constraints {
                let Some(referred) = &constraint.references else {
                    continue;
                };
                if self.opened.table(referred).is_none() && !facts.relations.contains(referred) {
                    let message = format!(
                        "`{}` refers to `{}`, which is neither in the backup nor here",
                        table.name.plain(),
                        referred.plain()
                    );
                    return Err(Error::precondition(message).hint("Restore or make that table first."));
                }
            }
        }
        Ok(())
    }

    /// A function that is here stays as it is; where it is another one, that is said.
    async fn fit_functions(&mut self, connection: &mut PgConnection, progress: &dyn Progress) -> Result<()> {
        let mut kept = Vec::new();
        for function in std::mem::take(&mut self.opened.functions) {
            match existing(connection, &function).await? {
                None => kept.push(function),
                Some(definition) if definition.trim() == function.definition.trim() => {}
                Some(_) => {
                    let note = format!(
                        "function `{}`: another one of this name is here, and stays",
                        function.plain()
                    );
                    progress.warn(&note);
                    self.left_out.push(note);
                }
            }
        }
        self.made.functions.clone_from(&kept);
        self.opened.functions = kept;
        Ok(())
    }
}

async fn existing(connection: &mut PgConnection, function: &Function) -> Result<Option<String>> {
    let row = fixed(include_str!("../../../sql/backup/restore/function.sql"))
        .bind(function.name.schema.as_str().to_owned())
        .bind(function.name.name.as_str().to_owned())
        .bind(function.arguments.clone())
        .fetch_optional(connection)
        .await
        .with_context(|| format!("look for function `{}`", function.plain()))?;
    row.map(|row| Ok(row.try_get("definition")?)).transpose()
}

/// The part of the backup's definition that the asked tables need.
fn selected(manifest: &Manifest, request: &Request) -> Result<Definition> {
    let mut definition = manifest.definition.clone();
    for (name, _) in &request.tables {
        if manifest.table(name).is_none() {
            let names: Vec<String> = manifest.tables.iter().map(|table| table.name.plain()).collect();
            let plain = name.plain();
            let message = format!("the backup has no table `{plain}`");
            let hint = match nearest(&plain, names.iter().map(String::as_str)) {
                Some(name) => format!("It has `{name}`."),
                None => format!("It has {}.", names.join(", ")),
            };
            return Err(Error::new(Kind::Usage, message).hint(hint));
        }
    }
    if request.tables.is_empty() {
        return Ok(definition);
    }
    let mut wanted: BTreeSet<QualifiedName> = request.tables.iter().map(|(name, _)| name.clone()).collect();
    // Parents come before their partitions.
    for table in &definition.tables {
        if table.parents.iter().any(|parent| wanted.contains(parent)) {
            wanted.insert(table.name.clone());
        }
    }
    definition.tables.retain(|table| wanted.contains(&table.name));
    let defaults: Vec<String> = definition
        .tables
        .iter()
        .flat_map(|table| &table.columns)
        .filter_map(|column| column.default.clone())
        .collect();
    definition.sequences.retain(|sequence| match &sequence.owned_by {
        Some(owned) => wanted.contains(&owned.table),
        None => defaults
            .iter()
            .any(|default| default.contains(sequence.name.name.as_str())),
    });
    let called: BTreeSet<QualifiedName> = definition
        .tables
        .iter()
        .flat_map(|table| table.triggers.iter().map(|trigger| trigger.function.clone()))
        .collect();
    definition.functions.retain(|function| match function.found_by {
        Reason::Table | Reason::Policy => true,
        Reason::Trigger => called.contains(&function.name),
        Reason::Depends | Reason::Text => wanted
            .iter()
            .any(|table| function.definition.contains(table.name.as_str())),
    });
    Ok(definition)
}

/// What the server's version does not know.
fn suit_version(definition: &mut Definition, facts: &Facts, left_out: &mut Vec<String>) -> Result<()> {
    const MAINTAIN: i32 = 170_000;
    const VIRTUAL: i32 = 180_000;
    for table in &mut definition.tables {
        let is_virtual = |column: &Column| {
            let generated = column.generated.as_ref();
            generated.is_some_and(|generated| generated.kind == GeneratedKind::Virtual)
        };
        if facts.version < VIRTUAL
            && let Some(column) = table.columns.iter().find(|column| is_virtual(column))
        {
            let message = format!(
                "`{}.{}` is a virtual generated column, which PostgreSQL has from 18 on",
                table.name.plain(),
                column.name.plain()
            );
            return Err(Error::precondition(message).hint("Restore into PostgreSQL 18 or newer."));
        }
        if facts.version < MAINTAIN {
            let granted = &mut table.access.granted;
            let before: usize = granted.iter().map(|grant| grant.privileges.len()).sum();
            for grant in granted.iter_mut() {
                grant.privileges.retain(|privilege| privilege != "maintain");
                grant.grantable.retain(|privilege| privilege != "maintain");
            }
            granted.retain(|grant| !grant.privileges.is_empty());
            table
                .access
                .owner_lacks
                .retain(|privilege| privilege != "maintain");
            let after: usize = table
                .access
                .granted
                .iter()
                .map(|grant| grant.privileges.len())
                .sum();
            if after < before {
                left_out.push(format!(
                    "the privilege MAINTAIN on `{}`: PostgreSQL has it from 17 on",
                    table.name.plain()
                ));
            }
        }
    }
    Ok(())
}

/// Whether one version is older than another; what is no number counts as none.
fn older(version: &str, than: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> { text.split('.').map_while(|part| part.parse().ok()).collect() };
    numbers(version) < numbers(than)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_their_numbers() {
        assert!(older("0.8.0", "0.8.5") && older("0.9", "0.10.0"));
        assert!(!older("0.8.5", "0.8.5") && !older("1.0", "0.8.5"));
    }
}
