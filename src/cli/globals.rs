//! The flags that every command takes.

use std::path::PathBuf;

use clap::Args;

use crate::render;

const CONNECTION: &str = "Connection";
const OUTPUT: &str = "Output";
const SAFETY: &str = "Safety";

/// The flags that every command takes.
#[derive(Debug, Clone, Args)]
pub struct Globals {
    /// The profile to work on [env: VECOPS_PROFILE]
    #[arg(long, short = 'p', global = true, value_name = "NAME", help_heading = CONNECTION)]
    pub profile: Option<String>,

    /// A connection URL instead of a profile [env: VECOPS_DB_URL]
    ///
    /// Prefer the variable where the URL holds a password: other users of the machine can read a command line.
    #[arg(long, global = true, value_name = "URL", conflicts_with = "profile", help_heading = CONNECTION)]
    pub db_url: Option<String>,

    /// The vecops.toml to read, instead of the nearest one upward
    #[arg(long, global = true, value_name = "FILE", help_heading = CONNECTION)]
    pub config: Option<PathBuf>,

    /// What stdout carries
    #[arg(long, global = true, value_enum, value_name = "FORMAT", help_heading = OUTPUT)]
    pub output_format: Option<Format>,

    /// The same as --output-format json
    #[arg(long, global = true, conflicts_with = "output_format", help_heading = OUTPUT)]
    pub json: bool,

    /// No progress and no notes; results, warnings and errors stay
    #[arg(long, short, global = true, help_heading = OUTPUT)]
    pub quiet: bool,

    /// More diagnosis on stderr; repeat for more [env: VECOPS_LOG]
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = OUTPUT)]
    pub verbose: u8,

    /// How progress is shown
    #[arg(long, global = true, value_enum, default_value_t, value_name = "HOW", help_heading = OUTPUT)]
    pub progress: ProgressMode,

    /// When to use colours [env: NO_COLOR]
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", help_heading = OUTPUT)]
    pub color: Color,

    /// Consent to changes without being asked [env: VECOPS_YES]
    #[arg(long, short, global = true, help_heading = SAFETY)]
    pub yes: bool,

    /// The profile's name, as consent to destructive work on a protected profile
    #[arg(long, global = true, value_name = "NAME", help_heading = SAFETY)]
    pub confirm: Option<String>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Color {
    /// On terminals, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What stdout carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Text for people
    Text,
    /// One versioned JSON document
    Json,
    /// One JSON object a line: rows first, the document last
    StreamJson,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ProgressMode {
    /// Bars on a terminal, lines elsewhere
    #[default]
    Auto,
    /// Bars, after the first 250 ms
    Bar,
    /// A line every ten seconds
    Line,
    /// One JSON object a line, on stderr
    Json,
    /// Nothing
    None,
}

impl Globals {
    /// What stdout carries, the flags taken together.
    pub fn format(&self) -> render::OutputFormat {
        match self.output_format {
            Some(Format::StreamJson) => render::OutputFormat::StreamJson,
            Some(Format::Json) => render::OutputFormat::Json,
            None if self.json => render::OutputFormat::Json,
            Some(Format::Text) | None => render::OutputFormat::Text,
        }
    }

    /// How progress is shown.
    pub fn progress_mode(&self) -> render::progress::Mode {
        match self.progress {
            ProgressMode::Auto => render::progress::Mode::Auto,
            ProgressMode::Bar => render::progress::Mode::Bar,
            ProgressMode::Line => render::progress::Mode::Line,
            ProgressMode::Json => render::progress::Mode::Json,
            ProgressMode::None => render::progress::Mode::None,
        }
    }
}
