//! What a command runs in: flags, environment and files resolved once, and the doors to everything outside.
//!
//! This is the only place that reads the process's environment.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::Globals;
use super::globals::Color;
use crate::collection::Collections;
use crate::connection::{
    Cancellation, Configuration, Connector, EmbeddedAddress, Environment, Need, Selection, Session, Target,
};
use crate::embedded::{self, Major};
use crate::error::{Error, Kind, Outcome, Result};
use crate::manifest::ManifestFile;
use crate::progress::Progress;
use crate::render::{self, OutputFormat, Page, Report, Style};

/// Everything a command needs from outside.
pub struct Context {
    globals: Globals,
    command: String,
    environment: Environment,
    style: Style,
    stderr: render::terminal::Stderr,
    progress: Arc<dyn Progress>,
    cancellation: Cancellation,
    interrupted: CancellationToken,
    /// What leads on after an interrupt that leaves no time to say what there is.
    after_interrupt: OnceLock<Vec<String>>,
    manifest: OnceLock<Option<ManifestFile>>,
    connector: OnceCell<Connector>,
}

impl Context {
    /// Reads the environment and makes the choices that follow from it and the flags.
    pub fn new(globals: Globals, command: &str) -> Result<Self, (OutputFormat, Error)> {
        let environment = environment().map_err(|error| (globals.format(), error))?;
        #[cfg(debug_assertions)]
        if let (Some(place), Some(file)) = (
            environment.variable("VECOPS_STOP_AT"),
            environment.variable("VECOPS_STOP_FILE"),
        ) {
            crate::failpoint::arm(place, PathBuf::from(file));
        }
        let style = style(&globals, &environment);
        let stderr = render::terminal::Stderr::new();
        render::log::start(
            &stderr,
            globals.verbose,
            environment.variable("VECOPS_LOG"),
            style.color_stderr,
        );
        let is_terminal = std::io::stderr().is_terminal();
        let mode = globals.progress_mode();
        let progress = render::progress::sink(mode, globals.quiet, &stderr, is_terminal, style.color_stderr);
        Ok(Self {
            globals,
            command: command.to_owned(),
            environment,
            style,
            stderr,
            progress,
            cancellation: Cancellation::new(),
            interrupted: CancellationToken::new(),
            after_interrupt: OnceLock::new(),
            manifest: OnceLock::new(),
            connector: OnceCell::new(),
        })
    }

    /// The environment as it was when vecops started.
    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What the flags say about the target.
    pub(super) fn selection(&self) -> Selection {
        Selection {
            profile: self.globals.profile.clone(),
            db_url: self.globals.db_url.clone().map(SecretString::from),
        }
    }

    /// The `vecops.toml` of `--config`, or the nearest one upward; none is no error.
    pub(super) fn manifest(&self) -> Result<Option<&ManifestFile>> {
        if let Some(manifest) = self.manifest.get() {
            return Ok(manifest.as_ref());
        }
        let manifest = match &self.globals.config {
            Some(path) => Some(ManifestFile::read(&self.environment.working_folder.join(path))?),
            None => ManifestFile::find(&self.environment.working_folder)?,
        };
        Ok(self.manifest.get_or_init(|| manifest).as_ref())
    }

    /// The collections that the manifest declares; none where there is no manifest.
    pub(super) fn collections(&self) -> Result<Collections> {
        self.manifest()?
            .map_or_else(|| Ok(Collections::default()), Collections::read)
    }

    /// Opens a session on the target, at an endpoint that serves the operation.
    pub(super) async fn open(&self, need: Need) -> Result<Session> {
        self.connector().await?.open(need, self.progress()).await
    }

    /// The way to the target; the first time, the target is resolved and named on stderr.
    pub(super) async fn connector(&self) -> Result<&Connector> {
        self.connector.get_or_try_init(|| self.resolve_target()).await
    }

    /// The way to an embedded server that the caller has at hand, whatever the flags and files choose.
    pub(super) async fn connector_to(&self, embedded: EmbeddedAddress) -> Result<&Connector> {
        let resolve = async || {
            let configuration = Configuration::read(None, &self.environment)?;
            let selection = Selection {
                profile: Some("embedded".to_owned()),
                db_url: None,
            };
            let choice = configuration.choose(&selection)?;
            Ok(self.announced(configuration.resolve(&choice, Some(&embedded))?))
        };
        self.connector.get_or_try_init(resolve).await
    }

    async fn resolve_target(&self) -> Result<Connector> {
        let configuration = Configuration::read(self.manifest()?, &self.environment)?;
        let choice = configuration.choose(&self.selection())?;
        let embedded = if choice.is_embedded() {
            self.embedded_address().await?
        } else {
            None
        };
        Ok(self.announced(configuration.resolve(&choice, embedded.as_ref())?))
    }

    /// Names the target on stderr.
    fn announced(&self, target: Target) -> Connector {
        self.progress.note(&target.line());
        Connector::new(target, &self.command, self.cancellation.clone())
    }

    /// Where the embedded server listens, where one runs: the default major version before the others.
    pub(super) async fn embedded_address(&self) -> Result<Option<EmbeddedAddress>> {
        for major in [Major::V18, Major::V16] {
            let options = super::embedded::options(self, major, None)?;
            if let Some(running) = embedded::running(&options).await? {
                return Ok(Some(EmbeddedAddress {
                    host: running.host,
                    port: running.port,
                    user: running.user,
                    password: running.password,
                    database: running.database,
                }));
            }
        }
        Ok(None)
    }

    /// Where long work reports.
    pub fn progress(&self) -> &dyn Progress {
        self.progress.as_ref()
    }

    /// The same, for work on other threads.
    pub(super) fn shared_progress(&self) -> Arc<dyn Progress> {
        Arc::clone(&self.progress)
    }

    /// A secret by its variable: from the environment, the files of the chosen profile, `.env`.
    pub(super) fn secret(&self, variable: &str) -> Result<Option<SecretString>> {
        let configuration = Configuration::read(self.manifest()?, &self.environment)?;
        let choice = configuration.choose(&self.selection())?;
        let secret = configuration.secret(&choice, variable)?;
        Ok(secret.map(|secret| secret.value))
    }

    /// Whether the shell or the flags consent to changes. A `.env` file never does.
    pub(super) fn consents(&self) -> bool {
        self.globals.yes || self.environment.is_on("VECOPS_YES")
    }

    /// The name that `--confirm` gave.
    pub(super) fn confirmed_name(&self) -> Option<&str> {
        self.globals.confirm.as_deref()
    }

    /// The name of the target's profile, where it is protected.
    pub(super) fn protected_profile(&self) -> Option<String> {
        let target = self.connector.get()?.target();
        let profile = target.profile.as_ref()?;
        target.protected.value.then(|| profile.value.clone())
    }

    /// Whether `vecops.toml` protects a profile.
    pub(super) fn protects(&self, profile: &str) -> Result<bool> {
        Ok(Configuration::read(self.manifest()?, &self.environment)?.protects(profile))
    }

    /// Does work that the server cannot cancel because it waits for us: an interrupt drops it where it stands.
    pub(super) async fn unless_interrupted<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let stopped = self.interrupted.run_until_cancelled(work).await;
        stopped.unwrap_or_else(|| Err(Error::new(Kind::Interrupted, "interrupted")))
    }

    /// Keeps the sentences that name the next commands, for an interrupt after which the work does not end in time to say it.
    pub(super) fn keep_ways_on(&self, hints: Vec<String>) {
        self.after_interrupt.get_or_init(|| hints);
    }

    /// The sentences that were kept for an interrupt.
    pub(super) fn ways_on(&self) -> &[String] {
        self.after_interrupt.get().map_or(&[], Vec::as_slice)
    }

    /// What is cancelled at an interrupt, for work that stops in good order by itself.
    pub(super) fn interruption(&self) -> CancellationToken {
        self.interrupted.clone()
    }

    /// Stops the work of this process: what waits for us here, and what open sessions run on their servers.
    pub(super) async fn cancel_all(&self) {
        self.interrupted.cancel();
        let cancelled = self.cancellation.cancel_all().await;
        tracing::debug!(cancelled, "cancelled on the server");
    }

    /// Prints a report once, in the chosen format, and passes its outcome on.
    pub fn finish<R: Report>(&self, report: &R) -> Result<Outcome> {
        let text = match self.style.format {
            OutputFormat::Text => {
                let mut page = Page::new(self.style);
                report.human(&mut page);
                page.into_text()
            }
            OutputFormat::Json => {
                let document = render::document::of(report, self.target().as_ref())?;
                format!("{document:#}\n")
            }
            OutputFormat::StreamJson => {
                let mut document = render::document::of(report, self.target().as_ref())?;
                if let Some(fields) = document.as_object_mut() {
                    fields.shift_insert(0, "type".to_owned(), Value::from("result"));
                }
                let lines: Vec<String> = report
                    .stream()
                    .iter()
                    .chain([&document])
                    .map(ToString::to_string)
                    .collect();
                lines.join("\n") + "\n"
            }
        };
        render::terminal::print_result(&text)?;
        Ok(report.outcome())
    }

    /// Shows a person what consent is asked for, on stderr. With `--quiet` and consent given, nobody asked.
    pub(super) fn show<R: Report>(&self, report: &R) {
        if self.globals.quiet && self.consents() {
            return;
        }
        let mut page = Page::new(Style {
            color_stdout: self.style.color_stderr,
            ..self.style
        });
        report.human(&mut page);
        self.stderr.line(page.into_text().trim_end());
    }

    /// Writes an error to stderr in the chosen format and returns its exit code.
    pub(super) fn report_error(&self, error: &Error) -> u8 {
        match self.style.format {
            OutputFormat::Text => self
                .stderr
                .line(&render::error::text(error, self.style.color_stderr)),
            OutputFormat::Json | OutputFormat::StreamJson => {
                let document = render::document::of_error(error, self.target().as_ref());
                self.stderr.line(&document.to_string());
            }
        }
        error.kind().exit_code()
    }

    /// The database that this command works on, as its documents name it.
    pub(super) fn target(&self) -> Option<Value> {
        let summary = self.connector.get()?.summary()?;
        serde_json::to_value(summary).ok()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
fn environment() -> Result<Environment> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let variables: BTreeMap<String, String> = std::env::vars_os().filter_map(text).collect();
    let working_folder = std::env::current_dir()
        .map_err(|source| Error::configuration("the working folder cannot be read").cause(source))?;
    let folder = |name: &str| {
        variables
            .get(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = folder("HOME").or_else(|| folder("USERPROFILE"));
    let is_root = embedded::runs_as_root()?;
    let folders = embedded::default_folders(
        is_root,
        home.as_deref().unwrap_or(Path::new("/root")),
        folder("XDG_DATA_HOME").as_deref(),
        folder("XDG_CACHE_HOME").as_deref(),
    );
    let config_folder = folder("XDG_CONFIG_HOME")
        .or_else(|| home.as_ref().map(|home| home.join(".config")))
        .unwrap_or_else(|| working_folder.join(".config"))
        .join("vecops");
    Ok(Environment {
        working_folder,
        home,
        config_folder,
        data_folder: folders.data,
        cache_folder: folders.cache,
        is_root,
        variables,
    })
}

fn style(globals: &Globals, environment: &Environment) -> Style {
    let stdout_is_terminal = std::io::stdout().is_terminal();
    let colors = |is_terminal: bool| match globals.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let refused = environment.variable("NO_COLOR").is_some();
            let dumb = environment.variable("TERM") == Some("dumb");
            is_terminal && !refused && !dumb
        }
    };
    let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    Style {
        format: globals.format(),
        color_stdout: colors(stdout_is_terminal),
        color_stderr: colors(std::io::stderr().is_terminal()),
        width: width.filter(|_| stdout_is_terminal),
    }
}
