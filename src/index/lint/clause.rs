//! The queries of an SQL text and their clauses, and texts with some of them changed.

use std::ops::Range;

use super::token::{Kind, Words, folded};

/// A clause of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    Select,
    From,
    Where,
    GroupBy,
    Having,
    Window,
    Union,
    OrderBy,
    Limit,
    Offset,
    Fetch,
    Locking,
}

/// A query, alone or inside another one.
#[derive(Debug, Clone)]
pub(super) struct Query {
    /// Its words.
    pub(super) words: Range<usize>,
    /// Its clauses: the place of the keyword, and the words that follow.
    pub(super) clauses: Vec<(Clause, usize, Range<usize>)>,
}

/// How many rows a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// It has no such clause.
    None,
    /// `limit all` or `limit null`.
    All,
    /// So many.
    Rows(u64),
    /// A parameter or an expression.
    Unknown,
}

impl Query {
    /// The words of a clause.
    pub(super) fn clause(&self, wanted: Clause) -> Option<Range<usize>> {
        let found = self.clauses.iter().find(|(clause, ..)| *clause == wanted);
        found.map(|(.., words)| words.clone())
    }

    /// How many rows it asks for.
    pub(super) fn limit(&self, words: &Words<'_>) -> Limit {
        match (self.clause(Clause::Limit), self.clause(Clause::Fetch)) {
            (None, None) => Limit::None,
            (Some(at), _) if at.len() == 1 => match words.text_of(at.start) {
                word if word.eq_ignore_ascii_case("all") || word.eq_ignore_ascii_case("null") => Limit::All,
                word => word.parse().map_or(Limit::Unknown, Limit::Rows),
            },
            _ => Limit::Unknown,
        }
    }

    /// The place of the first of these clauses, or the query's end: where a clause before them goes.
    pub(super) fn before(&self, words: &Words<'_>, clauses: &[Clause]) -> usize {
        let first = self.clauses.iter().find(|(clause, ..)| clauses.contains(clause));
        match first {
            Some((_, keyword, _)) => words.span(*keyword..keyword + 1).start,
            None => words.span(self.words.clone()).end,
        }
    }
}

/// The queries of a statement, the inner ones first.
pub(super) fn queries(words: &Words<'_>) -> Vec<Query> {
    let count = words.tokens.len();
    let end = (0..count)
        .find(|&at| words.is(at, ";") && words.depth(at) == 0)
        .unwrap_or(count);
    let mut found = Vec::new();
    for at in 0..end {
        let starts = ["select", "with"].iter().any(|keyword| words.is(at + 1, keyword));
        if words.is(at, "(")
            && starts
            && let Some(closing) = words.partner(at)
        {
            found.push(query(words, at + 1..closing, words.depth(at) + 1));
        }
    }
    found.reverse();
    if end > 0 {
        found.push(query(words, 0..end, 0));
    }
    found
}

fn query(words: &Words<'_>, range: Range<usize>, depth: usize) -> Query {
    let mut marks: Vec<(Clause, usize, usize)> = Vec::new();
    for at in range.clone() {
        if words.depth(at) == depth
            && words.kind(at) == Some(Kind::Name)
            && let Some((clause, length)) = keyword(words, at)
        {
            marks.push((clause, at, at + length));
        }
    }
    let ends = marks
        .iter()
        .skip(1)
        .map(|&(_, keyword, _)| keyword)
        .chain([range.end]);
    let clauses = marks
        .iter()
        .zip(ends)
        .map(|(&(clause, keyword, start), end)| (clause, keyword, start..end.max(start)))
        .collect();
    Query {
        words: range,
        clauses,
    }
}

/// The clause that starts with a word, and how many words its keyword takes.
fn keyword(words: &Words<'_>, at: usize) -> Option<(Clause, usize)> {
    let before = |wanted: &str| at >= 1 && words.is(at - 1, wanted);
    if before(".") || before("as") {
        return None;
    }
    let clause = match words.text_of(at).to_ascii_lowercase().as_str() {
        "select" => (Clause::Select, 1),
        "from" if !before("distinct") => (Clause::From, 1),
        "where" => (Clause::Where, 1),
        "group" if words.is(at + 1, "by") => (Clause::GroupBy, 2),
        "having" => (Clause::Having, 1),
        "window" => (Clause::Window, 1),
        "union" | "intersect" | "except" => (Clause::Union, 1),
        "order" if words.is(at + 1, "by") => (Clause::OrderBy, 2),
        "limit" => (Clause::Limit, 1),
        "offset" => (Clause::Offset, 1),
        "fetch" if words.is(at + 1, "first") || words.is(at + 1, "next") => (Clause::Fetch, 1),
        "for" if words.is(at + 1, "update") || words.is(at + 1, "share") => (Clause::Locking, 1),
        _ => return None,
    };
    Some(clause)
}

/// A text with some of its bytes replaced.
pub(super) fn edited(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(at, _)| std::cmp::Reverse((at.start, at.end)));
    let mut text = text.to_owned();
    for (at, with) in edits {
        text.replace_range(at, &with);
    }
    text
}

/// The text with a number for each parameter in a LIMIT, where there is one. `names` are the arguments of the function
/// that the text is the body of.
pub(super) fn with_known_limit(text: &str, names: &[String], rows: u32) -> Option<String> {
    let words = Words::of(text);
    let mut edits = Vec::new();
    for query in queries(&words) {
        let clauses = [Clause::Limit, Clause::Fetch].map(|clause| query.clause(clause));
        for at in clauses.into_iter().flatten().flatten() {
            let is_argument =
                words.kind(at) == Some(Kind::Name) && names.contains(&folded(words.text_of(at)));
            if is_argument && words.is(at + 1, ".") {
                continue;
            }
            if is_argument || words.kind(at) == Some(Kind::Parameter) {
                let start = if at >= 2 && words.is(at - 1, ".") {
                    at - 2
                } else {
                    at
                };
                edits.push((words.span(start..at + 1), rows.to_string()));
            }
        }
    }
    edits.sort_by_key(|(at, _)| at.start);
    edits.dedup();
    (!edits.is_empty()).then(|| edited(text, edits))
}

/// The text with another number of rows in the innermost LIMIT around one of these words, where that is a number.
pub(super) fn with_limit(text: &str, places: &[usize], rows: u64) -> Option<String> {
    let words = Words::of(text);
    let query = queries(&words).into_iter().find(|query| {
        places.iter().any(|place| query.words.contains(place)) && query.limit(&words) != Limit::None
    })?;
    let clause = query.clause(Clause::Limit)?;
    let is_number = matches!(query.limit(&words), Limit::Rows(_));
    is_number.then(|| edited(text, vec![(words.span(clause), rows.to_string())]))
}

/// The items of an ORDER BY.
pub(super) fn items(words: &Words<'_>, clause: Range<usize>) -> Vec<Range<usize>> {
    let depth = words.depth(clause.start);
    let mut items = Vec::new();
    let mut start = clause.start;
    for at in clause.clone() {
        if words.is(at, ",") && words.depth(at) == depth {
            items.push(start..at);
            start = at + 1;
        }
    }
    items.push(start..clause.end);
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_of_inner_and_outer_queries_are_apart() {
        let text = "with c as (select id, row_number() over (order by a) from t where b is distinct from 2 order by v <-> $1 limit $2) \
                    select * from c order by n, d desc limit 5;";
        let words = Words::of(text);
        let found = queries(&words);
        assert_eq!(found.len(), 2);
        let clause = |query: &Query, clause| {
            let words_of = query.clause(clause).unwrap();
            &text[words.span(words_of)]
        };
        assert_eq!(clause(&found[0], Clause::OrderBy), "v <-> $1");
        assert_eq!(clause(&found[0], Clause::Where), "b is distinct from 2");
        assert_eq!(found[0].limit(&words), Limit::Unknown);
        assert_eq!(clause(&found[1], Clause::OrderBy), "n, d desc");
        assert_eq!(found[1].limit(&words), Limit::Rows(5));
        assert_eq!(items(&words, found[1].clause(Clause::OrderBy).unwrap()).len(), 2);
    }

    #[test]
    fn a_limit_becomes_known() {
        let known = |text: &str| with_known_limit(text, &["match_count".to_owned()], 10);
        assert_eq!(
            known("select match_count from t limit least(f.match_count, 200)").unwrap(),
            "select match_count from t limit least(10, 200)"
        );
        assert_eq!(
            known("select $1 limit $2 offset $3").unwrap(),
            "select $1 limit 10 offset $3"
        );
        assert_eq!(known("select 1 from match_count limit 5"), None);
    }

    #[test]
    fn a_known_limit_is_changed_where_the_distance_stands() {
        let text = "select * from (select id from t order by v <-> $1 limit 5) n order by id limit 3";
        let place = Words::of(text)
            .tokens
            .iter()
            .position(|token| &text[token.at.clone()] == "<->");
        assert_eq!(
            with_limit(text, &[place.unwrap()], 9).unwrap(),
            "select * from (select id from t order by v <-> $1 limit 9) n order by id limit 3"
        );
        assert_eq!(
            with_limit("select 1 from t order by v <-> $1 limit $2", &[6], 9),
            None
        );
    }
}
