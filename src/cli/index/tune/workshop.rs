//! The server that graphs are tried on: an embedded PostgreSQL of its own in a private folder, gone with the run.
//!
//! What a killed run left is found by its lock, which nobody holds any more, and taken away by the next one.

use std::fs::{File, TryLockError};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::cli::Context;
use crate::embedded::{self, Folders, Major, Options};
use crate::error::{Context as _, Error, Result};
use crate::progress::Silent;

/// A server under way, with its folder.
pub(super) struct Workshop {
    folder: PathBuf,
    options: Options,
    _lock: File,
}

impl Workshop {
    /// Makes the folder of a new one, beside the folder of the embedded servers; what earlier runs left goes first.
    pub(super) async fn make(context: &Context, major: Major) -> Result<Self> {
        let environment = context.environment();
        let parent = environment.data_folder.with_file_name("tune");
        make_folder(&parent, environment.is_root)?;
        // Runs that begin at once take turns until each holds the lock of its own folder.
        let turn = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(parent.join("lock"))
            .context("lock the folder of the runs")?;
        turn.lock().context("lock the folder of the runs")?;
        sweep(context, &parent).await?;
        let folder = tempfile::Builder::new()
            .prefix("run-")
            .tempdir_in(&parent)
            .context("make a folder for the vectors")?
            .keep();
        // Another account runs the server for root, and passes through; the cluster itself is private.
        if environment.is_root {
            fs_err::set_permissions(&folder, std::fs::Permissions::from_mode(0o711))?;
        }
        let lock = lock(&folder)?.ok_or_else(|| Error::bug("a new folder is locked"))?;
        let options = options(context, major, &folder)?;
        Ok(Self {
            folder,
            options,
            _lock: lock,
        })
    }

    /// Starts the server and logs in.
    pub(super) async fn start(&self, context: &Context) -> Result<PgConnection> {
        let running = embedded::start(&self.options, context.progress()).await?;
        let options: PgConnectOptions = running.url().expose_secret().parse()?;
        options
            .disable_statement_logging()
            .connect()
            .await
            .context("log in to the server that graphs are tried on")
    }

    /// Ends the server and deletes all that it held.
    pub(super) async fn close(self) -> Result<()> {
        embedded::remove(&self.options, &Silent).await?;
        delete(&self.folder)
    }
}

fn options(context: &Context, major: Major, folder: &Path) -> Result<Options> {
    let mut options = crate::cli::embedded::options(context, major, Some(folder))?;
    options.folders = Folders {
        data: folder.join("server"),
        ..options.folders
    };
    options.durable = false;
    Ok(options)
}

fn delete(folder: &Path) -> Result<()> {
    match fs_err::remove_dir_all(folder) {
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => Ok(removed?),
    }
}

/// Takes away what runs left that do not live any more.
async fn sweep(context: &Context, parent: &Path) -> Result<()> {
    for entry in fs_err::read_dir(parent)? {
        let folder = entry.context("look for earlier runs")?.path();
        if !folder.is_dir() {
            continue;
        }
        let Some(_lock) = lock(&folder)? else { continue };
        let doing = || format!("take away what an earlier run left in `{}`", folder.display());
        for major in Major::ALL {
            let options = options(context, major, &folder)?;
            embedded::remove(&options, &Silent).await.with_context(doing)?;
        }
        delete(&folder).with_context(doing)?;
    }
    Ok(())
}

/// The lock of a run's folder; none where that run lives, or has just ended.
fn lock(folder: &Path) -> Result<Option<File>> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("lock"));
    let file = match file {
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file.context("lock the folder of the vectors")?,
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(source).context("lock the folder of the vectors"),
    }
}

/// Makes the parent folder, private but for passing through where another account runs the server.
fn make_folder(folder: &Path, for_another_account: bool) -> Result<()> {
    let mode = if for_another_account { 0o711 } else { 0o700 };
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        match fs_err::create_dir(folder) {
            Err(source) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
            made => {
                made?;
                fs_err::set_permissions(folder, std::fs::Permissions::from_mode(mode))?;
            }
        }
    }
    Ok(())
}
