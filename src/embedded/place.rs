//! Where the parts of one cluster lie, and how their folders are made.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::Options;
use crate::error::{Context as _, Result};

/// The longest socket folder for which the socket's own name still fits into the system's limit.
const LONGEST_SOCKET_FOLDER: usize = 85;

/// The folder of one cluster: `DATA/18`, with its lock beside it so that deleting the folder keeps the lock.
#[derive(Debug, Clone)]
pub(super) struct Place {
    data: PathBuf,
    major: super::Major,
}

impl Place {
    pub(super) fn of(options: &Options) -> Result<Self> {
        // The server's programs run in another working directory, so no path may be relative.
        let data = std::path::absolute(&options.folders.data).context("find the data folder")?;
        Ok(Self {
            data,
            major: options.major,
        })
    }

    /// The folder of this cluster.
    pub(super) fn folder(&self) -> PathBuf {
        self.data.join(self.major.to_string())
    }

    /// PostgreSQL's own data directory.
    pub(super) fn cluster(&self) -> PathBuf {
        self.folder().join("postgresql")
    }

    /// What vecops remembers of the cluster, passwords included.
    pub(super) fn state(&self) -> PathBuf {
        self.folder().join("state.json")
    }

    /// What the server says.
    pub(super) fn log(&self) -> PathBuf {
        self.folder().join("server.log")
    }

    /// The lock that each change of the cluster holds.
    pub(super) fn lock(&self) -> PathBuf {
        self.data.join(format!("{}.lock", self.major))
    }

    /// The folder for the Unix socket, where the system's limit on its path allows one.
    pub(super) fn socket(&self) -> Option<PathBuf> {
        let folder = self.folder().join("socket");
        (folder.as_os_str().len() <= LONGEST_SOCKET_FOLDER).then_some(folder)
    }

    /// The major version of this cluster.
    pub(super) fn major(&self) -> super::Major {
        self.major
    }

    /// Makes the data folder. Another account must be able to pass through it, where one runs the server.
    pub(super) fn prepare(&self, for_another_account: bool) -> Result<()> {
        make_folders(&self.data, if for_another_account { 0o711 } else { 0o700 })
    }
}

/// The folder of a cluster: everything that `remove` deletes.
pub fn cluster_folder(options: &Options) -> Result<PathBuf> {
    Place::of(options).map(|place| place.folder())
}

/// Makes a folder and those above it; the new ones get this mode whatever the caller's umask.
pub(super) fn make_folders(folder: &Path, mode: u32) -> Result<()> {
    let missing: Vec<_> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        match fs_err::create_dir(folder) {
            Err(source) if source.kind() == std::io::ErrorKind::AlreadyExists => continue,
            made => made?,
        }
        fs_err::set_permissions(folder, std::fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Deletes a folder with all that is in it; one that is not there is fine.
pub(super) fn delete_folder(folder: &Path) -> Result<()> {
    match fs_err::remove_dir_all(folder) {
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(()),
        deleted => Ok(deleted?),
    }
}
