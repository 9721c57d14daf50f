//! What a person reads of a replacement.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::super::view::about;
use crate::cli::Context;
use crate::error::Outcome;
use crate::index::replace::{Criteria, Ending, Figures, ReplacePlan, Replaced, Replacement, Step, Terms};
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, units};

/// A replacement that may be done.
#[derive(Debug, Serialize)]
pub(super) struct PlannedReplacement {
    #[serde(flatten)]
    pub(super) plan: ReplacePlan,
    /// What the new index must reach, and how both are measured.
    pub(super) terms: Terms,
}

impl Report for PlannedReplacement {
    const KIND: &'static str = "index-replace-plan";

    fn human(&self, page: &mut Page) {
        let plan = &self.plan;
        let mark = page.paint(Role::Good, "~");
        page.line(format!("{mark} replace `{}`", plan.index.plain()));
        page.field("now", sanitize(&plan.old.definition.body));
        page.field("statement", sanitize(&plan.statement));
        page.field("rows", about(plan.rows, plan.table.rows));
        let now = units::bytes(u64::try_from(plan.old.bytes).unwrap_or_default());
        match plan.bytes {
            Some(bytes) => page.field("size", format!("about {}, now {now}", units::bytes(bytes))),
            None => page.field("size", format!("now {now}")),
        }
        page.field("with", plan.settings.describe());
        page.field("gate", gate(&self.terms));
        page.field(
            "meanwhile",
            "readers and writers go on; from the moment the new one is valid until one of the two is dropped the planner uses either, and both hold every row",
        );
        if let Some(earlier) = &plan.under_way {
            page.styled(
                Role::Dim,
                &format!(
                    "goes on with what an earlier run began as `{}`",
                    earlier.new.plain()
                ),
            );
        }
        if plan.changes_queries {
            page.styled(
                Role::Warning,
                "queries use the new index only where they repeat its expression; those that do not go on with the old one, which stays until `--finish`",
            );
        }
    }
}

/// What holds for as long as the old index is kept.
const EITHER: &str = "the planner uses either, whichever it finds cheaper, and every write enters both; only the new one serves for certain once the old one is dropped";

fn gate(terms: &Terms) -> String {
    let Some(measuring) = &terms.measuring else {
        return "nothing is measured: no queries are given; the names are exchanged once the new one is valid".to_owned();
    };
    let Criteria {
        min_recall,
        max_p95_ratio,
    } = terms.criteria;
    let recall = min_recall.map_or_else(
        || "not surely below the old one's".to_owned(),
        |least| format!("at least {least} by the lower end of its interval"),
    );
    let latency = max_p95_ratio.map_or_else(String::new, |most| {
        format!(", and its 95th percentile of latency at most {most} times the old one's")
    });
    format!(
        "both are measured with the queries (k {}, ef_search {}, probes {}); the names are exchanged only if the new one's recall is {recall}{latency}",
        measuring.k, measuring.ef_search, measuring.probes
    )
}

/// A replacement that stands at one of its later steps.
pub(super) struct UnderWay(pub(super) Replacement);

impl Serialize for UnderWay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Report for UnderWay {
    const KIND: &'static str = "index-replacement";

    fn human(&self, page: &mut Page) {
        let state = &self.0;
        page.line(said(state));
        if state.step == Step::Swapped {
            page.field("meanwhile", EITHER);
            ways_on(page, &state.index.plain());
        }
    }
}

/// How far a replacement is, with the command that leads on where it waits for one.
pub(in super::super) fn said(state: &Replacement) -> String {
    let (plain, new, old) = (state.index.plain(), state.new.plain(), state.old.plain());
    let was_refused = state.terms.as_ref().is_some_and(|terms| terms.was_refused);
    match (state.step, &state.keep_until) {
        (Step::Building, _) if was_refused => {
            format!("`{plain}` is to be replaced; `{new}` was not good enough and is kept beside it")
        }
        (Step::Building, _) => format!(
            "`{plain}` is being replaced: `{new}` is built beside it; `vecops index replace {plain}` goes on"
        ),
        (Step::Swapped, Some(time)) if state.is_due => format!(
            "`{plain}` is replaced; the old one, `{old}`, was to be kept until {time} and waits for `vecops index replace {plain} --finish`, which drops it"
        ),
        (Step::Swapped, keep_until) => format!(
            "`{plain}` is replaced; the old one is kept as `{old}` {}",
            until(keep_until.as_deref())
        ),
        (Step::Undoing, _) => format!(
            "`{plain}` has the old index again; `{new}` is to be dropped by `vecops index replace {plain} --rollback`"
        ),
    }
}

/// Says which old indexes wait to be dropped: nothing runs by itself.
pub(in super::super) fn warn_of(overdue: &[Replacement], context: &Context) {
    for state in overdue {
        context.progress().warn(&said(state));
    }
}

fn until(keep_until: Option<&str>) -> String {
    keep_until.map_or_else(
        || "until `--finish`".to_owned(),
        |time| format!("until {time}, after which the next run of the command drops it"),
    )
}

fn ways_on(page: &mut Page, plain: &str) {
    page.field("drop it", format!("vecops index replace {plain} --finish"));
    page.field("go back", format!("vecops index replace {plain} --rollback"));
}

impl Report for Replaced {
    const KIND: &'static str = "index-replaced";

    fn human(&self, page: &mut Page) {
        let plain = self.index.plain();
        match self.ending {
            Ending::Swapped => page.styled(Role::Good, &format!("replaced `{plain}`")),
            Ending::Finished => {
                page.styled(Role::Good, &format!("replaced `{plain}`; the old one is gone"));
            }
            Ending::RolledBack => {
                page.styled(
                    Role::Good,
                    &format!("`{plain}` is the old index; the new one is gone"),
                );
            }
            Ending::Forgotten => page.styled(
                Role::Warning,
                &format!("`{plain}` is gone, and no old index is kept; its replacement is forgotten"),
            ),
            Ending::Refused => page.styled(
                Role::Error,
                &format!("`{plain}` stays: the new index is not good enough"),
            ),
        }
        for reason in &self.reasons {
            page.styled(Role::Error, &format!("  {reason}"));
        }
        if let Some(built) = &self.built {
            let time = units::duration(Duration::from_secs_f64(built.seconds));
            page.field("built in", format!("{time}, {}", units::bytes(built.bytes)));
        }
        if let Some(before) = &self.before {
            page.field("old", figures(before));
        }
        if let Some(after) = &self.after {
            page.field("new", figures(after));
        }
        if let (Some(before), Some(after)) = (&self.before, &self.after) {
            let how = if self.is_interleaved {
                "measured query by query in turns, so that a drift of the machine is in neither's favour"
            } else {
                "measured one after the other, since the planner takes the new one wherever it is there; times may drift, pages do not"
            };
            page.field(
                "new to old",
                format!(
                    "p95 {:.2} times, pages {:.2} times; {how}",
                    after.p95_ms / before.p95_ms,
                    after.pages / before.pages
                ),
            );
        }
        if let Some(old) = &self.old {
            page.field(
                "kept",
                format!("`{}` {}", old.plain(), until(self.keep_until.as_deref())),
            );
            page.field("meanwhile", EITHER);
            ways_on(page, &plain);
        }
        match (self.ending, &self.refused) {
            (Ending::Refused, Some(new)) => {
                page.field(
                    "kept",
                    format!("`{}`, which every write enters, too", new.plain()),
                );
                page.field("drop it", format!("vecops index replace {plain} --rollback"));
                page.field(
                    "let it in",
                    format!("vecops index replace {plain}, with other thresholds or, without any, as it is"),
                );
            }
            (Ending::Refused, None) => page.field("new one", "dropped"),
            _ => {}
        }
    }

    fn outcome(&self) -> Outcome {
        if self.ending == Ending::Refused {
            Outcome::NotMet
        } else {
            Outcome::Success
        }
    }
}

fn figures(of: &Figures) -> String {
    format!(
        "recall@{} {:.4} ({:.4} to {:.4}), p50 {:.2} ms, p95 {:.2} ms, {:.0} pages a query, {} queries",
        of.k, of.recall, of.recall_low, of.recall_high, of.p50_ms, of.p95_ms, of.pages, of.queries
    )
}
