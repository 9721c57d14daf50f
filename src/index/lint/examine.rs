//! One query from its text to its findings.

use sqlx::PgConnection;

use super::cause::{Cause, Finding};
use super::clause::{Limit, queries};
use super::desk::{Desk, Refusal};
use super::diagnose::{Asked, causes, dimensions, limit_null};
use super::distance::distances;
use super::facts::{Facts, named};
use super::probe::{self, Flip, ScanSettings};
use super::propose::propose;
use super::shape::{Place, Scan, Shape};
use super::subject::{Origin, Subject};
use super::token::Words;
use super::{LintOptions, Linted, Status, warn};
use crate::error::Result;
use crate::sql::Plan;

/// What is being looked at.
pub(super) struct Case<'a> {
    pub(super) subject: &'a Subject,
    pub(super) facts: &'a Facts,
    /// The text with a number for an unknown LIMIT.
    pub(super) text: String,
    pub(super) types: Vec<String>,
    /// That number.
    pub(super) rows: u32,
    pub(super) settings: ScanSettings,
    pub(super) shape: Shape,
}

/// Plans a query and says what is wrong with it.
pub(super) async fn examine(
    connection: &mut PgConnection,
    facts: &Facts,
    subject: &Subject,
    options: LintOptions,
) -> Result<Linted> {
    let mut linted = blank(subject);
    let statement = subject.prepared(&subject.text, &[]);
    let mut desk = match Desk::open(connection, &statement, subject.settings()).await? {
        Ok(desk) => desk,
        Err(refusal) => return Ok(refused(linted, &refusal)),
    };
    let types = desk.types.clone();
    let unvalued = desk.explain(&[]).await?;
    let settings = desk.settings().await?;
    let run = match (options.analyze, types.is_empty()) {
        (true, true) => Some(desk.analyze().await?),
        _ => None,
    };
    desk.close().await?;
    let unvalued = match unvalued {
        Ok(plan) => plan,
        Err(refusal) => return Ok(refused(linted, &refusal)),
    };
    note_run(&mut linted, options, run);

    let rows = subject.default_rows.unwrap_or(options.rows);
    let known = subject.with_known_limit(&subject.text, rows);
    linted.assumed_limit = known.as_ref().map(|_| rows);
    let text = known.clone().unwrap_or_else(|| subject.text.clone());
    let statement = subject.prepared(&text, if known.is_some() { &types } else { &[] });
    let mut desk = match Desk::open(connection, &statement, subject.settings()).await? {
        Ok(desk) => desk,
        Err(refusal) => return Ok(refused(linted, &refusal)),
    };
    let planned = desk.explain(&[]).await?;
    let plan = planned.unwrap_or_else(|_| unvalued.clone());
    let case = Case {
        shape: Shape::read(&plan, facts),
        subject,
        facts,
        text,
        types,
        rows,
        settings,
    };
    if linted.plan.is_empty() {
        linted.plan = plan.lines();
    }
    if case.shape.compared().next().is_none() {
        desk.close().await?;
        return Ok(without_vectors(linted, &case.shape));
    }
    let scans = look_at_scans(&mut linted, &case, &mut desk).await?;
    desk.close().await?;
    if linted.flip.is_some() {
        look_at_limit(connection, &mut linted, &case).await?;
    }
    if !scans.is_empty() && distances(&Words::of(&linted.text)).is_empty() {
        let note = "the distance stands in a view or a function that the query uses; `--function NAME` looks into one";
        linted.notes.push(note.to_owned());
    }
    if known.is_some() {
        compare_without_values(&mut linted, &case, &unvalued);
    }
    for at in scans {
        if linted.proposal.is_none() {
            linted.proposal = propose(connection, &case, at, &linted.findings).await?;
        }
    }
    Ok(linted)
}

fn blank(subject: &Subject) -> Linted {
    Linted {
        origin: subject.origin.clone(),
        text: subject.text.clone(),
        status: Status::Unindexed,
        indexes: Vec::new(),
        assumed_limit: None,
        ef_search: None,
        flip: None,
        limit_flip: None,
        findings: Vec::new(),
        proposal: None,
        plan: Vec::new(),
        refused_by: None,
        notes: Vec::new(),
    }
}

fn refused(mut linted: Linted, refusal: &Refusal) -> Linted {
    linted.status = Status::Refused;
    linted.refused_by = Some(refusal.sqlstate.clone());
    let (message, sqlstate) = (&refusal.message, &refusal.sqlstate);
    linted
        .notes
        .push(format!("the server does not plan it: {message} ({sqlstate})"));
    linted
}

fn note_run(linted: &mut Linted, options: LintOptions, run: Option<Result<Plan, Refusal>>) {
    match run {
        Some(Ok(plan)) => {
            linted.plan = plan.lines();
            let rows = plan.root.rows.unwrap_or(0.0);
            let took = plan.execution_ms.unwrap_or(0.0);
            linted
                .notes
                .push(format!("run once: {rows:.0} rows in {took:.1} ms"));
        }
        Some(Err(refusal)) => linted
            .notes
            .push(format!("it was run and failed: {}", refusal.message)),
        None if options.analyze => linted.notes.push("not run: it has parameters".to_owned()),
        None => {}
    }
}

fn without_vectors(mut linted: Linted, shape: &Shape) -> Linted {
    linted.status = Status::NoVectors;
    if !shape.functions.is_empty() {
        linted.status = Status::Opaque;
        for (schema, name) in &shape.functions {
            let function = named(&[schema, name]);
            linted.notes.push(format!(
                "it calls `{function}`, whose plan is its own: `vecops index lint --function {function}`"
            ));
        }
    }
    linted
}

/// Looks at every scan whose distances are used; returns those that no index serves.
async fn look_at_scans(linted: &mut Linted, case: &Case<'_>, desk: &mut Desk<'_>) -> Result<Vec<usize>> {
    let limit = asked_limit(&case.text);
    let ordered = case.shape.scans.iter().filter(|scan| scan.is_ordered);
    linted.indexes = ordered.filter_map(|scan| scan.index.clone()).collect();
    let (mut unserved, mut is_filtered) = (Vec::new(), false);
    for (at, scan) in case.shape.compared() {
        if case.shape.is_looked_up_for(at) {
            continue;
        }
        if scan.is_ordered {
            linted
                .findings
                .extend(warn::about_rows(scan, case.facts, &case.settings, limit));
            if linted.flip.is_none() && is_hnsw(case, scan) {
                let flip = probe::flip(desk, case.facts, &scan.schema, &scan.table).await?;
                linted.flip = Some(flip);
                linted.findings.extend(warn::about_flip(flip, &case.settings));
            }
        } else {
            let findings = findings_of(case, desk, at, limit, linted).await?;
            if findings.iter().any(|finding| finding.is_blocking) {
                unserved.push(at);
            } else {
                is_filtered = true;
            }
            linted.findings.extend(findings);
        }
        linted.findings.extend(warn::about_statistics(scan, case.facts));
        linted.findings.extend(wrong_dimensions(case, at));
        if let Some(table) = case.facts.table(&scan.schema, &scan.table)
            && table.has_row_security
            && !table.row_security_active
        {
            let name = named(&[&scan.schema, &scan.table]);
            linted.notes.push(format!(
                "row security of `{name}` does not apply to this role; `--as authenticated` plans with its policies"
            ));
        }
    }
    linted.ef_search = case
        .shape
        .compared()
        .any(|(_, scan)| is_hnsw(case, scan))
        .then(|| case.settings.ef_search());
    linted.status = match (unserved.is_empty(), is_filtered) {
        (false, _) => Status::Unindexed,
        (true, true) => Status::Filtered,
        (true, false) => Status::Indexed,
    };
    if case.subject.limit_may_be_null && linted.status == Status::Indexed {
        linted.findings.push(limit_null(
            "the LIMIT is an argument whose default is NULL: a caller who leaves it out asks for every row",
        ));
    }
    if let Origin::Function { name } = &linted.origin {
        for fix in linted.findings.iter_mut().flat_map(|finding| &mut finding.fixes) {
            // The library must be loaded, or a role that is no superuser may not bind the setting.
            if fix.starts_with("set hnsw.") {
                let vector = case.facts.extension.load_library();
                *fix = format!("{vector}; alter function {name} {fix}");
            }
        }
    }
    linted.findings.dedup();
    linted.notes.dedup();
    Ok(unserved)
}

/// Where the planner turns away from the index for the number of rows that are asked for.
async fn look_at_limit(connection: &mut PgConnection, linted: &mut Linted, case: &Case<'_>) -> Result<()> {
    let (Limit::Rows(limit), Some((_, scan))) = (asked_limit(&case.text), case.shape.compared().next())
    else {
        return Ok(());
    };
    let place = (scan.schema.as_str(), scan.table.as_str());
    let Some(flip) = probe::limit_flip(connection, case, place, limit.max(1)).await? else {
        return Ok(());
    };
    linted.limit_flip = Some(flip);
    if let Some(finding) = linted
        .findings
        .iter_mut()
        .find(|finding| finding.cause == Cause::PlannerFlip)
    {
        finding.fixes.extend(flip.index_up_to.map(|up_to| {
            format!("or ask for fewer rows: with LIMIT {up_to} and less the planner uses the index")
        }));
    } else {
        linted.findings.extend(warn::about_limit(flip));
    }
    Ok(())
}

fn is_hnsw(case: &Case<'_>, scan: &Scan) -> bool {
    let index = scan
        .index
        .as_ref()
        .and_then(|name| case.facts.index(&scan.schema, name));
    index.is_some_and(|index| index.method == "hnsw")
}

/// The LIMIT of the innermost query that has one around the first distance.
fn asked_limit(text: &str) -> Limit {
    let words = Words::of(text);
    let places: Vec<usize> = distances(&words).iter().map(|distance| distance.word).collect();
    let limits = queries(&words).into_iter().filter_map(|query| {
        let holds = places.iter().any(|place| query.words.contains(place));
        holds
            .then(|| query.limit(&words))
            .filter(|limit| *limit != Limit::None)
    });
    limits.into_iter().next().unwrap_or(Limit::None)
}

fn wrong_dimensions(case: &Case<'_>, at: usize) -> Option<Finding> {
    let scan = case.shape.scans.get(at)?;
    case.shape.uses_of(at).find_map(|found| {
        let column = case.facts.column(&scan.schema, &scan.table, &found.column)?;
        dimensions(found, column)
    })
}

/// Why no index serves a scan.
async fn findings_of(
    case: &Case<'_>,
    desk: &mut Desk<'_>,
    at: usize,
    limit: Limit,
    linted: &mut Linted,
) -> Result<Vec<Finding>> {
    let asked = Asked {
        limit,
        is_scan_disabled: case.settings.index_scan == "off",
    };
    let found = causes(&case.shape, at, case.facts, asked);
    let Some(scan) = case.shape.scans.get(at) else {
        return Ok(found);
    };
    if !found.is_empty() {
        return Ok(found);
    }
    let forced = probe::shape(desk, &probe::forced(), case.facts).await?;
    let could = forced.and_then(|shape| probe::serving(&shape, &scan.schema, &scan.table));
    if let Some(condition) = scan.index_condition.as_ref().filter(|_| could.is_some()) {
        let index = scan.index.clone().unwrap_or_default();
        return Ok(vec![
            Cause::FilterIndex
                .warns(format!(
                    "the planner finds the rows of the filter by `{index}` and sorts them by distance: the result is exact, and quick while they are few"
                ))
                .evidence(format!("Index Cond: {condition}")),
        ]);
    }
    let sorted = case.shape.uses_of(at).find_map(|found| match &found.place {
        Place::Sort {
            is_over_join, key, ..
        } => Some((*is_over_join, key.expression.clone())),
        _ => None,
    });
    if let Some((true, key)) = &sorted {
        return Ok(vec![
            Cause::JoinBeforeLimit
                .blocks("the rows are joined first, and all that come out are sorted")
                .evidence(format!("Sort Key: {key}"))
                .fix("take the nearest rows alone, then join: with nearest as materialized (select ... order by ... limit ...) select ... from nearest join ..."),
        ]);
    }
    match could {
        Some(index) => {
            let flip = probe::flip(desk, case.facts, &scan.schema, &scan.table).await?;
            linted.flip = Some(flip);
            Ok(vec![planner_flip(case, scan, &index, flip)])
        }
        None if case.shape.groups => Ok(vec![
            Cause::Grouped
                .blocks("rows are grouped, numbered or made distinct before they are ordered")
                .fix("take the nearest rows in an inner query with ORDER BY and LIMIT, and group those"),
        ]),
        None => Ok(vec![
            Cause::Unexplained
                .blocks("the planner has no plan with the index, for a reason that vecops does not know")
                .evidence(sorted.map_or_else(|| scan.kind.clone(), |(_, key)| format!("Sort Key: {key}"))),
        ]),
    }
}

fn planner_flip(case: &Case<'_>, scan: &Scan, index: &str, flip: Flip) -> Finding {
    let ef = case.settings.ef_search();
    let rows = case
        .facts
        .table(&scan.schema, &scan.table)
        .map_or(0.0, |table| table.rows.max(0.0));
    let where_it_flips = match flip.index_up_to {
        Some(up_to) => format!("it would use it with hnsw.ef_search up to {up_to}"),
        None => "it would not with any hnsw.ef_search".to_owned(),
    };
    let mut finding = Cause::PlannerFlip
        .blocks(format!(
            "`{index}` could serve the query, but the planner takes reading all of about {rows:.0} rows for cheaper than a scan with hnsw.ef_search {ef}; {where_it_flips}"
        ))
        .evidence(format!("{} on {}", scan.kind, named(&[&scan.schema, &scan.table])));
    // Fewer candidates for a filter to choose from would only return fewer rows.
    match (flip.index_up_to, &scan.filter) {
        (_, Some(filter)) => {
            finding = finding.fix(format!(
                "reading all rows is exact, and a scan would lose what the filter drops; index the filter, or build a partial vector index for it: {filter}"
            ));
        }
        (Some(up_to), None) => finding = finding.fix(format!("set hnsw.ef_search = {up_to}")),
        (None, None) => {}
    }
    finding
        .fix("set random_page_cost = 1.1 where the data is on SSD")
        .fix("analyze the table, if it has grown")
}

/// What the plan without the parameters' values does that the plan with a LIMIT does not.
fn compare_without_values(linted: &mut Linted, case: &Case<'_>, unvalued: &Plan) {
    let unvalued = Shape::read(unvalued, case.facts);
    let unserved = unvalued.compared().any(|(_, scan)| !scan.is_ordered);
    if linted.status != Status::Indexed || !unserved {
        return;
    }
    let always = case.subject.plans_without_values;
    let when = if always {
        "an SQL function that is not inlined is planned without its arguments' values before PostgreSQL 18"
    } else {
        "after five runs a prepared statement or function may be planned without its parameters' values"
    };
    let explanation = format!(
        "{when}; the planner then expects the LIMIT to be a tenth of the rows, and reads every row instead of the index"
    );
    let finding = if always {
        linted.status = Status::Unindexed;
        Cause::UnknownParameter.blocks(explanation)
    } else {
        Cause::UnknownParameter.warns(explanation)
    };
    linted.findings.push(
        finding
            .fix("write the LIMIT as a constant")
            .fix("or set plan_cache_mode = force_custom_plan, for a plpgsql function by: alter function ... set plan_cache_mode = force_custom_plan"),
    );
}
