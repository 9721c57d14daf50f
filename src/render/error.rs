//! The one error view: the message, each cause, each hint.

use std::fmt::Write as _;

use super::style::Role;
use super::terminal::sanitize;
use crate::error::Error;

/// The error as text for stderr, without a closing newline.
pub fn text(error: &Error, color: bool) -> String {
    let mut view = format!(
        "{} {}",
        Role::Error.paint("error:", color),
        sanitize_lines(error.message())
    );
    for cause in error.causes() {
        write!(view, "\n  caused by: {}", sanitize(cause)).unwrap_or_default();
    }
    for hint in error.hints() {
        write!(
            view,
            "\n  {} {}",
            Role::Hint.paint("hint:", color),
            sanitize_lines(hint)
        )
        .unwrap_or_default();
    }
    view
}

/// Keeps the line breaks of our own texts, indented, and makes each line safe.
fn sanitize_lines(text: &str) -> String {
    text.lines().map(sanitize).collect::<Vec<_>>().join("\n    ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_from_what_to_why_to_what_next() {
        let error = Error::conflict("canceling statement due to lock timeout (SQLSTATE 55P03)")
            .context("build index `items_embedding_hnsw`")
            .hint("See who holds the lock.");
        insta::assert_snapshot!(text(&error, false), @"
        error: build index `items_embedding_hnsw`
          caused by: canceling statement due to lock timeout (SQLSTATE 55P03)
          hint: See who holds the lock.
        ");
    }
}
