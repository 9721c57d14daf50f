//! A page of text for a person, put together line by line.

use super::Table;
use super::style::{Role, Style};

/// Text for stdout that knows the width and whether colours are shown.
#[derive(Debug)]
pub struct Page {
    text: String,
    color: bool,
    width: Option<usize>,
}

impl Page {
    /// An empty page in a style.
    pub fn new(style: Style) -> Self {
        Self {
            text: String::new(),
            color: style.color_stdout,
            width: style.width,
        }
    }

    /// Adds a line.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(text.as_ref());
        self.text.push('\n');
    }

    /// Adds an empty line.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Adds a heading.
    pub fn heading(&mut self, text: &str) {
        let painted = Role::Heading.paint(text, self.color);
        self.line(painted);
    }

    /// Adds a line in a role's colour.
    pub fn styled(&mut self, role: Role, text: &str) {
        let painted = role.paint(text, self.color);
        self.line(painted);
    }

    /// Adds `label  value`, the values of neighbouring fields under each other.
    pub fn field(&mut self, label: &str, value: impl AsRef<str>) {
        let padded = Role::Dim.paint(&format!("{label:<14}"), self.color);
        self.line(format!("{padded}  {}", value.as_ref()));
    }

    /// Adds a table, or `none` where it has no row.
    pub fn table(&mut self, table: &Table) {
        let rendered = table.render(self.width, self.color);
        self.line(rendered);
    }

    /// The text in a role's colour, for use inside a line.
    pub fn paint(&self, role: Role, text: &str) -> String {
        role.paint(text, self.color)
    }

    /// The columns there are, where the page goes to a terminal.
    pub fn width(&self) -> Option<usize> {
        self.width
    }

    /// The finished text.
    pub fn into_text(self) -> String {
        self.text
    }
}
