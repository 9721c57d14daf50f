//! How results, progress, notes, logs and errors look: text, JSON, streams, charts and reports to keep.
//!
//! stdout carries the result and nothing else; all the rest goes to stderr. This layer knows no domain: a
//! command hands it a [`Report`]. It must not read the environment; the command layer resolves [`Style`] once.

mod article;
pub mod document;
pub mod error;
pub mod log;
pub mod markup;
mod page;
pub mod plot;
pub mod progress;
pub mod style;
mod table;
pub mod terminal;
pub mod units;

use serde::Serialize;

pub use article::{Article, Field, Markdown, field};
pub use page::Page;
pub use style::{OutputFormat, Style};
pub use table::Table;

use crate::error::Outcome;

/// What a command found or did: plain data with raw units, and how a person reads it.
pub trait Report: Serialize {
    /// The document's kind in JSON, such as `search`.
    const KIND: &'static str;

    /// The version of the document's fields; raised when one changes meaning or goes away.
    const FORMAT: u32 = 1;

    /// Writes the report for a person.
    fn human(&self, page: &mut Page);

    /// What the report says to a script, as an exit code.
    fn outcome(&self) -> Outcome {
        Outcome::Success
    }

    /// The rows that `stream-json` writes one by one before the closing document, each with its `type`.
    fn stream(&self) -> Vec<serde_json::Value> {
        Vec::new()
    }
}
