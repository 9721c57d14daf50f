//! `vecops index list`.

use clap::Args;
use serde::Serialize;

use super::replace::said;
use crate::cli::Context;
use crate::connection::Need;
use crate::error::{Outcome, Result};
use crate::index::lint::{self, Cause, LintOptions, Linted, Origin};
use crate::index::{self, Inventory, Listed, State};
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};
use crate::sql::Ident;

/// How many recorded queries are looked at, those that took longest altogether.
const RECORDED: u32 = 50;

/// The rows that a recorded query is taken to ask for, whose LIMIT is a parameter.
const ROWS: u32 = 10;

/// List every vector index with its size against a fresh one's, and what no index serves: columns and recorded queries
///
/// Queries are read from pg_stat_statements, where it is installed, and planned as `vecops index lint` does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  vecops index list\n  vecops index list --profile linked --json")]
pub(super) struct ListArgs {}

/// The inventory with what recorded queries make of it.
#[derive(Debug, Serialize)]
struct View {
    #[serde(flatten)]
    inventory: Inventory,
    /// The recorded queries that no index serves; none where the server records no queries.
    unserved_queries: Option<Vec<Unserved>>,
    /// Why the recorded queries could not be read, where the server has a view of them.
    unread: Option<String>,
}

/// A recorded query, or one of a function that recorded queries call, that no index serves.
#[derive(Debug, Serialize)]
struct Unserved {
    #[serde(flatten)]
    origin: Origin,
    text: String,
    causes: Vec<Cause>,
}

/// Reads and shows.
pub(super) async fn run(context: &Context, _args: &ListArgs) -> Result<Outcome> {
    let mut session = context.open(Need::Any).await?;
    let version = session.server().version_num;
    let mut transaction = session.begin_read().await?;
    let inventory = index::inventory(&mut transaction).await?;
    let has_vectors = !(inventory.indexes.is_empty() && inventory.without_index.is_empty());
    let (mut unserved_queries, mut unread) = (None, None);
    if has_vectors && lint::records(&mut transaction).await? {
        match unserved(&mut transaction, version).await {
            Ok(queries) => unserved_queries = Some(queries),
            // The view may be there and not work: not preloaded, of an old version, or not for this role.
            Err(error) if error.sqlstate().is_some_and(is_about_the_view) => {
                let said = [&[error.message().to_owned()], error.causes()].concat();
                unread = Some(said.join(": "));
            }
            Err(error) => return Err(error),
        }
    }
    transaction.rollback().await?;
    context.finish(&View {
        inventory,
        unserved_queries,
        unread,
    })
}

fn is_about_the_view(sqlstate: &str) -> bool {
    sqlstate.starts_with("42") || sqlstate.starts_with("55")
}

async fn unserved(connection: &mut sqlx::PgConnection, version: i32) -> Result<Vec<Unserved>> {
    let gathered = lint::gather(connection, RECORDED, version).await?;
    lint::make_ready(connection, "default").await?;
    let options = LintOptions {
        rows: ROWS,
        analyze: false,
    };
    let report = lint::lint(connection, &gathered.subjects, options).await?;
    let failing = report.queries.into_iter().filter(Linted::is_failing);
    Ok(failing
        .map(|query| Unserved {
            origin: query.origin,
            text: query.text,
            causes: query
                .findings
                .iter()
                .filter(|finding| finding.is_blocking)
                .map(|finding| finding.cause)
                .collect(),
        })
        .collect())
}

impl Report for View {
    const KIND: &'static str = "index-list";

    fn human(&self, page: &mut Page) {
        show_inventory(page, &self.inventory);
        if let Some(why) = &self.unread {
            page.blank();
            page.styled(
                Role::Warning,
                &format!("which queries use no index is not known: {}", sanitize(why)),
            );
            return;
        }
        match &self.unserved_queries {
            None => {
                page.blank();
                page.styled(Role::Dim, "no pg_stat_statements here: which queries use no index is not known; `vecops index lint` looks at one");
            }
            Some(queries) if queries.is_empty() => {}
            Some(queries) => {
                page.blank();
                page.heading("recorded queries that use no index");
                let mut table = Table::new()
                    .number("calls")
                    .number("ms")
                    .text("why")
                    .text("query");
                for query in queries {
                    table.row(cells(query));
                }
                page.table(&table);
                page.styled(
                    Role::Hint,
                    "`vecops index lint --statements` says how to write them.",
                );
            }
        }
    }
}

/// The longest that a query is shown.
const LONGEST_QUERY: usize = 100;

fn cells(query: &Unserved) -> [String; 4] {
    let (calls, mean) = match &query.origin {
        Origin::Recorded { calls, mean_ms } => (calls.to_string(), format!("{mean_ms:.1}")),
        _ => (String::new(), String::new()),
    };
    let causes: Vec<&str> = query.causes.iter().map(|cause| cause.name()).collect();
    let text = sanitize(&query.text.split_whitespace().collect::<Vec<_>>().join(" "));
    let place = match &query.origin {
        Origin::Function { name } => format!("{name}: "),
        _ => String::new(),
    };
    let shown = format!("{place}{text}").chars().take(LONGEST_QUERY).collect();
    [calls, mean, causes.join(", "), shown]
}

fn show_inventory(page: &mut Page, inventory: &Inventory) {
    show_indexes(page, &inventory.indexes);
    let left = inventory
        .indexes
        .iter()
        .filter(|index| index.state == State::Leftover);
    for index in left {
        let name = index.index.plain();
        let line = format!("`{name}` is invalid: writes keep it up to date, no query uses it");
        page.styled(Role::Error, &line);
        page.styled(Role::Hint, "`vecops index clean` drops it.");
    }
    for state in &inventory.replacements {
        let is_there = inventory.indexes.iter().any(|index| index.index == state.index);
        let role = if state.is_due || !is_there {
            Role::Warning
        } else {
            Role::Dim
        };
        if is_there {
            page.styled(role, &said(state));
        } else {
            let name = state.index.plain();
            page.styled(
                role,
                &format!("`{name}`, whose replacement is under way, is gone; `vecops index replace {name} --rollback` gives a kept old one its name, and forgets the replacement"),
            );
        }
    }
    for index in &inventory.deferred {
        let line = format!("`{}` was dropped for a load and waits", index.plain());
        page.styled(Role::Warning, &line);
        page.styled(Role::Hint, "`vecops index restore-deferred` builds it again.");
    }
    if inventory.without_index.is_empty() {
        return;
    }
    page.blank();
    page.heading("columns without an index: every search reads the whole table");
    let mut table = Table::new().text("column").text("type").number("rows");
    for column in &inventory.without_index {
        let dimensions = column
            .dimensions
            .map_or_else(String::new, |count| format!("({count})"));
        table.row([
            column_name(column),
            format!("{}{dimensions}", column.element),
            column.rows.map_or_else(String::new, units::count),
        ]);
    }
    page.table(&table);
}

/// A column as commands take it.
fn column_name(column: &index::Unserved) -> String {
    let name = Ident::new(column.column.clone()).map_or_else(|_| column.column.clone(), |name| name.plain());
    format!("{}.{name}", column.table.plain())
}

fn show_indexes(page: &mut Page, indexes: &[Listed]) {
    if indexes.is_empty() {
        page.line("no vector index");
        return;
    }
    let mut table = Table::new()
        .text("index")
        .text("on")
        .text("method")
        .text("class")
        .number("size")
        .number("fresh")
        .number("bloat %")
        .number("scans")
        .number("blocks/scan")
        .number("cached %")
        .text("analysed")
        .text("state");
    for index in indexes {
        let found = &index.found;
        let on = found.expression.as_ref().unwrap_or(&found.column);
        let partial = found.predicate.as_ref().map_or("", |_| " (some rows)");
        table.row([
            index.index.plain(),
            format!("{}: {on}{partial}", found.definition.table.name.plain()),
            format!("{} {}", found.method, found.options.join(" ")),
            found.opclass.clone(),
            units::bytes(u64::try_from(found.bytes).unwrap_or_default()),
            index.fresh_bytes.map_or_else(String::new, units::bytes),
            index
                .bloat_percent
                .map_or_else(String::new, |bloat| bloat.to_string()),
            index.scans.to_string(),
            index
                .blocks_per_scan
                .map_or_else(String::new, |blocks| blocks.to_string()),
            index
                .cached_percent
                .map_or_else(String::new, |share| share.to_string()),
            // The day is enough.
            index.analyzed_at.as_ref().map_or_else(
                || "never".to_owned(),
                |at| at.split_whitespace().next().unwrap_or_default().to_owned(),
            ),
            state(index.state).to_owned(),
        ]);
    }
    page.table(&table);
}

fn state(state: State) -> &'static str {
    match state {
        State::Valid => "valid",
        State::Building => "building",
        State::Leftover => "leftover",
        State::Incomplete => "incomplete",
    }
}
