//! The distances in an SQL text or in an expression of a plan: pgvector's operators and functions with their operands.

use std::ops::Range;

use super::clause::edited;
use super::token::{Kind, Words, folded};
use crate::vector::Metric;

/// pgvector's functions that measure what an operator measures, and that no index serves.
const FUNCTIONS: [(&str, Metric); 7] = [
    ("l2_distance", Metric::L2),
    ("inner_product", Metric::InnerProduct),
    ("vector_negative_inner_product", Metric::InnerProduct),
    ("cosine_distance", Metric::Cosine),
    ("l1_distance", Metric::L1),
    ("hamming_distance", Metric::Hamming),
    ("jaccard_distance", Metric::Jaccard),
];

/// A distance, and where it stands in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Distance {
    pub(super) metric: Metric,
    /// Whether it is a function's call, which no index serves.
    pub(super) is_function: bool,
    pub(super) left: Range<usize>,
    pub(super) right: Range<usize>,
    /// From the first byte of the first operand to the last of the second.
    pub(super) at: Range<usize>,
    /// The operator as it is written, or nothing.
    pub(super) operator: Range<usize>,
    /// The place of its operator among the words.
    pub(super) word: usize,
}

/// Every distance of a text, in its order. What else `<->` may mean, the operands tell.
pub(super) fn distances(words: &Words<'_>) -> Vec<Distance> {
    (0..words.tokens.len())
        .filter_map(|word| by_operator(words, word).or_else(|| by_function(words, word)))
        .collect()
}

fn by_operator(words: &Words<'_>, word: usize) -> Option<Distance> {
    let (metric, first, last) = if words.is(word, "operator") && words.is(word + 1, "(") {
        let closing = words.partner(word + 1)?;
        let metric = Metric::of_operator(words.text_of(closing - 1))?;
        (metric, word, closing)
    } else if words.kind(word) == Some(Kind::Operator) && words.depth_is_plain(word) {
        (Metric::of_operator(words.text_of(word))?, word, word)
    } else {
        return None;
    };
    let left = operand_before(words, first)?;
    let right = operand_after(words, last + 1)?;
    Some(Distance {
        metric,
        is_function: false,
        at: words.span(left.start..right.end),
        operator: words.span(first..last + 1),
        left: words.span(left),
        right: words.span(right),
        word,
    })
}

fn by_function(words: &Words<'_>, word: usize) -> Option<Distance> {
    if words.kind(word) != Some(Kind::Name) || !words.is(word + 1, "(") {
        return None;
    }
    let name = folded(words.text_of(word));
    let &(_, metric) = FUNCTIONS.iter().find(|(function, _)| *function == name)?;
    let closing = words.partner(word + 1)?;
    let inside = words.depth(word + 1) + 1;
    let comma = (word + 2..closing).find(|&at| words.is(at, ",") && words.depth(at) == inside)?;
    let first = if word >= 2 && words.is(word - 1, ".") {
        word - 2
    } else {
        word
    };
    Some(Distance {
        metric,
        is_function: true,
        left: words.span(word + 2..comma),
        right: words.span(comma + 1..closing),
        at: words.span(first..closing + 1),
        operator: 0..0,
        word,
    })
}

impl Words<'_> {
    /// Whether an operator stands by itself and not inside `operator(schema.<=>)`.
    fn depth_is_plain(&self, word: usize) -> bool {
        !(word >= 1
            && (self.is(word - 1, ".")
                || (self.is(word - 1, "(") && word >= 2 && self.is(word - 2, "operator"))))
    }
}

/// The words of the operand that ends before `end`: a name, a value, a call or parentheses, with its casts.
fn operand_before(words: &Words<'_>, end: usize) -> Option<Range<usize>> {
    let mut start = primary_before(words, end)?;
    while start >= 1 && words.is(start - 1, "::") {
        start = primary_before(words, start - 1)?;
    }
    Some(start..end)
}

fn primary_before(words: &Words<'_>, end: usize) -> Option<usize> {
    let mut at = end.checked_sub(1)?;
    loop {
        if matches!(words.text_of(at), ")" | "]") {
            let opening = words.partner(at)?;
            // A call's name, or the array before its index.
            let named = opening.checked_sub(1).filter(|&before| {
                words.kind(before) == Some(Kind::Name) && !is_keyword(words.text_of(before))
            });
            match named {
                Some(name) => at = name,
                None => return Some(opening),
            }
        } else if !matches!(
            words.kind(at),
            Some(Kind::Name | Kind::Text | Kind::Number | Kind::Parameter)
        ) {
            return None;
        }
        if at >= 2 && words.is(at - 1, ".") {
            at -= 2;
        } else {
            return Some(at);
        }
    }
}

/// The words of the operand that starts at `start`.
fn operand_after(words: &Words<'_>, start: usize) -> Option<Range<usize>> {
    let mut end = primary_after(words, start)?;
    while words.is(end, "::") {
        end = primary_after(words, end + 1)?;
    }
    Some(start..end)
}

fn primary_after(words: &Words<'_>, start: usize) -> Option<usize> {
    let mut at = match words.kind(start)? {
        Kind::Mark if words.is(start, "(") => words.partner(start)? + 1,
        // `array[...]` and `vector '[...]'`.
        Kind::Name if words.kind(start + 1) == Some(Kind::Text) => start + 2,
        Kind::Name | Kind::Text | Kind::Number | Kind::Parameter => start + 1,
        Kind::Operator | Kind::Mark => return None,
    };
    loop {
        if words.is(at, ".") {
            at += 2;
        } else if matches!(words.text_of(at), "(" | "[") {
            at = words.partner(at)? + 1;
        } else {
            return Some(at.min(words.tokens.len()));
        }
    }
}

/// Whether a name before parentheses is a word of the grammar rather than a function.
fn is_keyword(word: &str) -> bool {
    const WORDS: [&str; 20] = [
        "select", "where", "and", "or", "not", "by", "on", "in", "when", "then", "else", "case", "having",
        "limit", "from", "over", "as", "distinct", "using", "all",
    ];
    WORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// Whether an expression names a column: by itself, or after this alias.
pub(super) fn names_column(expression: &str, alias: Option<&str>, column: &str) -> bool {
    let words = Words::of(expression);
    (0..words.tokens.len()).any(|at| {
        if words.kind(at) != Some(Kind::Name) || folded(words.text_of(at)) != column || words.is(at + 1, "(")
        {
            return false;
        }
        let qualified = at >= 2 && words.is(at - 1, ".");
        match alias {
            Some(alias) if qualified => folded(words.text_of(at - 2)) == alias,
            _ => !(at >= 1 && words.is(at - 1, "::")),
        }
    })
}

/// Whether an expression names a column, as those of indexes do: without an alias.
pub fn holds_column(expression: &str, column: &str) -> bool {
    names_column(expression, None, column)
}

/// An expression with something else in the place of a column.
pub fn replaced_column(expression: &str, column: &str, with: &str) -> String {
    let expression = stripped(expression);
    let words = Words::of(expression);
    let is_column = |&at: &usize| {
        words.kind(at) == Some(Kind::Name)
            && folded(words.text_of(at)) == column
            && !words.is(at + 1, "(")
            && !(at >= 1 && words.is(at - 1, "::"))
    };
    let edits = (0..words.tokens.len())
        .filter(is_column)
        .map(|at| (words.span(at..at + 1), with.to_owned()))
        .collect();
    edited(expression, edits)
}

/// An expression without the blanks, the needless parentheses around names, and the aliases: what two ways to write the
/// same key have in common.
pub(super) fn normalized(expression: &str) -> String {
    let words = Words::of(expression);
    let mut parts: Vec<String> = Vec::new();
    for at in 0..words.tokens.len() {
        let qualifier = words.is(at + 1, ".") || (words.is(at, ".") && words.kind(at) == Some(Kind::Mark));
        let needless = match words.text_of(at) {
            "(" => is_needless(&words, at),
            ")" => words
                .partner(at)
                .is_some_and(|opening| is_needless(&words, opening)),
            _ => false,
        };
        if !qualifier && !needless {
            parts.push(match words.kind(at) {
                Some(Kind::Name) => folded(words.text_of(at)),
                _ => words.text_of(at).to_owned(),
            });
        }
    }
    let text = parts.concat();
    stripped(&text).to_owned()
}

/// Whether parentheses hold one name, value or call, and are no call's own.
fn is_needless(words: &Words<'_>, opening: usize) -> bool {
    let is_call = opening >= 1 && words.kind(opening - 1) == Some(Kind::Name);
    !is_call && primary_after(words, opening + 1).is_some_and(|end| words.partner(opening) == Some(end))
}

/// An expression without the parentheses around the whole of it.
pub(super) fn stripped(expression: &str) -> &str {
    let mut text = expression.trim();
    loop {
        let words = Words::of(text);
        let last = words.tokens.len().wrapping_sub(1);
        if !words.is(0, "(") || words.partner(0) != Some(last) {
            return text;
        }
        text = text[1..text.len() - 1].trim();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(Metric, &str, &str)> {
        let words = Words::of(text);
        let found = distances(&words);
        found
            .iter()
            .map(|distance| {
                (
                    distance.metric,
                    &text[distance.left.clone()],
                    &text[distance.right.clone()],
                )
            })
            .collect()
    }

    #[test]
    fn operands_are_whole() {
        assert_eq!(
            parts(
                "select 1 - (d.embedding <=> query) as similarity order by (a.b)::halfvec(3)<#>$1::halfvec(3), x"
            ),
            [
                (Metric::Cosine, "d.embedding", "query"),
                (Metric::InnerProduct, "(a.b)::halfvec(3)", "$1::halfvec(3)")
            ]
        );
        assert_eq!(
            parts("where t.embedding operator(extensions.<->) (select v from q where v <=> '[1]' < 2) < 0.5"),
            [
                (
                    Metric::L2,
                    "t.embedding",
                    "(select v from q where v <=> '[1]' < 2)"
                ),
                (Metric::Cosine, "v", "'[1]'")
            ]
        );
        assert_eq!(
            parts(
                "(binary_quantize(embedding))::bit(64) <~> (InitPlan 1).col1, cosine_distance(s.e, f(a, b))"
            ),
            [
                (
                    Metric::Hamming,
                    "(binary_quantize(embedding))::bit(64)",
                    "(InitPlan 1).col1"
                ),
                (Metric::Cosine, "s.e", "f(a, b)")
            ]
        );
    }

    #[test]
    fn columns_are_found_by_their_alias() {
        assert!(names_column("(d.embedding)::halfvec(3)", Some("d"), "embedding"));
        assert!(!names_column("(e.embedding)::halfvec(3)", Some("d"), "embedding"));
        assert!(names_column("embedding", Some("d"), "embedding"));
        assert!(!names_column("'embedding'", None, "embedding"));
        assert!(!names_column("$1::embedding", None, "embedding"));
        assert!(!holds_column("((embedding_old)::halfvec(3))", "embedding"));
        assert!(!holds_column("(a || b)", ""));
    }

    #[test]
    fn a_column_is_replaced_wherever_it_stands() {
        assert_eq!(replaced_column("f(a_old, a, a)", "a", "$1"), "f(a_old, $1, $1)");
        assert_eq!(
            replaced_column("((\"My Column\")::halfvec(3))", "My Column", "$1"),
            "($1)::halfvec(3)"
        );
    }

    #[test]
    fn two_ways_to_write_a_key_are_one() {
        assert_eq!(
            normalized("((embedding)::halfvec(3))"),
            normalized("d.embedding::halfvec(3)")
        );
        assert_eq!(normalized("(documents.embedding)"), normalized("embedding"));
        assert_ne!(
            normalized("(embedding)::halfvec(3)"),
            normalized("(embedding)::halfvec(4)")
        );
        assert_eq!(
            normalized("(binary_quantize(embedding))::bit(64)"),
            normalized("binary_quantize(t.embedding)::bit(64)")
        );
    }
}
