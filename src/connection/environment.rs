//! The process's environment as a snapshot: variables and folders, taken once by the command layer.
//!
//! Nothing below `cli` reads the real environment; [`VARIABLES`] lists every variable that vecops looks at,
//! for `docs/profiles.md` and the tests. The snapshot holds secrets, so its `Debug` shows names only.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Variables and folders of the process, as they were when vecops started.
#[derive(Clone, Default)]
pub struct Environment {
    /// Every variable that is valid UTF-8.
    pub variables: BTreeMap<String, String>,
    /// The folder in which vecops was started.
    pub working_folder: PathBuf,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// Where vecops keeps what the user trusts, such as `~/.config/vecops`.
    pub config_folder: PathBuf,
    /// Where vecops keeps data, such as `~/.local/share/vecops`.
    pub data_folder: PathBuf,
    /// Where vecops keeps what can be fetched again, such as `~/.cache/vecops`.
    pub cache_folder: PathBuf,
    /// Whether the process runs as root.
    pub is_root: bool,
}

impl Environment {
    /// The value of a variable; an empty one counts as unset, as the Supabase CLI does.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether a variable says yes.
    pub fn is_on(&self, name: &str) -> bool {
        let value = self.variable(name).map(str::to_ascii_lowercase);
        value.is_some_and(|value| matches!(value.as_str(), "1" | "true" | "yes" | "y" | "on"))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.keys().collect::<Vec<_>>())
            .field("working_folder", &self.working_folder)
            .field("is_root", &self.is_root)
            .finish_non_exhaustive()
    }
}

/// A variable that vecops reads.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

const fn variable(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, meaning }
}

/// Every variable that vecops reads, the ones of its own first.
pub const VARIABLES: &[Variable] = &[
    variable("VECOPS_PROFILE", "the profile, where `--profile` names none"),
    variable("VECOPS_DB_URL", "the connection URL, where `--db-url` gives none"),
    variable(
        "VECOPS_YES",
        "consent to changes; from the shell only, never from a `.env`",
    ),
    variable("VECOPS_LOG", "the filter of the logs"),
    variable("VECOPS_POSTGRES_BIN", "the programs of the embedded server"),
    variable("NO_COLOR", "no colours"),
    variable(
        "SUPABASE_DB_URL",
        "the connection URL, where no profile is chosen, and of `linked`",
    ),
    variable(
        "DATABASE_URL",
        "the connection URL, where no profile is chosen and there is no SUPABASE_DB_URL",
    ),
    variable(
        "SUPABASE_DB_PASSWORD",
        "the database password of a Supabase project",
    ),
    variable("SUPABASE_PROJECT_ID", "the project ref of `linked`"),
    variable(
        "SUPABASE_ACCESS_TOKEN",
        "the password where a profile says `password_from = \"access_token\"`",
    ),
    variable("SUPABASE_WORKDIR", "the folder that holds `supabase/`"),
    variable(
        "SUPABASE_ENV",
        "which `.env` files of `supabase/` are read for `linked` and `local`; `development` where it is not set",
    ),
    variable(
        "SUPABASE_CA_SKIP_VERIFY",
        "do not verify a Supabase host's certificate; a warning says so",
    ),
    variable("PGPASSWORD", "the password of a URL that has none"),
    variable("PGPASSFILE", "the password file, instead of `~/.pgpass`"),
    variable(
        "PGSSLMODE",
        "TLS, where neither URL nor profile says it; never weaker than `require` off this machine",
    ),
    variable(
        "PGSSLROOTCERT",
        "the CA file, where neither URL nor profile names one",
    ),
    variable("PGSSLCERT", "the client certificate"),
    variable("PGSSLKEY", "the key of the client certificate"),
    variable(
        "PGOPTIONS",
        "settings for each session, such as `-c work_mem=64MB`",
    ),
    variable("USERPROFILE", "the home on Windows, where there is no HOME"),
    variable("HOME", "the home, with `.pgpass` and `.supabase/access-token`"),
    variable(
        "XDG_CONFIG_HOME",
        "where trusted certificates are kept, instead of `~/.config`",
    ),
    variable(
        "XDG_DATA_HOME",
        "where the embedded server keeps its data, instead of `~/.local/share`",
    ),
    variable(
        "XDG_CACHE_HOME",
        "where installed programs and embeddings are kept, instead of `~/.cache`",
    ),
    variable(
        "HTTPS_PROXY",
        "the proxy to embedding providers, or its lower-case name; only `http` and `https` proxies",
    ),
    variable("http_proxy", "the same for providers by plain `http`"),
    variable(
        "ALL_PROXY",
        "the proxy where the other two are not set, or its lower-case name",
    ),
    variable(
        "NO_PROXY",
        "hosts that are reached without a proxy, with commas between them, or its lower-case name",
    ),
    variable("TERM", "`dumb` means no colours"),
    variable(
        "PGCONNECT_TIMEOUT",
        "seconds to wait for a connection, where the URL does not say",
    ),
];
