//! `vecops backup diff`: what has changed between two backups.

use std::time::Duration;

use serde_json::Value;

use super::super::Context;
use super::state;
use crate::backup::compare::{
    self, BackupDifference, Fate, Options, RowChanges, Side, Size, TableDifference,
};
use crate::backup::repository::Repository;
use crate::error::{Error, Outcome, Result};
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};

/// The most letters of a value that are shown.
const LONGEST_VALUE: usize = 120;

/// Show what changed between two backups
///
/// Compares tables, definitions and rows, without a database. Equal digests end the work for a table, and chunks that
/// both backups hold are not read; the rows of the others are matched by the table's key, whatever their number, in
/// memory that does not grow. Ends with 0 whatever it finds; with --exit-code with 3 where anything differs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops backup diff /backups/app
  vecops backup diff /backups/app/sets/postgres/20261122T030000Z-1f2e3d4c /backups/app
  vecops backup diff /backups/app --quick --exit-code
  vecops backup diff /backups/staging /backups/production --keys 100 --json")]
pub(super) struct DiffArgs {
    /// The earlier backup's folder; a repository alone stands for its two newest backups
    before: String,

    /// The later backup's folder, or a repository for its newest backup
    after: Option<String>,

    /// Read no rows: say only which tables and definitions differ
    #[arg(long)]
    quick: bool,

    /// How many keys of new, changed and removed rows are named for each table
    #[arg(long, value_name = "N", default_value_t = 5)]
    keys: u16,

    /// End with 3 where anything differs
    #[arg(long)]
    exit_code: bool,
}

/// Compares.
pub(super) async fn run(context: &Context, args: DiffArgs) -> Result<Outcome> {
    let (before, after) = sides(&args)?;
    let options = Options {
        reads_rows: !args.quick,
        keys: usize::from(args.keys),
    };
    let comparing = compare::compare(&before, &after, options, context.progress());
    let report = context.unless_interrupted(Box::pin(comparing)).await?;
    let outcome = context.finish(&report)?;
    if args.exit_code && !report.equal {
        return Ok(Outcome::NotMet);
    }
    Ok(outcome)
}

fn sides(args: &DiffArgs) -> Result<(Side, Side)> {
    let side = |text: &str| -> Result<Side> {
        let (repository, set) = Repository::find(text)?;
        Ok(Side { repository, set })
    };
    if let Some(after) = &args.after {
        return Ok((side(&args.before)?, side(after)?));
    }
    let newest = side(&args.before)?;
    let of_database = newest.repository.sets()?;
    let earlier = of_database
        .into_iter()
        .rfind(|set| set.database == newest.set.database && set.name < newest.set.name);
    let Some(set) = earlier else {
        let message = format!("`{}` has no earlier backup of this database", args.before);
        return Err(Error::precondition(message).hint("Name two backups: `vecops backup diff BEFORE AFTER`."));
    };
    let repository = newest.repository.clone();
    Ok((Side { repository, set }, newest))
}

impl Report for BackupDifference {
    const KIND: &'static str = "backup-diff";

    fn human(&self, page: &mut Page) {
        for (name, side) in [("before", &self.before), ("after", &self.after)] {
            page.field(
                name,
                format!(
                    "{} as of {} ({})",
                    sanitize(&side.path),
                    sanitize(&side.snapshot_time),
                    state(side.state)
                ),
            );
        }
        if self.equal {
            page.styled(Role::Good, "nothing has changed");
        }
        let mut table = Table::new()
            .text("table")
            .text("rows")
            .number("before")
            .number("after")
            .number("new")
            .number("changed")
            .number("removed")
            .number("stored");
        for difference in &self.tables {
            table.row(cells(difference));
        }
        page.table(&table);
        for difference in &self.tables {
            if let Some(rows) = &difference.rows {
                details(&difference.table.plain(), rows, page);
            }
        }
        for change in self.definitions.iter().chain(&self.sequences) {
            page.line(format!(
                "{}: {} → {}",
                sanitize(&change.object),
                shown(&change.expected),
                shown(&change.found)
            ));
        }
        page.field("shared by both", units::bytes(self.shared_bytes));
        page.field(
            "read",
            format!(
                "{} in {}",
                units::bytes(self.read_bytes),
                units::duration(Duration::from_secs_f64(self.seconds))
            ),
        );
    }
}

fn cells(difference: &TableDifference) -> [String; 8] {
    let rows = |size: Option<Size>| size.map_or_else(String::new, |size| units::count(size.rows));
    let fate = match (difference.fate, &difference.rows) {
        (Fate::Added, _) => "new table",
        (Fate::Removed, _) => "removed",
        (Fate::Equal, _) => "equal",
        (Fate::Changed, Some(_)) => "changed",
        (Fate::Changed, None) => "changed, not read",
    };
    let counted = |of: fn(&RowChanges) -> u64| {
        let rows = difference.rows.as_ref();
        rows.map_or_else(String::new, |rows| units::count(of(rows)))
    };
    let stored = difference.after.or(difference.before);
    [
        difference.table.plain(),
        fate.to_owned(),
        rows(difference.before),
        rows(difference.after),
        counted(|rows| rows.added),
        counted(|rows| rows.changed),
        counted(|rows| rows.removed),
        stored.map_or_else(String::new, |size| units::bytes(size.stored_bytes)),
    ]
}

fn details(table: &str, rows: &RowChanges, page: &mut Page) {
    if rows.key.is_empty() && rows.added + rows.removed > 0 {
        page.line(format!(
            "{table} has no key that both backups know: a changed row counts as one removed and one new"
        ));
    }
    let columns = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
    if !rows.columns.is_empty() {
        let mut changed = rows.columns.iter().map(|changed| {
            let rows = units::plural(changed.rows, "row", "rows");
            format!("{} in {rows}", changed.column.plain())
        });
        page.line(sanitize(&format!("{table} changed {}", columns(&mut changed))));
    }
    if !rows.not_compared.is_empty() {
        let mut names = rows.not_compared.iter().map(crate::sql::Ident::plain);
        page.line(sanitize(&format!(
            "{table}: the values of {} are not compared, because only one backup has the column or its type is another",
            columns(&mut names)
        )));
    }
    let examples = &rows.examples;
    let kinds = [
        ("new", &examples.added, rows.added),
        ("changed", &examples.changed, rows.changed),
        ("removed", &examples.removed, rows.removed),
    ];
    for (kind, keys, all) in kinds {
        if keys.is_empty() {
            continue;
        }
        let mut texts = keys.iter().map(|key| match key.as_slice() {
            [one] => one.clone(),
            several => format!("({})", several.join(", ")),
        });
        let more = all.saturating_sub(u64::try_from(keys.len()).unwrap_or_default());
        let more = if more > 0 {
            format!(", and {} more", units::count(more))
        } else {
            String::new()
        };
        page.line(sanitize(&format!(
            "{table} {kind}: {}{more}",
            columns(&mut texts)
        )));
    }
}

/// What a definition says, in short.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => return "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(object) => {
            let telling = ["definition", "type", "version", "command"]
                .iter()
                .find_map(|field| object.get(*field)?.as_str());
            telling.map_or_else(|| value.to_string(), str::to_owned)
        }
        other => other.to_string(),
    };
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = text.char_indices().nth(LONGEST_VALUE) {
        text.truncate(cut);
        text.push('…');
    }
    sanitize(&text)
}
