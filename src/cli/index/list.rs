//! `vecops index list`.

use clap::Args;

use crate::cli::Context;
use crate::connection::Need;
use crate::error::{Outcome, Result};
use crate::index::{self, Inventory, Listed, State};
use crate::render::style::Role;
use crate::render::{Page, Report, Table, units};

/// List every vector index with its size against a fresh one's, and every vector column without one
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  vecops index list\n  vecops index list --profile linked --json")]
pub(super) struct ListArgs {}

/// Reads and shows.
pub(super) async fn run(context: &Context, _args: &ListArgs) -> Result<Outcome> {
    let mut session = context.open(Need::Any).await?;
    let mut transaction = session.begin_read().await?;
    let inventory = index::inventory(&mut transaction).await?;
    transaction.commit().await?;
    context.finish(&inventory)
}

impl Report for Inventory {
    const KIND: &'static str = "index-list";

    fn human(&self, page: &mut Page) {
        show_indexes(page, &self.indexes);
        let left = self.indexes.iter().filter(|index| index.state == State::Leftover);
        for index in left {
            let name = index.index.plain();
            let line = format!("`{name}` is invalid: writes keep it up to date, no query uses it");
            page.styled(Role::Error, &line);
            page.styled(Role::Hint, "`vecops index clean` drops it.");
        }
        for index in &self.deferred {
            let line = format!("`{}` was dropped for a load and waits", index.plain());
            page.styled(Role::Warning, &line);
            page.styled(Role::Hint, "`vecops index restore-deferred` builds it again.");
        }
        if self.without_index.is_empty() {
            return;
        }
        page.blank();
        page.heading("columns without an index: every search reads the whole table");
        let mut table = Table::new().text("column").text("type").number("rows");
        for column in &self.without_index {
            let dimensions = column
                .dimensions
                .map_or_else(String::new, |count| format!("({count})"));
            table.row([
                format!("{}.{}", column.table.plain(), column.column),
                format!("{}{dimensions}", column.element),
                column.rows.map_or_else(String::new, units::count),
            ]);
        }
        page.table(&table);
    }
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
        .number("bloat %")
        .number("scans")
        .number("cached %")
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
            index
                .bloat_percent
                .map_or_else(String::new, |bloat| bloat.to_string()),
            index.scans.to_string(),
            index
                .cached_percent
                .map_or_else(String::new, |share| share.to_string()),
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
