//! A query whose nearest rows are taken first: the table in its FROM becomes a subquery with an order and a LIMIT of its
//! own, and the joins, groups and orders around it stay as they are. What comes out is a candidate, as in `rewrite`.

use std::ops::Range;

use super::cause::Cause;
use super::clause::{Clause, Limit, Query, edited, queries};
use super::distance::{Distance, distances};
use super::rewrite::{Goal, operands, ordering, reference};
use super::token::{Kind, Words, folded};

/// How many of the nearest rows are taken for each group that is asked for: groups are fewer than their rows.
const ROWS_OF_A_GROUP: u64 = 4;

/// Whether the nearest rows must be taken first to do away with a cause.
pub(super) fn helps(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::OtherKeyFirst | Cause::NoConstant | Cause::JoinBeforeLimit | Cause::Grouped
    )
}

/// How the result differs from what the query says.
pub(super) fn differences(causes: &[Cause]) -> Vec<String> {
    let said = causes.iter().filter_map(|cause| match cause {
        Cause::OtherKeyFirst => Some("only the nearest rows are ordered so, as many as the inner LIMIT says"),
        Cause::JoinBeforeLimit => Some(
            "the nearest rows are taken before they are joined, as many as the inner LIMIT says: conditions outside of it leave fewer",
        ),
        Cause::Grouped => Some(
            "only the nearest rows are grouped, numbered or made distinct, as many as the inner LIMIT says; put your own number",
        ),
        Cause::NoConstant => Some(
            "each row of the other table is compared with its nearest rows only, as many as the inner LIMIT says",
        ),
        _ => None,
    });
    said.map(str::to_owned).collect()
}

/// Texts to try, the likeliest first; `table` is the one that the index is on.
pub(super) fn candidates(text: &str, table: &str, goal: Goal<'_>, causes: &[Cause]) -> Vec<String> {
    let words = Words::of(text);
    let found = distances(&words);
    let mut candidates = Vec::new();
    for query in &queries(&words) {
        let (Some(from), None, None) = (
            query.clause(Clause::From),
            query.clause(Clause::Union),
            query.clause(Clause::Offset),
        ) else {
            continue;
        };
        let nest = Nest {
            words: &words,
            query,
            from,
            table,
            goal,
            is_lateral: causes.contains(&Cause::NoConstant),
            is_grouped: causes.contains(&Cause::Grouped),
        };
        let own = found
            .iter()
            .filter(|distance| query.words.contains(&distance.word));
        // Nearness is the same from both sides; between two rows of one table either may be the one that is looked for.
        for distance in own.flat_map(|distance| [distance.clone(), turned(distance)]) {
            for qualified in [false, true] {
                if let Some(candidate) = nest.text(&distance, qualified)
                    && !candidates.contains(&candidate)
                {
                    candidates.push(candidate);
                }
            }
        }
    }
    candidates
}

fn turned(distance: &Distance) -> Distance {
    Distance {
        left: distance.right.clone(),
        right: distance.left.clone(),
        ..distance.clone()
    }
}

/// A query and the table that is to become a subquery.
struct Nest<'a> {
    words: &'a Words<'a>,
    query: &'a Query,
    from: Range<usize>,
    table: &'a str,
    goal: Goal<'a>,
    /// Whether the other side of the distance is a row beside it.
    is_lateral: bool,
    is_grouped: bool,
}

/// A table in FROM.
struct Source<'a> {
    /// Its words, with its alias.
    words: Range<usize>,
    alias: &'a str,
}

impl<'a> Nest<'a> {
    fn text(&self, distance: &Distance, qualified: bool) -> Option<String> {
        let column = self.goal.column.column.as_str();
        let order = ordering(self.words, distance, self.goal, qualified)?;
        let (operand, _) = operands(self.words, distance, column)?;
        let source = self.source(qualifier(reference(operand, column)?).as_deref())?;
        let is_alone = source.words == self.from && !self.is_lateral;
        let mut edits = Vec::new();
        let mut conditions = Vec::new();
        if is_alone && let Some((condition, whole)) = self.condition() {
            conditions.push(format!("({condition})"));
            edits.push((whole, String::new()));
        }
        conditions.extend(self.goal.index.predicate.clone());
        let condition = if conditions.is_empty() {
            String::new()
        } else {
            format!("where {} ", conditions.join(" and "))
        };
        let (alias, named) = (source.alias, self.span_text(source.words.clone())?);
        let nearest = format!(
            "(select {alias}.* from {named} {condition}order by {order} limit {}) {alias}",
            self.limit()
        );
        edits.push(self.placed(source, &nearest));
        Some(edited(self.words.text, edits))
    }

    /// Where the subquery goes: in the table's place, behind what it looks at.
    fn placed(&self, source: Source<'_>, nearest: &str) -> (Range<usize>, String) {
        if !self.is_lateral {
            return (self.words.span(source.words), nearest.to_owned());
        }
        let first = source.words.start == self.from.start;
        match self.crossed(source.words.end).filter(|_| first) {
            Some(other) => (
                self.words.span(self.from.clone()),
                format!("{other} cross join lateral {nearest}"),
            ),
            None => (self.words.span(source.words), format!("lateral {nearest}")),
        }
    }

    /// What the first table of FROM is crossed with, where that is all there is.
    fn crossed(&self, after: usize) -> Option<&'a str> {
        let words = self.words;
        let start = if words.is(after, ",") {
            after + 1
        } else if words.is(after, "cross") && words.is(after + 1, "join") {
            after + 2
        } else {
            return None;
        };
        let depth = words.depth(start);
        let has_more = (start..self.from.end)
            .any(|at| words.depth(at) == depth && (words.is(at, ",") || words.is(at, "join")));
        if has_more || start >= self.from.end {
            return None;
        }
        self.span_text(start..self.from.end)
    }

    /// The table in FROM that the distance's column is of.
    fn source(&self, alias: Option<&str>) -> Option<Source<'a>> {
        let mut sources = self.from.clone().filter_map(|at| self.source_at(at));
        sources.find(|source| alias.is_none_or(|alias| folded(source.alias) == alias))
    }

    fn source_at(&self, at: usize) -> Option<Source<'a>> {
        let words = self.words;
        let is_name = words.kind(at) == Some(Kind::Name)
            && words.depth(at) == words.depth(self.from.start)
            && folded(words.text_of(at)) == self.table
            && !words.is(at + 1, ".")
            && !words.is(at + 1, "(");
        let start = if at >= 2 && words.is(at - 1, ".") {
            at - 2
        } else {
            at
        };
        let begins = start == self.from.start
            || start
                .checked_sub(1)
                .is_some_and(|before| words.is(before, ",") || words.is(before, "join"));
        if !is_name || !begins {
            return None;
        }
        let alias = if words.is(at + 1, "as") { at + 2 } else { at + 1 };
        let has_alias =
            alias < self.from.end && words.kind(alias) == Some(Kind::Name) && !joins(words.text_of(alias));
        let last = if has_alias { alias } else { at };
        Some(Source {
            words: start..last + 1,
            alias: words.text_of(last),
        })
    }

    /// The text of WHERE, and the bytes of the whole clause with the blanks before it.
    fn condition(&self) -> Option<(&'a str, Range<usize>)> {
        let (_, keyword, condition) = self
            .query
            .clauses
            .iter()
            .find(|(clause, ..)| *clause == Clause::Where)?;
        let before = self.words.span(keyword.checked_sub(1)?..*keyword).end;
        let end = self.words.span(condition.clone()).end;
        Some((self.span_text(condition.clone())?, before..end))
    }

    fn limit(&self) -> String {
        let known = self.query.limit(self.words);
        if self.is_grouped {
            let groups = match known {
                Limit::Rows(rows) => rows,
                _ => u64::from(self.goal.rows),
            };
            return groups.saturating_mul(ROWS_OF_A_GROUP).to_string();
        }
        let clause = self.query.clause(Clause::Limit).filter(|_| known != Limit::All);
        clause
            .and_then(|clause| self.span_text(clause))
            .map_or_else(|| self.goal.rows.to_string(), str::to_owned)
    }

    fn span_text(&self, words: Range<usize>) -> Option<&'a str> {
        self.words.text.get(self.words.span(words))
    }
}

/// What a column is qualified by: the name before its last point.
fn qualifier(reference: &str) -> Option<String> {
    let words = Words::of(reference);
    let last = words.tokens.len().checked_sub(3)?;
    words.is(last + 1, ".").then(|| folded(words.text_of(last)))
}

/// Whether a word after a table's name goes on with FROM instead of giving an alias.
fn joins(word: &str) -> bool {
    const WORDS: [&str; 11] = [
        "join",
        "inner",
        "left",
        "right",
        "full",
        "cross",
        "natural",
        "on",
        "using",
        "tablesample",
        "lateral",
    ];
    WORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}
