//! The embedded server: a real PostgreSQL with pgvector, found or installed, shaped like Supabase, started and
//! stopped.
//!
//! Nothing has to be installed by hand: `locate` finds the programs or installs them once, `cluster` makes
//! the database cluster, `shape` gives it Supabase's roles and schemas, `start` runs it detached from the
//! terminal. Everything that changes a cluster holds one file lock per data folder and major version.
//!
//! This module does not read the environment and does not print: [`Options`] says where to look. It runs on
//! Unix. Supabase's shape follows the migrations of `supabase/postgres`; process handling follows the
//! PostgreSQL documentation, "Server Setup and Operation".

mod account;
mod cluster;
mod install;
mod launch;
mod locate;
mod lock;
mod logs;
mod place;
mod postmaster;
mod shape;
mod start;
mod state;
mod status;
mod stop;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

pub use account::runs_as_root;
pub use locate::{Origin, Programs, Search};
pub use logs::{Follower, last_lines, log_file};
pub use place::cluster_folder;
pub use start::start;
pub use status::{Status, running, status};
pub use stop::{Stopped, remove, stop};

/// The user of the embedded server's URL: the owner of the database, not a superuser, as on Supabase.
pub const USER: &str = "postgres";
/// The database of the embedded server's URL.
pub const DATABASE: &str = "postgres";
/// The superuser, which customers of Supabase cannot use, and which vecops uses to make the cluster only.
const ADMINISTRATOR: &str = "supabase_admin";

/// A major version of PostgreSQL that the embedded server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Major {
    /// PostgreSQL 16.
    V16,
    /// PostgreSQL 18.
    #[default]
    V18,
}

impl Major {
    /// All of them, oldest first.
    pub const ALL: [Self; 2] = [Self::V16, Self::V18];

    /// The number, as in `server_version_num / 10000`.
    pub fn number(self) -> u16 {
        match self {
            Self::V16 => 16,
            Self::V18 => 18,
        }
    }
}

impl fmt::Display for Major {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

impl FromStr for Major {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|major| major.to_string() == text)
            .ok_or_else(|| format!("`{text}` is not a major version of the embedded server; it is 16 or 18"))
    }
}

impl Serialize for Major {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.number())
    }
}

/// Which embedded server is meant, where it may live, and where its programs may be found.
#[derive(Debug, Clone)]
pub struct Options {
    /// The major version; each has its own cluster.
    pub major: Major,
    /// Where the cluster and the installed programs live.
    pub folders: Folders,
    /// A folder of PostgreSQL programs that the user chose; nothing else is tried then.
    pub postgres_bin: Option<PathBuf>,
    /// Where else to look.
    pub search: Search,
    /// Whether a commit survives a crash of the machine. Tests do without.
    pub durable: bool,
}

impl Options {
    /// The usual choices for a major version in these folders.
    pub fn new(major: Major, folders: Folders) -> Self {
        Self {
            major,
            folders,
            postgres_bin: None,
            search: Search::usual(major),
            durable: true,
        }
    }
}

/// The two folders of the embedded server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Folders {
    /// Installed programs: safe to delete, at the price of a download.
    pub cache: PathBuf,
    /// Clusters: the user's data.
    pub data: PathBuf,
}

/// The folders where the embedded server lives unless the user says otherwise.
///
/// As root the server runs under another account, which cannot see into root's home; so root's folders are
/// the machine's, unless `XDG_DATA_HOME` or `XDG_CACHE_HOME` name a place outside that home.
pub fn default_folders(
    is_root: bool,
    home: &Path,
    xdg_data: Option<&Path>,
    xdg_cache: Option<&Path>,
) -> Folders {
    let choose = |given: Option<&Path>, of_root: &str, of_user: &str| {
        let usable = |folder: &&Path| folder.is_absolute() && !(is_root && folder.starts_with(home));
        match given.filter(usable) {
            Some(folder) => folder.join("vecops"),
            None if is_root => PathBuf::from(of_root),
            None => home.join(of_user),
        }
    };
    Folders {
        cache: choose(xdg_cache, "/var/cache/vecops", ".cache/vecops"),
        data: choose(xdg_data, "/var/lib/vecops", ".local/share/vecops").join("embedded"),
    }
}

/// A running embedded server, and what it takes to log in.
#[derive(Debug, Clone)]
pub struct Running {
    /// Always the loopback address.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// The role to log in as.
    pub user: String,
    /// The database to open.
    pub database: String,
    /// That role's password.
    pub password: SecretString,
    /// The postmaster's process id.
    pub pid: u32,
    /// The folder of this cluster.
    pub data_folder: PathBuf,
    /// The programs it runs.
    pub programs: Programs,
    /// The major version.
    pub major: Major,
    /// The server's own version, such as `18.4`.
    pub version: String,
    administrator_password: SecretString,
}

impl Running {
    /// The connection URL, password included.
    pub fn url(&self) -> SecretString {
        self.url_of(&self.user, &self.password)
    }

    /// The connection URL of the superuser, which tests and the makers of clusters need, and nobody else.
    pub fn administrator_url(&self) -> SecretString {
        self.url_of(ADMINISTRATOR, &self.administrator_password)
    }

    /// The passwords are hexadecimal, so nothing in the URL needs escaping.
    fn url_of(&self, user: &str, password: &SecretString) -> SecretString {
        let Self {
            host, port, database, ..
        } = self;
        let password = password.expose_secret();
        SecretString::from(format!(
            "postgresql://{user}:{password}@{host}:{port}/{database}?sslmode=disable"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_folders_are_never_below_roots_home() {
        let home = Path::new("/root");
        let machine = default_folders(true, home, None, Some(Path::new("/root/.cache")));
        assert_eq!(machine.cache, Path::new("/var/cache/vecops"));
        assert_eq!(machine.data, Path::new("/var/lib/vecops/embedded"));
        let elsewhere = default_folders(true, home, Some(Path::new("/srv/data")), None);
        assert_eq!(elsewhere.data, Path::new("/srv/data/vecops/embedded"));
    }

    #[test]
    fn users_folders_follow_xdg() {
        let home = Path::new("/home/ada");
        let plain = default_folders(false, home, None, Some(Path::new("relative")));
        assert_eq!(plain.cache, Path::new("/home/ada/.cache/vecops"));
        assert_eq!(plain.data, Path::new("/home/ada/.local/share/vecops/embedded"));
        let chosen = default_folders(false, home, None, Some(Path::new("/home/ada/c")));
        assert_eq!(chosen.cache, Path::new("/home/ada/c/vecops"));
    }

    #[test]
    fn majors_are_read_as_they_are_written() {
        for major in Major::ALL {
            assert_eq!(major.to_string().parse(), Ok(major));
        }
        assert!("17".parse::<Major>().unwrap_err().contains("16 or 18"));
    }
}
