//! The state of a replacement, in the database: `vecops.index_replacement`.
//!
//! Each step is entered in the transaction that does it, or before what cannot be in one, so that whoever comes after a
//! crash knows what is there.

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgConnection, Row as _};

use super::{Changes, Figures, Terms};
use crate::connection::Session;
use crate::error::{Context as _, Error, Result};
use crate::sql::{Ident, QualifiedName, fixed, own_table_is_readable, run};

/// A replacement that is under way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replacement {
    /// The index that is replaced, by the name that it has before and its successor afterwards.
    pub index: QualifiedName,
    /// Its table.
    pub table: QualifiedName,
    /// The name of the new one until the names are exchanged.
    pub new: Ident,
    /// The name of the old one from then on.
    pub old: Ident,
    /// What changes.
    pub changes: Changes,
    /// The statement of the new one from `USING` on.
    pub body: String,
    /// What it was asked for; none where it was begun before that was kept.
    pub terms: Option<Terms>,
    /// How far it is.
    pub step: Step,
    /// What was measured of the old one while it was alone.
    pub before: Option<Figures>,
    /// Until when the old one is kept; none where only `--finish` drops it.
    pub keep_until: Option<String>,
    /// Whether that time has come.
    pub is_due: bool,
}

/// How far a replacement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// The new index is built beside the old one, and measured.
    Building,
    /// The names are exchanged; the old one is kept.
    Swapped,
    /// The old one has its name again, and the new one is dropped.
    Undoing,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Swapped => "swapped",
            Self::Undoing => "undoing",
        }
    }
}

/// Makes the table, or gives one of an earlier version what it lacks.
const CREATE: &str = include_str!("../../../sql/index/replacement_create.sql");

fn json<T: Serialize>(of: &T) -> Result<String> {
    serde_json::to_string(of).map_err(|error| Error::bug(error.to_string()))
}

#[derive(FromRow)]
struct Row {
    index_schema: String,
    index_name: String,
    table_name: String,
    new_name: String,
    old_name: String,
    changes: String,
    body: String,
    terms: Option<String>,
    step: String,
    before: Option<String>,
    keep_until: Option<String>,
    is_due: bool,
}

/// The replacements that are under way in a schema, or in the whole database, as far as this role may see them.
pub async fn replacements(connection: &mut PgConnection, schema: Option<&Ident>) -> Result<Vec<Replacement>> {
    if !own_table_is_readable(connection, "index_replacement").await? {
        return Ok(Vec::new());
    }
    let rows = fixed(include_str!("../../../sql/index/replacement_read.sql"))
        .bind(schema.map(Ident::as_str))
        .fetch_all(connection)
        .await
        .context("read `vecops.index_replacement`")?;
    rows.iter().map(|row| replacement(Row::from_row(row)?)).collect()
}

fn replacement(row: Row) -> Result<Replacement> {
    let wrong = |why: String| Error::failed(format!("`vecops.index_replacement` has another shape: {why}"));
    let name = |text: String| Ident::new(text).map_err(|error| wrong(error.to_string()));
    let schema = name(row.index_schema)?;
    let steps = [Step::Building, Step::Swapped, Step::Undoing];
    let step = steps.into_iter().find(|step| step.name() == row.step);
    let before = row.before.as_deref().map(serde_json::from_str).transpose();
    let terms = row.terms.as_deref().map(serde_json::from_str).transpose();
    Ok(Replacement {
        index: QualifiedName::new(schema.clone(), name(row.index_name)?),
        table: QualifiedName::new(schema, name(row.table_name)?),
        new: name(row.new_name)?,
        old: name(row.old_name)?,
        changes: serde_json::from_str(&row.changes).map_err(|error| wrong(error.to_string()))?,
        body: row.body,
        terms: terms.map_err(|error| wrong(error.to_string()))?,
        step: step.ok_or_else(|| wrong(row.step))?,
        before: before.map_err(|error| wrong(error.to_string()))?,
        keep_until: row.keep_until,
        is_due: row.is_due,
    })
}

/// The replacements whose old index has been kept for as long as it was to be. Nothing runs by itself, so it is still there
/// until somebody runs a command.
pub async fn overdue(connection: &mut PgConnection) -> Result<Vec<Replacement>> {
    let mut all = replacements(connection, None).await?;
    all.retain(|state| state.step == Step::Swapped && state.is_due);
    Ok(all)
}

impl Replacement {
    /// The new index by the name that it has until the names are exchanged.
    pub(super) fn new_index(&self) -> QualifiedName {
        QualifiedName::new(self.index.schema.clone(), self.new.clone())
    }

    /// The old index by the name that it has from then on.
    pub(super) fn old_index(&self) -> QualifiedName {
        QualifiedName::new(self.index.schema.clone(), self.old.clone())
    }

    /// Enters it before its first step.
    pub(super) async fn begin(&self, session: &mut Session) -> Result<()> {
        let entering = "enter the replacement into `vecops.index_replacement`";
        let changes = json(&self.changes)?;
        let terms = self.terms.as_ref().map(json).transpose()?;
        let mut transaction = session.begin_write().await?;
        run(&mut transaction, CREATE).await.context(entering)?;
        fixed(include_str!("../../../sql/index/replacement_begin.sql"))
            .bind(self.index.schema.as_str())
            .bind(self.index.name.as_str())
            .bind(self.table.name.as_str())
            .bind(self.new.as_str())
            .bind(self.old.as_str())
            .bind(changes)
            .bind(&self.body)
            .bind(terms)
            .execute(&mut *transaction)
            .await
            .context(entering)?;
        transaction.commit().await.context("commit")
    }

    /// Keeps what was measured of the old index.
    pub(super) async fn measured(&self, session: &mut Session, before: &Figures) -> Result<()> {
        let figures = json(before)?;
        let mut transaction = session.begin_write().await?;
        fixed(include_str!("../../../sql/index/replacement_measured.sql"))
            .bind(self.index.schema.as_str())
            .bind(self.index.name.as_str())
            .bind(figures)
            .execute(&mut *transaction)
            .await
            .context("keep what was measured in `vecops.index_replacement`")?;
        transaction.commit().await.context("commit")
    }

    /// Keeps what it is asked for from now on.
    pub(super) async fn keep_terms(&mut self, session: &mut Session, terms: &Terms) -> Result<()> {
        let keeping = "keep what is asked for in `vecops.index_replacement`";
        let text = json(terms)?;
        let mut transaction = session.begin_write().await?;
        run(&mut transaction, CREATE).await.context(keeping)?;
        fixed(include_str!("../../../sql/index/replacement_terms.sql"))
            .bind(self.index.schema.as_str())
            .bind(self.index.name.as_str())
            .bind(text)
            .execute(&mut *transaction)
            .await
            .context(keeping)?;
        transaction.commit().await.context("commit")?;
        self.terms = Some(terms.clone());
        Ok(())
    }

    /// Moves it on in the caller's transaction; says until when the old index is kept.
    pub(super) async fn advance(
        &self,
        transaction: &mut PgConnection,
        to: Step,
        keep_seconds: Option<f64>,
    ) -> Result<Option<String>> {
        let row = fixed(include_str!("../../../sql/index/replacement_advance.sql"))
            .bind(self.index.schema.as_str())
            .bind(self.index.name.as_str())
            .bind(self.step.name())
            .bind(to.name())
            .bind(keep_seconds)
            .fetch_optional(transaction)
            .await
            .context("move `vecops.index_replacement` on")?;
        match row {
            Some(row) => Ok(row.try_get("keep_until")?),
            None => Err(super::moved_on(&self.index)),
        }
    }

    /// Forgets it.
    pub(super) async fn forget(&self, session: &mut Session) -> Result<()> {
        let mut transaction = session.begin_write().await?;
        fixed(include_str!("../../../sql/index/replacement_forget.sql"))
            .bind(self.index.schema.as_str())
            .bind(self.index.name.as_str())
            .execute(&mut *transaction)
            .await
            .context("forget the replacement")?;
        transaction.commit().await.context("commit")
    }
}
