//! What a command runs in: flags, environment and files resolved once, and the doors to everything outside.
//!
//! This is the only place that reads the process's environment.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::Globals;
use super::globals::Color;
use crate::error::{Error, Outcome, Result};
use crate::progress::Progress;
use crate::render::{self, OutputFormat, Page, Report, Style};

/// Everything a command needs from outside.
pub struct Context {
    globals: Globals,
    variables: BTreeMap<String, String>,
    style: Style,
    stderr: render::terminal::Stderr,
    progress: Arc<dyn Progress>,
    target: Mutex<Option<Value>>,
}

impl Context {
    /// Reads the environment and makes the choices that follow from it and the flags.
    pub fn new(globals: Globals) -> Result<Self, (OutputFormat, Error)> {
        let variables = variables();
        let style = style(&globals, &variables);
        let stderr = render::terminal::Stderr::new();
        let filter = variables.get("VECOPS_LOG").map(String::as_str);
        render::log::start(&stderr, globals.verbose, filter, style.color_stderr);
        let is_terminal = std::io::stderr().is_terminal();
        let progress = render::progress::sink(
            globals.progress_mode(),
            globals.quiet,
            &stderr,
            is_terminal,
            style.color_stderr,
        );
        Ok(Self {
            globals,
            variables,
            style,
            stderr,
            progress,
            target: Mutex::new(None),
        })
    }

    /// Where long work reports.
    pub fn progress(&self) -> &dyn Progress {
        self.progress.as_ref()
    }

    /// A variable of the environment; an empty one counts as not set.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    /// Whether the shell or the flags consent to changes. A `.env` file never does.
    pub(super) fn consents(&self) -> bool {
        self.globals.yes
            || self
                .variables
                .get("VECOPS_YES")
                .is_some_and(|value| truthy(value))
    }

    /// The name that `--confirm` gave.
    pub(super) fn confirmed_name(&self) -> Option<&str> {
        self.globals.confirm.as_deref()
    }

    /// The profile's name, where it is protected.
    pub(super) fn protected_profile(&self) -> Option<String> {
        None
    }

    /// Cancels what open sessions run on their servers.
    pub(super) async fn cancel_all(&self) {}

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
                report
                    .stream()
                    .into_iter()
                    .chain([document])
                    .map(|line| format!("{line}\n"))
                    .collect()
            }
        };
        render::terminal::print_result(&text)?;
        Ok(report.outcome())
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

    fn target(&self) -> Option<Value> {
        self.target.lock().ok().and_then(|target| target.clone())
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
fn variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

fn style(globals: &Globals, variables: &BTreeMap<String, String>) -> Style {
    let stdout_is_terminal = std::io::stdout().is_terminal();
    let colors = |is_terminal: bool| match globals.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let refused = variables.get("NO_COLOR").is_some_and(|value| !value.is_empty());
            let dumb = variables.get("TERM").is_some_and(|term| term == "dumb");
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

fn truthy(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "y")
}
