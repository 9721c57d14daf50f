//! The integration tests: one binary, a module per command, against real servers.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed, and says where"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the tests stand outside: they read the environment they were started in"
)]

mod backup;
mod bench;
mod contract;
mod doctor;
mod embedded;
mod embedding;
mod export;
mod index;
mod layers;
mod pooler;
mod profile;
mod restore;
mod search;
mod seed;
mod session;
mod setup;
mod shell;
mod support;
mod synthesize;
mod tls;
mod tour;
mod tune;
