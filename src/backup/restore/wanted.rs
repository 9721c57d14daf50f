//! What is to be made of a backup: which tables, under which names, and what is there already.

use std::collections::BTreeSet;

use super::super::definition::{DataType, Definition, Renames, Stage as Step, Statement, part};
use super::super::manifest::{self, Manifest};
use super::super::selection::selected;
use super::facts::Facts;
use super::select::suit_version;
use super::{Existing, Part, Request};
use crate::error::{Error, Result};
use crate::sql::QualifiedName;
use serde::{Deserialize, Serialize};

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
    /// The types that are here already, as the backup has them.
    pub(super) shared_types: Vec<DataType>,
    /// Whether the tables are there, and only get rows.
    pub(super) only_rows: bool,
    /// What is taken from the definition as the backup has it.
    pub(super) source: Definition,
    /// What an unfinished run of the same restore has made, or was to make.
    pub(super) own: Definition,
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

impl State {
    fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| {
            Error::precondition("the ledger of restores does not say what the unfinished run makes")
                .cause(error)
                .hint("Another version of vecops began this restore: go on with that one.")
        })
    }
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
    // A partition goes where its parent goes, and is called after it.
    let parent = definition.table(name).and_then(|table| table.parents.first());
    let parent = parent.map(|parent| (parent, destination(request, definition, parent)));
    let schema = match (&request.schema, &parent) {
        (Some(schema), _) => schema.clone(),
        (None, Some((_, to))) => to.schema.clone(),
        (None, None) => name.schema.clone(),
    };
    let own = match parent {
        Some((from, to)) if from.name != to.name => part(&from.name, &to.name, &name.name),
        _ => name.name.clone(),
    };
    QualifiedName::new(schema, own)
}

/// Where a table is loaded that ends in another's place.
pub(super) fn staging(to: &QualifiedName) -> QualifiedName {
    QualifiedName::new(to.schema.with_suffix("_vecops_restoring"), to.name.clone())
}

impl Wanted {
    /// Chooses the tables and their names.
    pub(super) fn new(manifest: &Manifest, request: &Request, facts: &Facts) -> Result<Self> {
        let names: Vec<QualifiedName> = request.tables.iter().map(|(name, _)| name.clone()).collect();
        let mut source = selected(manifest, &names)?;
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
            shared_types: Vec::new(),
            only_rows: request.part == Part::OnlyData,
            source,
            own: Definition::default(),
        })
    }

    /// The statements of a step for what is made; rows that go into tables that are there need none.
    pub(super) fn made_only(&self, step: Step) -> Vec<Statement> {
        if self.only_rows {
            Vec::new()
        } else {
            self.made.statements(step)
        }
    }

    /// Takes what an earlier run made and opens.
    pub(super) fn resume(&mut self, state: &str) -> Result<()> {
        let state = State::read(state)?;
        self.made = state.made;
        self.opened = state.opened;
        self.left_out = state.left_out;
        Ok(())
    }

    /// Remembers what an unfinished run was to make: where it is begun anew that is its own, and not somebody else's.
    pub(super) fn remember(&mut self, state: &str) -> Result<()> {
        self.own = State::read(state)?.opened;
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
}
