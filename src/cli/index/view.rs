//! What a person reads of a plan, and of what was done.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::index::replace::Figures;
use crate::index::{BuildPlan, Built, ReindexPlan, RemovalPlan, Removed, Restored, Settings};
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, units};

/// A build that may be done.
pub(super) struct Planned(pub(super) BuildPlan);

impl Serialize for Planned {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Report for Planned {
    const KIND: &'static str = "index-plan";

    fn human(&self, page: &mut Page) {
        let plan = &self.0;
        let mark = page.paint(Role::Good, "+");
        let index = plan.definition.qualified().plain();
        page.line(format!("{mark} build `{index}`"));
        if let Some(leftover) = &plan.leftover {
            page.styled(
                Role::Warning,
                &format!(
                    "- first drop the invalid `{}` that a failed build left",
                    leftover.plain()
                ),
            );
        }
        page.field("statement", sanitize(&plan.statement));
        page.field("rows", about(plan.rows, plan.table.rows));
        show_size(page, plan.bytes);
        show_settings(page, plan.settings);
        page.field("meanwhile", meanwhile(plan.concurrently));
    }
}

/// An index that may be built anew.
#[derive(Debug, Serialize)]
pub(super) struct PlannedReindex {
    #[serde(flatten)]
    pub(super) plan: ReindexPlan,
    /// Whether it is to be done.
    pub(super) needed: bool,
    /// Why, where that was asked.
    pub(super) reasons: Vec<String>,
    /// What was measured of it.
    pub(super) figures: Option<Figures>,
}

impl Report for PlannedReindex {
    const KIND: &'static str = "index-reindex-plan";

    fn human(&self, page: &mut Page) {
        let plan = &self.plan;
        let index = plan.index.plain();
        if self.needed {
            let mark = page.paint(Role::Good, "~");
            page.line(format!("{mark} build `{index}` anew"));
            page.field("statement", sanitize(&plan.statement));
        } else {
            page.styled(
                Role::Good,
                &format!("`{index}` need not be built anew; nothing to do"),
            );
        }
        for reason in &self.reasons {
            page.styled(Role::Warning, &format!("  {reason}"));
        }
        page.field("size now", size(plan.bytes_now));
        show_size(page, plan.bytes);
        if let Some(bloat) = plan.bloat_percent {
            page.field("bloat", format!("{bloat} %"));
        }
        if let Some(of) = &self.figures {
            page.field(
                "recall",
                format!(
                    "@{} {:.4} ({:.4} to {:.4}, {} queries)",
                    of.k, of.recall, of.recall_low, of.recall_high, of.queries
                ),
            );
        }
        if self.needed {
            page.field("rows", about(plan.rows, plan.table.rows));
            show_settings(page, plan.settings);
            page.field("meanwhile", meanwhile(plan.concurrently));
        }
    }
}

/// Indexes that may be dropped.
pub(super) struct PlannedRemoval(pub(super) RemovalPlan);

impl Serialize for PlannedRemoval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Report for PlannedRemoval {
    const KIND: &'static str = "index-removal-plan";

    fn human(&self, page: &mut Page) {
        if self.0.steps.is_empty() && self.0.of_others.is_empty() {
            page.styled(Role::Good, "no build has left anything; nothing to do");
        }
        for index in &self.0.of_others {
            let line = format!(
                "`{}` is invalid, and only the owner of its table may drop it",
                index.plain()
            );
            page.styled(Role::Warning, &line);
        }
        for step in &self.0.steps {
            let mark = page.paint(Role::Error, "-");
            let state = if step.is_valid { "" } else { ", invalid" };
            page.line(format!(
                "{mark} drop `{}` ({}{state})",
                step.index.plain(),
                size(step.bytes)
            ));
            page.field("statement", sanitize(&step.statement));
            if step.is_valid {
                page.field("to undo", sanitize(&step.undo));
            }
            if step.is_last {
                let table = step.table.plain();
                let line = format!(
                    "it is the last vector index of `{table}`: every search will read the whole table"
                );
                page.styled(Role::Warning, &line);
            }
        }
    }
}

impl Report for Removed {
    const KIND: &'static str = "index-removed";

    fn human(&self, page: &mut Page) {
        for step in &self.dropped {
            page.styled(
                Role::Good,
                &format!("dropped `{}` ({})", step.index.plain(), size(step.bytes)),
            );
        }
    }
}

/// The indexes that a load did without.
pub(in crate::cli) fn show_restored(page: &mut Page, restored: &Restored) {
    for built in &restored.built {
        built.human(page);
    }
    for index in &restored.found {
        page.styled(Role::Good, &format!("`{}` is there again", index.plain()));
    }
    for index in &restored.gone {
        page.styled(
            Role::Warning,
            &format!("`{}` is gone with its table", index.plain()),
        );
    }
}

impl Report for Restored {
    const KIND: &'static str = "index-restored";

    fn human(&self, page: &mut Page) {
        if self.built.is_empty() && self.found.is_empty() && self.gone.is_empty() {
            page.styled(Role::Good, "no index waits to be built again; nothing to do");
        }
        show_restored(page, self);
    }
}

impl Report for Built {
    const KIND: &'static str = "index-built";

    fn human(&self, page: &mut Page) {
        let time = units::duration(Duration::from_secs_f64(self.seconds));
        page.styled(
            Role::Good,
            &format!("built `{}` in {time}; it is valid and ready", self.index.plain()),
        );
        page.field("rows", units::count(self.rows));
        let predicted = self.predicted_bytes.map_or_else(String::new, |bytes| {
            format!(" (predicted {})", units::bytes(bytes))
        });
        page.field("size", format!("{}{predicted}", units::bytes(self.bytes)));
        page.field("memory", units::bytes(self.memory));
        page.field("workers", self.workers.to_string());
        if let Some(rows) = self.spilled_after {
            let rows = units::count(rows);
            let line = format!(
                "the graph left the memory after about {rows} rows; `vecops index estimate` says how much it takes"
            );
            page.styled(Role::Warning, &line);
        }
        if self.lacked_shared_memory {
            page.styled(
                Role::Warning,
                "built in one process: the server's shared memory (`/dev/shm`) is too small for more",
            );
        }
    }
}

fn show_size(page: &mut Page, bytes: Option<u64>) {
    if let Some(bytes) = bytes {
        page.field("size", format!("about {}", units::bytes(bytes)));
    }
}

fn show_settings(page: &mut Page, settings: Settings) {
    let role = if settings.spills_after.is_some() {
        Role::Warning
    } else {
        Role::Dim
    };
    let text = page.paint(role, &settings.describe());
    page.field("with", text);
}

fn meanwhile(concurrently: bool) -> &'static str {
    if concurrently {
        "readers and writers go on"
    } else {
        "readers go on, writers wait"
    }
}

/// Rows of an index, beside those of its table.
pub(super) fn about(rows: u64, of: Option<u64>) -> String {
    let rows_of = match of {
        None => ", guessed from the table's size: nobody has counted them yet".to_owned(),
        Some(all) if rows < all => {
            let all = units::count(all);
            format!(" of the table's {all}: those that it holds, by the statistics")
        }
        Some(_) => String::new(),
    };
    format!("about {}{rows_of}", units::count(rows))
}

fn size(bytes: i64) -> String {
    units::bytes(u64::try_from(bytes).unwrap_or_default())
}
