//! Tables: numbers to the right, units in the headers, an empty cell is `–`.

use comfy_table::{Cell, CellAlignment, ContentArrangement, presets};

use super::article::plain;
use super::markup::escape;
use super::style::Role;
use super::terminal::sanitize;

/// A table under construction.
#[derive(Debug, Clone)]
pub struct Table {
    headers: Vec<(String, CellAlignment)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without columns.
    pub fn new() -> Self {
        Self {
            headers: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Adds a column of text.
    #[must_use]
    pub fn text(mut self, header: &str) -> Self {
        self.headers.push((header.to_owned(), CellAlignment::Left));
        self
    }

    /// Adds a column of numbers.
    #[must_use]
    pub fn number(mut self, header: &str) -> Self {
        self.headers.push((header.to_owned(), CellAlignment::Right));
        self
    }

    /// Adds a row; its cells are made safe for a terminal.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl AsRef<str>>) {
        self.rows
            .push(cells.into_iter().map(|cell| sanitize(cell.as_ref())).collect());
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn render(&self, width: Option<usize>, color: bool) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        if let Some(width) = width.and_then(|width| u16::try_from(width).ok()) {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(width);
        }
        table.set_header(
            self.headers
                .iter()
                .map(|(header, alignment)| Cell::new(header).set_alignment(*alignment)),
        );
        for row in &self.rows {
            let alignments = self.headers.iter().map(|(_, alignment)| *alignment);
            table.add_row(
                row.iter()
                    .zip(alignments)
                    .map(|(text, alignment)| Cell::new(shown(text)).set_alignment(alignment)),
            );
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let paint = |(number, line): (usize, String)| {
            let line = line.trim_end();
            if number == 0 {
                Role::Heading.paint(line, color)
            } else {
                line.to_owned()
            }
        };
        table
            .lines()
            .enumerate()
            .map(paint)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl Table {
    /// The table in HTML, in a box that scrolls where it is too wide.
    pub(super) fn html(&self) -> String {
        let class = |place: usize| match self.headers.get(place) {
            Some((_, CellAlignment::Right)) => " class=\"number\"",
            _ => "",
        };
        let cells = |row: &mut dyn Iterator<Item = &String>, tag: &str| -> String {
            row.enumerate()
                .map(|(place, text)| format!("<{tag}{}>{}</{tag}>", class(place), escape(shown(text))))
                .collect::<Vec<_>>()
                .concat()
        };
        let head = cells(&mut self.headers.iter().map(|(header, _)| header), "th");
        let row = |row: &Vec<String>| format!("<tr>{}</tr>", cells(&mut row.iter(), "td"));
        let rows = self.rows.iter().map(row).collect::<Vec<_>>().concat();
        format!(
            "<div class=\"scroll\"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
    }

    /// The table in Markdown.
    pub(super) fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let head = self.headers.iter().map(|(header, _)| plain(header)).collect();
        let bars = self.headers.iter().map(|(_, alignment)| match alignment {
            CellAlignment::Right => "---:".to_owned(),
            _ => "---".to_owned(),
        });
        let rows = self
            .rows
            .iter()
            .map(|row| line(row.iter().map(|text| plain(shown(text))).collect()));
        [line(head), line(bars.collect())]
            .into_iter()
            .chain(rows)
            .collect()
    }
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}
