//! The query in other words, once its plan has shown that an index serves them.

use sqlx::PgConnection;

use super::cause::{Cause, Finding, Proposal};
use super::desk::Desk;
use super::examine::Case;
use super::nest;
use super::probe;
use super::rewrite::{self, Goal};
use super::shape::{Place, Use};
use crate::error::Result;

/// The query in words that an index serves, checked by its plan.
pub(super) async fn propose(
    connection: &mut PgConnection,
    case: &Case<'_>,
    at: usize,
    findings: &[Finding],
) -> Result<Option<Proposal>> {
    let (Some(scan), Some(main)) = (case.shape.scans.get(at), main_use(case, at)) else {
        return Ok(None);
    };
    let fits = case.facts.fits(
        &scan.schema,
        &scan.table,
        &main.column,
        &main.operand,
        main.metric,
    );
    let column = case.facts.column(&scan.schema, &scan.table, &main.column);
    let (Some(fit), Some(column)) = (rewrite::target(&fits), column) else {
        return Ok(None);
    };
    let goal = Goal {
        index: fit.index,
        is_key: fit.is_key,
        metric: fit.index.metric().unwrap_or(main.metric),
        column,
        extension: &case.facts.extension,
        rows: case.rows,
    };
    let causes: Vec<Cause> = findings.iter().map(|finding| finding.cause).collect();
    let is_nested = causes.iter().any(|&cause| nest::helps(cause));
    let candidates = if is_nested {
        nest::candidates(&case.subject.text, &scan.table, goal, &causes)
    } else if causes.iter().any(|&cause| rewrite::helps(cause)) {
        rewrite::candidates(&case.subject.text, goal)
    } else {
        Vec::new()
    };
    for text in candidates {
        let known = case.subject.with_known_limit(&text, case.rows);
        let types = if known.is_some() {
            case.types.as_slice()
        } else {
            &[]
        };
        let statement = case.subject.prepared(known.as_ref().unwrap_or(&text), types);
        let Ok(mut desk) = Desk::open(connection, &statement, case.subject.settings()).await? else {
            continue;
        };
        let mut differences = rewrite::differences(&causes, fit, main.metric, case.rows);
        differences.extend(nest::differences(&causes));
        let mut index = None;
        for settings in [&[][..], &probe::forced()[..]] {
            let shape = probe::shape(&mut desk, settings, case.facts).await?;
            index = shape.and_then(|shape| probe::serving(&shape, &scan.schema, &scan.table));
            if index.is_some() {
                if !settings.is_empty() {
                    differences
                        .push("the planner still reads every row while the table is this small".to_owned());
                }
                break;
            }
        }
        desk.close().await?;
        if let Some(index) = index {
            return Ok(Some(Proposal {
                text,
                index,
                differences,
            }));
        }
    }
    Ok(None)
}

fn main_use<'c>(case: &'c Case<'_>, at: usize) -> Option<&'c Use> {
    case.shape.uses_of(at).min_by_key(|found| match found.place {
        Place::Index | Place::Sort { .. } => 0,
        Place::Condition(_) => 1,
        Place::Output => 2,
    })
}
