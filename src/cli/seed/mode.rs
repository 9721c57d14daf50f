//! The flags that say how rows are loaded, and what they mean for the load.

use std::path::PathBuf;

use bytesize::ByteSize;
use tokio_util::sync::CancellationToken;

use crate::cli::consent::Weight;
use crate::error::{Error, Result};
use crate::seed::{LoadOptions, OnConflict, Resume, Tolerance};

/// How rows are loaded.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct ModeArgs {
    /// What happens to a row whose id is in the table already: it ends the load, the table's row stays, or the
    /// table's row gets the columns of the source
    #[arg(long, value_name = "WHAT", default_value = "error")]
    on_conflict: ConflictArg,

    /// Delete the rows of the table in the same transaction; readers see the old rows until the new ones are there
    #[arg(long, conflicts_with = "on_conflict")]
    replace: bool,

    /// What happens at a row that cannot be loaded: it ends the load, or it is left out
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    on_error: ErrorArg,

    /// A new file for the rows left out, as JSON Lines with their line numbers and reasons
    #[arg(long, value_name = "FILE", requires = "on_error")]
    rejects: Option<PathBuf>,

    /// With how many rows left out the load is still good
    #[arg(long, value_name = "N", default_value_t = 1_000, requires = "on_error")]
    max_rejects: u64,

    /// Commit batches together with their position in the table vecops.seed_ledger: after a crash or a broken
    /// connection the same command goes on exactly there
    #[arg(long, conflicts_with = "replace")]
    resumable: bool,

    /// Load everything in one transaction, or nothing: what happens without --resumable, too
    #[arg(long, conflicts_with = "resumable")]
    atomic: bool,

    /// Forget the position of an earlier run; the rows that it loaded stay
    #[arg(long, requires = "resumable")]
    restart: bool,

    /// How much is sent to the server between two commits
    #[arg(long, value_name = "SIZE", default_value = "32MiB", requires = "resumable")]
    batch_size: ByteSize,

    /// Over how many connections rows are loaded at once, from 1 to 16; more than one need --resumable
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    jobs: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ConflictArg {
    Error,
    Skip,
    Update,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ErrorArg {
    Stop,
    Skip,
}

impl ModeArgs {
    /// Whether batches are committed with their position.
    pub(super) fn is_resumable(&self) -> bool {
        self.resumable
    }

    /// What the load does.
    pub(super) fn options(&self) -> LoadOptions {
        LoadOptions {
            on_conflict: match self.on_conflict {
                ConflictArg::Error => OnConflict::Error,
                ConflictArg::Skip => OnConflict::Skip,
                ConflictArg::Update => OnConflict::Update,
            },
            replace: self.replace,
            tolerance: (self.on_error == ErrorArg::Skip).then(|| Tolerance {
                file: self.rejects.clone(),
                most: self.max_rejects,
            }),
        }
    }

    /// Over how many connections.
    pub(super) fn jobs(&self) -> Result<u8> {
        if self.jobs > 1 && !self.resumable {
            return Err(
                Error::usage("several connections cannot load in one transaction")
                    .hint("Add `--resumable`: each connection then commits batches, and the same command goes on after an interruption."),
            );
        }
        Ok(self.jobs)
    }

    /// How it is resumed, where it can be.
    pub(super) fn resume(&self, stop: CancellationToken) -> Option<Resume> {
        self.resumable.then(|| Resume {
            batch: usize::try_from(self.batch_size.as_u64())
                .unwrap_or(usize::MAX)
                .max(1),
            restart: self.restart,
            stop,
        })
    }

    /// How much the load can take away.
    pub(super) fn weight(&self) -> Weight {
        if self.replace || self.on_conflict == ConflictArg::Update {
            Weight::Destructive
        } else {
            Weight::Additive
        }
    }

    /// The part of the plan that says what is committed when.
    pub(super) fn commits(&self) -> String {
        if self.resumable {
            let connections = if self.jobs > 1 {
                format!(" over {} connections", self.jobs)
            } else {
                String::new()
            };
            format!(
                "in batches of {}, each with its position{connections}",
                self.batch_size
            )
        } else {
            "in one transaction".to_owned()
        }
    }

    /// The part of the plan that says what happens to the table's rows.
    pub(super) fn plan(&self) -> &'static str {
        match self.on_conflict {
            _ if self.replace => "; all rows that it has are deleted",
            ConflictArg::Error => "",
            ConflictArg::Skip => "; rows whose ids it has are skipped",
            ConflictArg::Update => "; rows whose ids it has are updated where they differ",
        }
    }
}
