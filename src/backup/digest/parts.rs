//! Digests of many parts of tables by several sessions at once: a digest is a sum, so parts add up to their table.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use sqlx::postgres::PgConnection;

use super::{RowsDigest, SentColumn, on_server};
use crate::error::{Context as _, Result};
use crate::sql::QualifiedName;

/// A part of a table that is to be digested.
#[derive(Debug, Clone)]
pub struct Part {
    /// The table's place among those that are digested.
    pub table: usize,
    /// Its name.
    pub name: QualifiedName,
    /// The table as FROM names it.
    pub from: String,
    /// Its columns.
    pub columns: Vec<SentColumn>,
    /// Which of its rows; without one all of them.
    pub condition: Option<String>,
}

/// What several sessions add to: parts that wait, and what was found of each, in any order.
pub struct Sums {
    waiting: Mutex<VecDeque<(usize, Part)>>,
    found: Mutex<Vec<Option<(u64, RowsDigest)>>>,
}

impl Sums {
    /// Nothing is found yet.
    pub fn new(parts: Vec<Part>) -> Self {
        Self {
            found: Mutex::new(vec![None; parts.len()]),
            waiting: Mutex::new(parts.into_iter().enumerate().collect()),
        }
    }

    /// How many parts wait.
    pub fn waiting(&self) -> usize {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The rows and digests of the parts, in the order in which they were given.
    pub fn found(self) -> Vec<(u64, RowsDigest)> {
        let found = self.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.into_iter().map(Option::unwrap_or_default).collect()
    }
}

/// Digests parts until none waits; the transaction has the settings of digests. Says of each how many rows it had.
pub async fn in_parts(
    connection: &mut PgConnection,
    sums: &Sums,
    done: &(dyn Fn(&Part, u64) + Sync),
) -> Result<()> {
    loop {
        let next = sums
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some((place, part)) = next else {
            return Ok(());
        };
        let found = on_server(connection, &part.from, &part.columns, part.condition.as_deref())
            .await
            .with_context(|| format!("digest `{}`", part.name.plain()))?;
        done(&part, found.0);
        let mut all = sums.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = all.get_mut(place) {
            *own = Some(found);
        }
    }
}
