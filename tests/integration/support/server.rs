//! One embedded server per major version and test run.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use secrecy::ExposeSecret as _;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::OnceCell;
use vecops::embedded::{self, Folders, Major, Options, Running};
use vecops::progress::Silent;
use vecops::sql;

use super::variable;

/// The database from which each test's own is cloned.
pub(crate) const TEMPLATE: &str = "vecops_template";

/// Waits until the test process is gone, which closes the pipe, then ends the server and deletes its folder.
const WATCHDOG: &str = r#"
cat > /dev/null
for pid_file in "$1"/*/postgresql/postmaster.pid; do
    pid=$(head -n 1 "$pid_file" 2> /dev/null) || continue
    kill -QUIT "$pid"
    tries=0
    while kill -0 "$pid" 2> /dev/null && [ $tries -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
done
rm -rf "$1"
"#;

/// A server that serves the whole test run.
pub(crate) struct Server {
    pub(crate) major: Major,
    pub(crate) running: Running,
    _watchdog: Child,
}

/// The server of a major version; the first test that asks starts it.
pub(crate) async fn server(major: Major) -> &'static Server {
    static V16: OnceCell<Server> = OnceCell::const_new();
    static V18: OnceCell<Server> = OnceCell::const_new();
    let cell = match major {
        Major::V16 => &V16,
        Major::V18 => &V18,
    };
    cell.get_or_init(|| Server::start(major)).await
}

/// The options of an embedded server in this data folder, with the machine's or the user's installed programs.
pub(crate) fn embedded_options(major: Major, data: &Path) -> Options {
    let folders = Folders {
        cache: cache_folder().to_owned(),
        data: data.to_owned(),
    };
    let mut options = Options::new(major, folders);
    options.postgres_bin = variable("VECOPS_POSTGRES_BIN").map(PathBuf::from);
    options.durable = false;
    options
}

/// The cache folder of the product, so that a test run installs what `vecops demo` then finds.
pub(crate) fn cache_folder() -> &'static Path {
    static CACHE: LazyLock<PathBuf> = LazyLock::new(|| {
        let home = variable("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
        let xdg = |name| variable(name).map(PathBuf::from);
        let is_root = embedded::runs_as_root().unwrap();
        embedded::default_folders(
            is_root,
            &home,
            xdg("XDG_DATA_HOME").as_deref(),
            xdg("XDG_CACHE_HOME").as_deref(),
        )
        .cache
    });
    &CACHE
}

/// A new folder that the account which runs the server can pass through.
pub(crate) fn passable_folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("vecops-test-").tempdir().unwrap();
    fs_err::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

impl Server {
    async fn start(major: Major) -> Self {
        let data = passable_folder().keep();
        let watchdog = Self::watch(&data);
        let running = embedded::start(&embedded_options(major, &data), &Silent)
            .await
            .unwrap();
        let server = Self {
            major,
            running,
            _watchdog: watchdog,
        };
        let mut administrator = server.administrator("template1").await;
        let template =
            format!("create database {TEMPLATE} template postgres owner postgres is_template true");
        sql::run(&mut administrator, template).await.unwrap();
        administrator.close().await.unwrap();
        server
    }

    fn watch(data: &Path) -> Child {
        Command::new("sh")
            .args(["-c", WATCHDOG, "vecops-test-watchdog"])
            .arg(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in the terminal ends the tests, and must not end the one who cleans up after them.
            .process_group(0)
            .spawn()
            .unwrap()
    }

    /// The URL of a database for the role `postgres`.
    pub(crate) fn url(&self, database: &str) -> String {
        with_database(self.running.url().expose_secret(), database)
    }

    /// A superuser's connection to a database.
    pub(crate) async fn administrator(&self, database: &str) -> PgConnection {
        let url = with_database(self.running.administrator_url().expose_secret(), database);
        PgConnection::connect(&url).await.unwrap()
    }
}

fn with_database(url: &str, database: &str) -> String {
    let mut url = url::Url::parse(url).unwrap();
    url.set_path(database);
    url.into()
}
