//! Loading rows of many formats into a table through binary COPY: all of it or nothing, in constant memory.
//!
//! The caller hands in a transaction and commits it; killed at any time before, the table is as it was. A bad line
//! ends the load with an error that names it. [`load_resumable`] commits batches with their positions instead. What the table takes is read from the catalog ([`Destination`]), so
//! that any table will do. This module must not know the manifest's text, nor ask anybody anything.
//! Format: <https://jsonlines.org>; COPY's own rules: PostgreSQL documentation, "COPY".

pub mod builtin;
mod check;
mod conflict;
mod copying;
mod crew;
mod csv;
mod destination;
mod embedding_stage;
mod feed;
mod foreign;
mod format;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod input;
mod jobs;
mod kept;
mod ledger;
mod lines;
mod load;
mod mapping;
mod merging;
mod object;
mod observation;
mod only_vectors;
mod parquet;
mod pgcopy;
mod piece;
mod pipeline;
mod reader;
mod refusal;
mod rejects;
mod replace;
mod rest;
mod resumable;
mod row;
mod sequence;
mod source;
mod value;
mod vectors;
mod volume;
mod wildcard;

pub use check::{CheckReport, Problem, check, check_with};
pub use conflict::{Counts, OnConflict};
pub use destination::{Absent, Destination, Field};
pub use embedding_stage::{Embedded, ToEmbed, expect_texts};
pub use format::Format;
pub use load::{LoadOptions, LoadReport, analyze, load, load_with};
pub use mapping::Mapping;
pub use observation::VectorFacts;
pub use only_vectors::vectors_of;
pub use reader::left_out;
pub use rejects::Tolerance;
pub use resumable::{Resume, Resumed, load_resumable};
pub use source::{Inputs, Source};
pub use volume::guessed_rows;
pub use wildcard::expand;
