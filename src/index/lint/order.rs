//! What an expression over a distance does to its order.

use super::distance::{Distance, distances, stripped};
use super::token::{Kind, Words};
use crate::vector::Metric;

/// A key of a sort, as a plan writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SortKey {
    /// The expression, without the parentheses around it.
    pub(super) expression: String,
    pub(super) descending: bool,
}

/// Reads `((t.embedding <=> $1)) DESC NULLS LAST`.
pub(super) fn sort_key(text: &str) -> SortKey {
    let text = text.trim();
    let text = text
        .strip_suffix(" NULLS FIRST")
        .or_else(|| text.strip_suffix(" NULLS LAST"))
        .unwrap_or(text);
    let (text, descending) = match text.strip_suffix(" DESC") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    SortKey {
        expression: stripped(text).to_owned(),
        descending,
    }
}

/// Whether the expression is a distance's operator and nothing else.
pub(super) fn is_bare(expression: &str) -> bool {
    let text = stripped(expression);
    let words = Words::of(text);
    let whole = |distance: &Distance| distance.at == (0..text.len()) && !distance.is_function;
    distances(&words).iter().any(whole)
}

/// Whether the expression grows with the distance inside it, where that can be told.
pub(super) fn grows(expression: &str) -> Option<bool> {
    let text = stripped(expression);
    let words = Words::of(text);
    let found = distances(&words);
    let whole = found.iter().find(|distance| distance.at == (0..text.len()));
    if let Some(distance) = whole {
        // The function `inner_product` grows with likeness, its operator with distance.
        let is_positive_product = distance.is_function
            && distance.metric == Metric::InnerProduct
            && !text.to_ascii_lowercase().contains("negative");
        return Some(!is_positive_product);
    }
    if found.is_empty() {
        return None;
    }
    let (left, operator, right) = split(&words)?;
    let has_distance = |part: &str| !distances(&Words::of(part)).is_empty();
    match (operator, has_distance(left), has_distance(right)) {
        ("-", false, true) => grows(right).map(|grows| !grows),
        ("+", false, true) => grows(right),
        ("+" | "-", true, false) => grows(left),
        ("*" | "/", true, false) => grows(left)
            .zip(is_positive(right))
            .map(|(grows, positive)| grows == positive),
        ("*", false, true) => grows(right)
            .zip(is_positive(left))
            .map(|(grows, positive)| grows == positive),
        // A distance that grows makes the quotient shrink, as long as the sum under it stays above zero.
        ("/", false, true) => grows(right)
            .zip(is_positive(left))
            .map(|(grows, positive)| grows != positive),
        _ => None,
    }
}

/// Splits at the only operator that stands outside parentheses; the left side is empty for a sign.
fn split<'t>(words: &Words<'t>) -> Option<(&'t str, &'t str, &'t str)> {
    let mut operators =
        (0..words.tokens.len()).filter(|&at| words.depth(at) == 0 && words.kind(at) == Some(Kind::Operator));
    let at = operators.next()?;
    if operators.next().is_some() {
        return None;
    }
    let end = words.tokens.len();
    let part = |range| words.text.get(words.span(range));
    Some((
        part(0..at).unwrap_or_default(),
        words.text_of(at),
        part(at + 1..end)?,
    ))
}

/// Whether a constant is above zero, where it is one.
fn is_positive(constant: &str) -> Option<bool> {
    let words = Words::of(stripped(constant));
    let number = words
        .text_of(0)
        .trim_matches('\'')
        .trim_matches(|c| c == '(' || c == ')');
    number.parse::<f64>().ok().map(|number| number > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_with_their_direction() {
        let key = sort_key("(('1'::double precision - (d.embedding <=> $1))) DESC NULLS LAST");
        assert_eq!(key.expression, "'1'::double precision - (d.embedding <=> $1)");
        assert!(key.descending && !is_bare(&key.expression));
        assert!(is_bare(&sort_key("((d.embedding <=> $1))").expression));
        assert!(!is_bare("cosine_distance(d.embedding, $1)"));
    }

    #[test]
    fn what_grows_with_a_distance_is_told() {
        for (expression, expected) in [
            ("(d.embedding <=> $1)", Some(true)),
            ("('1'::double precision - (d.embedding <=> $1))", Some(false)),
            ("($2 - (d.embedding <=> $1))", Some(false)),
            (
                "((d.embedding <#> $1) * '-1'::integer::double precision)",
                Some(false),
            ),
            ("(- (d.embedding <#> $1))", Some(false)),
            (
                "('1'::double precision / ('1'::double precision + (d.embedding <-> $1)))",
                Some(false),
            ),
            ("inner_product(d.embedding, $1)", Some(false)),
            ("(- inner_product(d.embedding, $1))", Some(true)),
            ("round((d.embedding <-> $1))", None),
            ("((d.embedding <-> $1) * $2)", None),
            ("d.id", None),
        ] {
            assert_eq!(grows(expression), expected, "{expression}");
        }
    }
}
