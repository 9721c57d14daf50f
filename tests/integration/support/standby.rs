//! A hot standby of a test's own server, made by `pg_basebackup` and fed by streaming.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use secrecy::ExposeSecret as _;
use sqlx::{Connection as _, PgConnection, Row as _};
use vecops::embedded::Running;
use vecops::sql;

use super::{kill, passable_folder, wait_until};

/// A standby; stopped when the test ends, whatever its result.
pub(crate) struct Standby {
    process: Child,
    primary: String,
    url: String,
    _folder: tempfile::TempDir,
}

impl Standby {
    /// One of this server, which cancels at once whoever stands in the way of what the primary does.
    pub(crate) async fn of(primary: &Running) -> Self {
        let cluster = primary.data_folder.join("postgresql");
        let owner = fs_err::metadata(&cluster).unwrap();
        let as_owner = |program: &str| {
            let mut command = Command::new(primary.programs.bin.join(program));
            command.current_dir("/").stdin(Stdio::null()).env("LC_ALL", "C");
            if owner.uid() != fs_err::metadata("/proc/self").unwrap().uid() {
                command.uid(owner.uid()).gid(owner.gid());
            }
            command
        };
        let folder = passable_folder();
        chown(folder.path(), Some(owner.uid()), Some(owner.gid())).unwrap();
        let data = folder.path().join("data");
        let administrator = primary.administrator_url();
        let copied = as_owner("pg_basebackup")
            .args([
                "--write-recovery-conf",
                "--checkpoint=fast",
                "--no-sync",
                "--pgdata",
            ])
            .arg(&data)
            .args(["--dbname", administrator.expose_secret()])
            .output()
            .unwrap();
        assert!(
            copied.status.success(),
            "{}",
            String::from_utf8_lossy(&copied.stderr)
        );

        // The cluster's settings name it beside the cluster.
        fs_err::copy(
            primary.data_folder.join("server.conf"),
            folder.path().join("server.conf"),
        )
        .unwrap();
        let port = free_port();
        let log = fs_err::File::create(folder.path().join("log")).unwrap();
        let mut server = as_owner("postgres");
        server.arg("-D").arg(&data);
        for setting in [
            &format!("port={port}"),
            "unix_socket_directories=",
            "max_standby_streaming_delay=0",
            "max_standby_archive_delay=0",
            "hot_standby_feedback=off",
        ] {
            server.args(["-c", setting]);
        }
        let process = server
            .stdout(Stdio::null())
            .stderr(log.into_parts().0)
            .spawn()
            .unwrap();
        let with_port = |url: &str| {
            let mut url = url::Url::parse(url).unwrap();
            url.set_port(Some(port)).unwrap();
            String::from(url)
        };
        let standby = Self {
            process,
            primary: primary.url().expose_secret().to_owned(),
            url: with_port(primary.url().expose_secret()),
            _folder: folder,
        };
        wait_until("the standby takes readers", async || {
            PgConnection::connect(&standby.url).await.is_ok()
        })
        .await;
        standby
    }

    /// The URL for the role `postgres`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until it has done everything that the primary has done by now.
    pub(crate) async fn catch_up(&self) {
        let mut primary = PgConnection::connect(&self.primary).await.unwrap();
        let mut standby = PgConnection::connect(&self.url).await.unwrap();
        // What was done without waiting for the disk is sent when it is flushed.
        sql::run(
            &mut primary,
            "set synchronous_commit = on; create table if not exists public.flushed (); drop table public.flushed",
        )
        .await
        .unwrap();
        let place: String = only(&mut primary, "select pg_current_wal_lsn()::text").await;
        let reached = format!("select (pg_last_wal_replay_lsn() >= '{place}')::text");
        wait_until("the standby catches up", async || {
            only(&mut standby, &reached).await == "true"
        })
        .await;
    }
}

async fn only(connection: &mut PgConnection, query: &str) -> String {
    let row = sql::dynamic(query.to_owned())
        .fetch_one(connection)
        .await
        .unwrap();
    row.get(0)
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

impl Drop for Standby {
    fn drop(&mut self) {
        if Path::new(&format!("/proc/{}", self.process.id())).exists() {
            kill(self.process.id(), "QUIT");
        }
        drop(self.process.wait());
    }
}
