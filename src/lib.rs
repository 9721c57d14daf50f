//! `vecops`: vector operations for Supabase and pgvector. See ARCHITECTURE.md for the map.

pub mod backup;
pub mod bench;
pub mod catalog;
pub mod cli;
pub mod collection;
pub mod connection;
pub mod embedded;
pub mod embedding;
pub mod error;
pub mod export;
pub mod failpoint;
pub mod index;
pub mod index_build;
pub mod manifest;
pub mod output;
pub mod progress;
pub mod render;
pub mod search;
pub mod seed;
pub mod setup;
pub mod sql;
pub mod synthesize;
pub mod tune;
pub mod vector;
