//! The choices that decide how output looks, resolved once from flags, environment and terminal.

use anstyle::{AnsiColor, Style as Ansi};

/// What stdout carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputFormat {
    /// Text for people.
    #[default]
    Text,
    /// One versioned JSON document.
    Json,
    /// One JSON object a line: rows first, the document last.
    StreamJson,
}

/// How output looks on each stream.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// What stdout carries.
    pub format: OutputFormat,
    /// Whether stdout gets colours.
    pub color_stdout: bool,
    /// Whether stderr gets colours.
    pub color_stderr: bool,
    /// The columns of the terminal on stdout; `None` where it is not one, and nothing is cut.
    pub width: Option<usize>,
}

/// A meaning that has a colour. The text must be clear without it.
#[derive(Debug, Clone, Copy)]
pub enum Role {
    /// Headings and labels.
    Heading,
    /// Good news.
    Good,
    /// Something to act on.
    Warning,
    /// A failure.
    Error,
    /// What to do next.
    Hint,
    /// Less important text.
    Dim,
}

impl Role {
    /// The text in this role's colour, or as it is.
    pub fn paint(self, text: &str, color: bool) -> String {
        if !color {
            return text.to_owned();
        }
        let ansi = match self {
            Self::Heading => Ansi::new().bold(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warning => AnsiColor::Yellow.on_default().bold(),
            Self::Error => AnsiColor::Red.on_default().bold(),
            Self::Hint => AnsiColor::Cyan.on_default(),
            Self::Dim => Ansi::new().dimmed(),
        };
        format!("{ansi}{text}{ansi:#}")
    }
}
