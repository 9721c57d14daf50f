//! The steps of a replacement: begin, measure, build, measure, exchange the names, drop the old one; and the way back.

use sqlx::PgConnection;

use super::ledger::{Replacement, Step, replacements};
use super::plan::ReplacePlan;
use super::{Ending, Figures, Gate, Replaced, Terms, moved_on};
use crate::connection::{Connector, Need, Session};
use crate::error::{Context as _, Error, Kind, Result};
use crate::index_build::{Builder, Built, Found, Place, Work, drop_concurrently, take_lock, vector_indexes};
use crate::progress::{Progress, Unit};
use crate::sql::{QualifiedName, literal, run};

/// Replaces an index, or goes on where an earlier run ended.
pub async fn replace<G: Gate>(
    connector: &Connector,
    plan: &ReplacePlan,
    gate: Option<&G>,
    terms: &Terms,
    progress: &dyn Progress,
) -> Result<Replaced> {
    let mut session = open(connector, &plan.table.name, progress).await?;
    let mut state = begin(&mut session, plan, terms).await?;
    if let (Some(gate), None) = (gate, &state.before) {
        let before = gate
            .measure(&plan.old)
            .await
            .map_err(|error| with_ways_on(error, &state, At::Measuring))?;
        state.measured(&mut session, &before).await?;
        state.before = Some(before);
    }
    let built = build(connector, &mut session, plan, &state, progress)
        .await
        .map_err(|error| with_ways_on(error, &state, At::Building))?;
    let new = verified(session.outside_transaction().await?, plan, &state).await?;
    let mut report = measured(gate, plan, &state, &new)
        .await
        .map_err(|error| with_ways_on(error, &state, At::Built))?;
    report.built = built;
    if let (Some(before), Some(after)) = (&report.before, &report.after) {
        report.reasons = terms.criteria.against(before, after);
    }
    if !report.reasons.is_empty() {
        return refuse(&mut session, &mut state, terms, report, progress).await;
    }
    let keep_seconds = (!plan.changes_queries).then_some(terms.grace_seconds);
    let keep_until = swap(&mut session, plan, &state, keep_seconds).await?;
    state.step = Step::Swapped;
    if keep_seconds == Some(0.0) {
        drop_old(&mut session, &state, progress).await?;
        return Ok(report.ends(&state, Ending::Finished, None));
    }
    Ok(report.ends(&state, Ending::Swapped, keep_until))
}

/// Measures the new index, and the old one again beside it where that can be done.
async fn measured<G: Gate>(
    gate: Option<&G>,
    plan: &ReplacePlan,
    state: &Replacement,
    new: &Found,
) -> Result<Report> {
    let Some(gate) = gate else {
        return Ok(Report::default());
    };
    let both = gate.compare(&plan.old, new).await?;
    let is_interleaved = both.is_some();
    let (before, after) = match both {
        Some((before, after)) => (Some(before), after),
        None => (state.before.clone(), gate.measure(new).await?),
    };
    Ok(Report {
        before,
        after: Some(after),
        is_interleaved,
        ..Report::default()
    })
}

/// Drops the old index of a replacement whose names are exchanged.
pub async fn finish(connector: &Connector, state: &Replacement, progress: &dyn Progress) -> Result<Replaced> {
    let mut session = open(connector, &state.table, progress).await?;
    expect_still(&mut session, state).await?;
    drop_old(&mut session, state, progress).await?;
    Ok(Report::default().ends(state, Ending::Finished, None))
}

/// Gives the old index its name again, and drops the new one.
pub async fn roll_back(
    connector: &Connector,
    state: &Replacement,
    progress: &dyn Progress,
) -> Result<Replaced> {
    let mut session = open(connector, &state.table, progress).await?;
    expect_still(&mut session, state).await?;
    let found = vector_indexes(session.outside_transaction().await?, None).await?;
    let has = |name: &QualifiedName| {
        let mut valid = found.iter().filter(|index| index.is_valid);
        valid.any(|index| index.definition.qualified() == *name)
    };
    // Whoever dropped one of them by hand, or the table, has left what there is.
    let (has_old, has_named) = (has(&state.old_index()), has(&state.index));
    if state.step == Step::Swapped && (has_old || has_named) {
        if !has_old {
            return Err(Error::precondition(format!(
                "the old index `{}` is gone, so there is nothing to go back to",
                state.old_index().plain()
            ))
            .hint("Run the command with `--finish`."));
        }
        let mut transaction = session.begin_write().await?;
        if has_named {
            rename(&mut transaction, &state.index, &state.new).await?;
        }
        rename(&mut transaction, &state.old_index(), &state.index.name).await?;
        state.advance(&mut transaction, Step::Undoing, None).await?;
        transaction.commit().await.context("commit")?;
    }
    drop_index(&mut session, &state.new_index(), progress).await?;
    state.forget(&mut session).await?;
    let ending = if has_old || has_named {
        Ending::RolledBack
    } else {
        Ending::Forgotten
    };
    Ok(Report::default().ends(state, ending, None))
}

/// What a run has seen.
#[derive(Default)]
struct Report {
    before: Option<Figures>,
    after: Option<Figures>,
    is_interleaved: bool,
    reasons: Vec<String>,
    built: Option<Built>,
}

impl Report {
    fn ends(self, state: &Replacement, ending: Ending, keep_until: Option<String>) -> Replaced {
        Replaced {
            index: state.index.clone(),
            table: state.table.clone(),
            ending,
            before: self.before,
            after: self.after,
            is_interleaved: self.is_interleaved,
            reasons: self.reasons,
            built: self.built,
            old: (ending == Ending::Swapped).then(|| state.old_index()),
            refused: None,
            keep_until,
        }
    }
}

/// A session that holds the lock on the table's vector indexes from the first step to the last.
async fn open(connector: &Connector, table: &QualifiedName, progress: &dyn Progress) -> Result<Session> {
    let mut session = connector.open(Need::Session, progress).await?;
    take_lock(session.outside_transaction().await?, table).await?;
    Ok(session)
}

/// Enters the replacement, or finds it where the plan saw it.
async fn begin(session: &mut Session, plan: &ReplacePlan, terms: &Terms) -> Result<Replacement> {
    if let Some(state) = &plan.under_way {
        expect_still(session, state).await?;
        let mut state = state.clone();
        if state.terms.as_ref() != Some(terms) {
            state.keep_terms(session, terms).await?;
        }
        return Ok(state);
    }
    let state = Replacement {
        index: plan.index.clone(),
        table: plan.table.name.clone(),
        new: plan.definition.name.clone(),
        old: plan.index.name.with_suffix("_vecops_old"),
        changes: plan.changes,
        body: plan.definition.body.clone(),
        terms: Some(terms.clone()),
        step: Step::Building,
        before: None,
        keep_until: None,
        is_due: false,
    };
    if current(session, &state.index).await?.is_some() {
        return Err(moved_on(&state.index));
    }
    state.begin(session).await?;
    Ok(state)
}

async fn current(session: &mut Session, index: &QualifiedName) -> Result<Option<Replacement>> {
    let mut transaction = session.begin_read().await?;
    let all = replacements(&mut transaction, Some(&index.schema)).await?;
    transaction.commit().await?;
    Ok(all.into_iter().find(|state| state.index == *index))
}

/// An error where another run has moved on since this one looked.
async fn expect_still(session: &mut Session, state: &Replacement) -> Result<()> {
    match current(session, &state.index).await? {
        Some(now) if now.step == state.step && now.body == state.body => Ok(()),
        _ => Err(moved_on(&state.index)),
    }
}

/// Builds the new index, unless an earlier run did.
async fn build(
    connector: &Connector,
    session: &mut Session,
    plan: &ReplacePlan,
    state: &Replacement,
    progress: &dyn Progress,
) -> Result<Option<Built>> {
    let outside = session.outside_transaction().await?;
    let there = named(outside, plan, state).await?;
    if let Some(index) = there {
        if index.is_valid {
            progress.note(&format!(
                "`{}` is there already, from an earlier run",
                state.new_index().plain()
            ));
            return Ok(None);
        }
        if index.is_busy {
            return Err(Error::conflict(format!(
                "the index `{}` is being built right now",
                state.new_index().plain()
            ))
            .hint("Wait for it to end; `vecops index list` shows it."));
        }
        drop_concurrently(outside, &state.new_index()).await?;
    }
    let tablespace = plan
        .definition
        .tablespace
        .as_ref()
        .map_or_else(|| "''".to_owned(), |name| literal(name.as_str()));
    run(&mut *outside, format!("set default_tablespace = {tablespace}")).await?;
    let place = Place {
        index: state.new_index(),
        table: state.table.clone(),
        table_oid: plan.table.oid,
    };
    let work = Work {
        statement: plan.statement.clone(),
        label: place.index.plain(),
        concurrently: true,
        settings: plan.settings,
        rows: plan.rows,
        bytes: plan.bytes,
    };
    let builder = Builder {
        connector: Some(connector),
        progress,
    };
    builder.build(outside, &place, &work).await.map(Some)
}

async fn named(
    connection: &mut PgConnection,
    plan: &ReplacePlan,
    state: &Replacement,
) -> Result<Option<Found>> {
    let found = vector_indexes(connection, Some(plan.table.oid)).await?;
    Ok(found.into_iter().find(|index| index.definition.name == state.new))
}

/// The new index, once it is known to be valid, ready and what was wanted.
async fn verified(connection: &mut PgConnection, plan: &ReplacePlan, state: &Replacement) -> Result<Found> {
    let plain = state.new_index().plain();
    let found = named(connection, plan, state).await?;
    match found {
        Some(index) if index.is_valid && index.is_ready && plan.is_met_by(&index) => Ok(index),
        Some(index) => Err(Error::failed(format!(
            "the index `{plain}` is not what was wanted: {}",
            index.definition.body
        ))
        .hint(format!(
            "Undo it with `vecops index replace {} --rollback`, then run the same command again.",
            state.index.plain()
        ))),
        None => Err(Error::failed(format!(
            "the index `{plain}` is gone after its build"
        ))),
    }
}

/// What becomes of an index that was not good enough.
async fn refuse(
    session: &mut Session,
    state: &mut Replacement,
    terms: &Terms,
    report: Report,
    progress: &dyn Progress,
) -> Result<Replaced> {
    let mut refused = report.ends(state, Ending::Refused, None);
    if terms.keeps_refused {
        let decided = Terms {
            was_refused: true,
            ..terms.clone()
        };
        state.keep_terms(session, &decided).await?;
        refused.refused = Some(state.new_index());
        return Ok(refused);
    }
    drop_index(session, &state.new_index(), progress).await?;
    state.forget(session).await?;
    Ok(refused)
}

/// Exchanges the names, in one transaction; the locks that it takes stop neither readers nor writers.
async fn swap(
    session: &mut Session,
    plan: &ReplacePlan,
    state: &Replacement,
    keep_seconds: Option<f64>,
) -> Result<Option<String>> {
    let mut transaction = session.begin_write().await?;
    let swapped = async {
        rename(&mut transaction, &state.index, &state.old).await?;
        rename(&mut transaction, &state.new_index(), &state.index.name).await?;
        if let Some(comment) = &plan.definition.comment {
            let statement = format!("comment on index {} is {}", state.index, literal(comment));
            run(&mut transaction, statement).await?;
        }
        state.advance(&mut transaction, Step::Swapped, keep_seconds).await
    }
    .await;
    let keep_until = swapped.map_err(|error| with_ways_on(error, state, At::Built))?;
    transaction.commit().await.context("commit")?;
    Ok(keep_until)
}

async fn rename(transaction: &mut PgConnection, index: &QualifiedName, to: &crate::sql::Ident) -> Result<()> {
    run(transaction, format!("alter index {index} rename to {to}"))
        .await
        .with_context(|| format!("rename the index `{}` to `{}`", index.plain(), to.plain()))
}

async fn drop_old(session: &mut Session, state: &Replacement, progress: &dyn Progress) -> Result<()> {
    drop_index(session, &state.old_index(), progress).await?;
    state.forget(session).await
}

async fn drop_index(session: &mut Session, index: &QualifiedName, progress: &dyn Progress) -> Result<()> {
    let task = progress.task(&format!("drop `{}`", index.plain()), Unit::Unknown, None);
    let outside = session.outside_transaction().await?;
    run(&mut *outside, "set lock_timeout = 0").await?;
    drop_concurrently(outside, index)
        .await
        .map_err(|error| error.hint("Run the same command again: it drops what is left."))?;
    task.finish();
    Ok(())
}

/// Where a run ended that could not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// While the old index was measured alone.
    Measuring,
    /// While the new one was built.
    Building,
    /// While both were measured, or when the names were to be exchanged.
    Built,
}

/// An error with what there is now, and the two commands that lead on.
fn with_ways_on(error: Error, state: &Replacement, at: At) -> Error {
    let (plain, new) = (state.index.plain(), state.new_index().plain());
    let doing = match at {
        At::Measuring => "the old index was measured",
        At::Building => "the new index was built",
        At::Built => "the new index was measured",
    };
    let there = match at {
        At::Measuring => format!("`{plain}` is as it was, and nothing is built yet."),
        At::Building => {
            format!("`{plain}` is as it was; what there was of `{new}` is dropped, unless it is named above.")
        }
        At::Built => format!(
            "`{plain}` is as it was; `{new}` is built, valid and waits beside it, and every write enters both."
        ),
    };
    let error = if error.kind() == Kind::Interrupted {
        Error::new(Kind::Interrupted, format!("interrupted while {doing}"))
    } else {
        error
    };
    let error = if error.kind() == Kind::Conflict {
        error
    } else {
        error.hint(there)
    };
    error
        .hint(format!(
            "To go on from here run the same command again, or `vecops index replace {plain}`."
        ))
        .hint(format!(
            "To undo it run `vecops index replace {plain} --rollback`."
        ))
}
