//! The plan: the steps from what a database has to what is declared, and what no step can change.

use serde::Serialize;
use sqlx::postgres::PgConnection;

use super::difference::difference;
use super::facts::Facts;
use crate::catalog::{self, Database};
use crate::collection::Collection;
use crate::error::Result;
use crate::index_build::estimate::Layout;
use crate::sql::QualifiedName;

/// What `apply` would do to one database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The database that was compared; `None` for one that does not exist yet.
    pub database: Option<Database>,
    /// The collections that were compared.
    pub collections: Vec<String>,
    /// What is to be done, in order.
    pub steps: Vec<Step>,
    /// What differs from the declaration and no step changes.
    pub drift: Vec<Drift>,
    /// What is worth knowing and no difference.
    pub notes: Vec<String>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The collection that needs it.
    pub collection: String,
    /// What it does.
    pub title: String,
    /// Why it is needed.
    pub reason: String,
    /// The statements, each ended by `;`.
    pub sql: String,
    /// The statements for a migration, where those of `sql` cannot run in its transaction.
    #[serde(skip)]
    pub migration_sql: Option<String>,
    /// The index that it builds over rows that are there.
    #[serde(skip)]
    pub new_index: Option<NewIndex>,
    /// When it runs.
    pub phase: Phase,
}

/// An index that a step builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIndex {
    /// Its name.
    pub name: QualifiedName,
    /// How its rows lie, where that can be said beforehand.
    pub layout: Option<Layout>,
}

/// When a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// In the one transaction that makes everything or nothing.
    Transaction,
    /// After it, by itself and outside any transaction: an index over existing rows.
    Afterwards,
}

/// A difference that setup leaves to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The collection that declares otherwise.
    pub collection: String,
    /// The object.
    pub object: String,
    /// What is declared.
    pub declared: String,
    /// What the database has.
    pub found: String,
    /// What to do about it.
    pub advice: String,
    /// Whether nothing can be applied before it is gone.
    pub blocking: bool,
}

impl Plan {
    /// Whether the database has exactly what is declared.
    pub fn is_met(&self) -> bool {
        self.steps.is_empty() && self.drift.is_empty()
    }

    /// Whether something must be changed by hand before anything can be applied.
    pub fn is_blocked(&self) -> bool {
        self.drift.iter().any(|drift| drift.blocking)
    }

    /// The steps of one phase.
    pub fn steps_in(&self, phase: Phase) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.phase == phase)
    }

    fn empty(database: Option<Database>) -> Self {
        Self {
            database,
            collections: Vec::new(),
            steps: Vec::new(),
            drift: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds one collection's difference; a step that an earlier collection needs, too, stays where it is.
    fn add(&mut self, collection: &Collection, facts: &Facts) {
        let difference = difference(collection, facts);
        self.collections.push(collection.name.clone());
        for step in difference.steps {
            if !self.steps.iter().any(|earlier| earlier.sql == step.sql) {
                self.steps.push(step);
            }
        }
        self.drift.extend(difference.drift);
        self.notes.extend(difference.notes);
    }
}

/// Compares the database with the collections. Changes nothing.
pub async fn plan(connection: &mut PgConnection, collections: &[&Collection]) -> Result<Plan> {
    let mut plan = Plan::empty(Some(catalog::database(connection).await?));
    for collection in collections {
        let facts = Facts::gather(connection, collection).await?;
        plan.add(collection, &facts);
    }
    Ok(plan)
}

/// The plan for a new Supabase project, made without one.
pub fn plan_for_fresh_database(collections: &[&Collection]) -> Plan {
    let mut plan = Plan::empty(None);
    for collection in collections {
        plan.add(collection, &Facts::of_fresh_project(collection));
    }
    plan
}
