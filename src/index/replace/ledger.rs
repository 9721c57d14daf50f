//! The state of a replacement, in the database: `vecops.index_replacement`.
//!
//! Each step is entered in the transaction that does it, or before what cannot be in one, so that whoever comes after a
//! crash knows what is there.

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgConnection, Row as _};

use super::{Changes, Figures};
use crate::connection::Session;
use crate::error::{Context as _, Error, Result};
use crate::sql::{Ident, QualifiedName, fixed, run};

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

#[derive(FromRow)]
struct Row {
    index_schema: String,
    index_name: String,
    table_name: String,
    new_name: String,
    old_name: String,
    changes: String,
    body: String,
    step: String,
    before: Option<String>,
    keep_until: Option<String>,
    is_due: bool,
}

/// The replacements that are under way in a schema.
pub async fn replacements(connection: &mut PgConnection, schema: &Ident) -> Result<Vec<Replacement>> {
    let there: bool = fixed(include_str!("../../../sql/index/replacement_exists.sql"))
        .fetch_one(&mut *connection)
        .await?
        .try_get("there")?;
    if !there {
        return Ok(Vec::new());
    }
    let rows = fixed(include_str!("../../../sql/index/replacement_read.sql"))
        .bind(schema.as_str())
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
    Ok(Replacement {
        index: QualifiedName::new(schema.clone(), name(row.index_name)?),
        table: QualifiedName::new(schema, name(row.table_name)?),
        new: name(row.new_name)?,
        old: name(row.old_name)?,
        changes: serde_json::from_str(&row.changes).map_err(|error| wrong(error.to_string()))?,
        body: row.body,
        step: step.ok_or_else(|| wrong(row.step))?,
        before: before.map_err(|error| wrong(error.to_string()))?,
        keep_until: row.keep_until,
        is_due: row.is_due,
    })
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
        let changes = serde_json::to_string(&self.changes).map_err(|error| Error::bug(error.to_string()))?;
        let mut transaction = session.begin_write().await?;
        let create = include_str!("../../../sql/index/replacement_create.sql");
        run(&mut transaction, create).await.context(entering)?;
        fixed(include_str!("../../../sql/index/replacement_begin.sql"))
            .bind(self.index.schema.as_str())
            .bind(self.index.name.as_str())
            .bind(self.table.name.as_str())
            .bind(self.new.as_str())
            .bind(self.old.as_str())
            .bind(changes)
            .bind(&self.body)
            .execute(&mut *transaction)
            .await
            .context(entering)?;
        transaction.commit().await.context("commit")
    }

    /// Keeps what was measured of the old index.
    pub(super) async fn measured(&self, session: &mut Session, before: &Figures) -> Result<()> {
        let figures = serde_json::to_string(before).map_err(|error| Error::bug(error.to_string()))?;
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
