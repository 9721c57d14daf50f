//! Holding what is wanted against what the database has: what is there already is taken out, what stands in the way is
//! an error, before anything is made.

use std::collections::BTreeSet;

use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::super::definition::{DataType, Function, Reason, Renames, Sequence, capture};
use super::facts::Facts;
use super::wanted::Wanted;
use super::{Existing, Part, Request};
use crate::error::{Context as _, Error, Result};
use crate::progress::Progress;
use crate::sql::{Ident, QualifiedName, fixed};

impl Wanted {
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
        let is_here = |kind: &DataType| facts.types.contains(&kind.name);
        self.made.types.retain(|kind| !is_here(kind));
        self.shared_types.clone_from(&self.opened.types);
        self.shared_types.retain(is_here);
        let own = |kind: &DataType| self.own.types.iter().any(|own| own.name == kind.name);
        self.opened.types.retain(|kind| !is_here(kind) || own(kind));
        let is_here =
            |sequence: &Sequence| sequence.owned_by.is_none() && facts.relations.contains(&sequence.name);
        self.made.sequences.retain(|sequence| !is_here(sequence));
        let own = |sequence: &Sequence| self.own.sequences.iter().any(|own| own.name == sequence.name);
        self.opened
            .sequences
            .retain(|sequence| !is_here(sequence) || own(sequence));
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
        let missing: Vec<String> = self.source.roles().difference(&facts.roles).cloned().collect();
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
        self.made.schemas.retain(|schema| is_new(&schema.name));
        let own = |name: &Ident| self.own.schemas.iter().any(|own| own.name == *name);
        self.opened
            .schemas
            .retain(|schema| is_new(&schema.name) || own(&schema.name));
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

    /// A function that is here stays as it is; where it is another one, that is said. Those that tables cannot be made
    /// without an unfinished run has made, and left closed.
    async fn fit_functions(&mut self, connection: &mut PgConnection, progress: &dyn Progress) -> Result<()> {
        let is_own = |function: &Function| {
            let same = |own: &Function| own.name == function.name && own.arguments == function.arguments;
            function.found_by == Reason::Table && self.own.functions.iter().any(same)
        };
        let (mut made, mut opened) = (Vec::new(), Vec::new());
        for function in std::mem::take(&mut self.opened.functions) {
            match existing(connection, &function).await? {
                None => {
                    made.push(function.clone());
                    opened.push(function);
                }
                Some(definition) if definition.trim() == function.definition.trim() => {
                    if is_own(&function) {
                        opened.push(function);
                    }
                }
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
        self.made.functions = made;
        self.opened.functions = opened;
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

/// Whether one version is older than another; what is no number counts as none.
pub(super) fn older(version: &str, than: &str) -> bool {
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
