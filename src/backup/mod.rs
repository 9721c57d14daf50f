//! Backups of vector tables: their format, writing them, checking them.
//!
//! A repository is a folder; a backup in it is a manifest that names write-once chunks. A chunk is one complete
//! stream of binary COPY in one zstd frame, so that `zstd` and `psql` restore it without vecops. The manifest is
//! published last: a backup without one does not exist. This module must not print, nor ask anybody anything.
//! Format: `docs/backup.md`; the stream: PostgreSQL documentation, "COPY", binary format; the frame: RFC 8878.

pub mod chunk;
pub mod compare;
pub mod definition;
pub mod digest;
pub mod dump;
pub mod emergency;
pub mod export;
pub mod form;
pub mod key;
pub mod list;
pub mod manifest;
pub mod prune;
pub mod repository;
pub mod restore;
pub mod selection;
pub mod stage;
pub mod verify;
