//! The one way an index is built: memory and workers chosen from what it will take, watched by a second session, tried
//! again where that helps, and with nothing invalid left behind.
//!
//! Setup, restore and `vecops index` all build here. This room knows indexes and the statements that make them; it must
//! not know collections, backups or the command line, and prints nothing. pgvector's behaviour is read from its sources
//! (0.8) and measured; PostgreSQL's from its documentation, `CREATE INDEX`.

mod attempt;
mod build;
mod definition;
pub mod estimate;
pub mod facts;
mod found;
mod leftover;
mod settings;
mod watch;

pub use attempt::{Made, Work};
pub use build::{Builder, Built, Place, give_lock_back, take_lock};
pub use definition::{Definition, drop_statement, word};
pub use facts::{Server, TableFacts};
pub use found::{Found, vector_indexes};
pub use leftover::{drop_concurrently, leftovers};
pub use settings::{Settings, Wishes};
