//! A report that somebody keeps and passes on: one HTML file that needs nothing else, or Markdown with its figures beside it.

use std::fmt::Write as _;

use super::markup::escape;
use super::plot::Chart;
use super::table::Table;
use super::terminal::sanitize;

const STYLE: &str = include_str!("article.css");

/// A name with its value.
pub type Field = (String, String);

/// Makes one.
pub fn field(name: &str, value: impl Into<String>) -> Field {
    (name.to_owned(), value.into())
}

/// A report under construction.
#[derive(Debug, Clone)]
pub struct Article {
    title: String,
    blocks: Vec<Block>,
}

#[derive(Debug, Clone)]
enum Block {
    Heading(String),
    Text(String),
    Code(String),
    Notes(Vec<String>),
    Fields(Vec<Field>),
    Table(Table),
    Figure(Box<Chart>),
}

/// Markdown, and the figures that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Markdown {
    /// The text.
    pub text: String,
    /// Names of files beside it, and the SVG that each holds.
    pub figures: Vec<(String, String)>,
}

impl Article {
    /// A report without anything in it.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            blocks: Vec::new(),
        }
    }

    /// Adds a heading.
    pub fn heading(&mut self, text: &str) {
        self.blocks.push(Block::Heading(text.to_owned()));
    }

    /// Adds a paragraph.
    pub fn text(&mut self, text: &str) {
        self.blocks.push(Block::Text(text.to_owned()));
    }

    /// Adds text to be copied as it is, line by line; nothing where there is none.
    pub fn code(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.blocks.push(Block::Code(text.trim().to_owned()));
        }
    }

    /// Adds what a reader is to mind; nothing where there is none.
    pub fn notes(&mut self, notes: Vec<String>) {
        if !notes.is_empty() {
            self.blocks.push(Block::Notes(notes));
        }
    }

    /// Adds names with their values.
    pub fn fields(&mut self, fields: Vec<Field>) {
        if !fields.is_empty() {
            self.blocks.push(Block::Fields(fields));
        }
    }

    /// Adds a table; nothing where it has no row.
    pub fn table(&mut self, table: Table) {
        if !table.is_empty() {
            self.blocks.push(Block::Table(table));
        }
    }

    /// Adds a chart; nothing where it shows none.
    pub fn figure(&mut self, chart: Chart) {
        if !chart.is_empty() {
            self.blocks.push(Block::Figure(Box::new(chart)));
        }
    }

    /// One HTML file: no script, and nothing that it would fetch.
    pub fn html(&self) -> String {
        let mut out = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><meta \
             name=\"generator\" content=\"vecops {}\"><title>{}</title><style>{STYLE}</style></head>\n<body><main>\n<h1>{}</h1>\n",
            env!("CARGO_PKG_VERSION"),
            escape(&self.title),
            escape(&self.title)
        );
        for block in &self.blocks {
            block.html(&mut out);
        }
        out.push_str("</main></body></html>\n");
        out
    }

    /// Markdown whose figures are files beside it: `NAME-1.svg` and so on.
    pub fn markdown(&self, name: &str) -> Markdown {
        let mut markdown = Markdown {
            text: format!("# {}\n", plain(&self.title)),
            figures: Vec::new(),
        };
        for block in &self.blocks {
            block.markdown(name, &mut markdown);
        }
        markdown
    }
}

impl Block {
    fn html(&self, out: &mut String) {
        let written = match self {
            Self::Heading(text) => writeln!(out, "<h2>{}</h2>", escape(text)),
            Self::Text(text) => writeln!(out, "<p>{}</p>", escape(text)),
            Self::Code(text) => {
                let lines: Vec<String> = text.lines().map(escape).collect();
                writeln!(out, "<pre>{}</pre>", lines.join("\n"))
            }
            Self::Notes(notes) => {
                let item = |note: &String| format!("<li>{}</li>", escape(note));
                let items = notes.iter().map(item).collect::<Vec<_>>().concat();
                writeln!(out, "<ul class=\"notes\">{items}</ul>")
            }
            Self::Fields(fields) => {
                let pair = |(name, value): &(String, String)| {
                    format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value))
                };
                let items = fields.iter().map(pair).collect::<Vec<_>>().concat();
                writeln!(out, "<dl>{items}</dl>")
            }
            Self::Table(table) => writeln!(out, "{}", table.html()),
            Self::Figure(chart) => writeln!(
                out,
                "<figure>{}<figcaption>{}</figcaption></figure>",
                chart.svg(),
                escape(chart.description())
            ),
        };
        // Writing to a string cannot fail.
        written.unwrap_or_default();
    }

    fn markdown(&self, name: &str, markdown: &mut Markdown) {
        let out = &mut markdown.text;
        out.push('\n');
        let written = match self {
            Self::Heading(text) => writeln!(out, "## {}", plain(text)),
            Self::Text(text) => writeln!(out, "{}", plain(text)),
            // Indented, because a fence may be part of the text.
            Self::Code(text) => text
                .lines()
                .try_for_each(|line| writeln!(out, "{}", format!("    {}", sanitize(line)).trim_end())),
            Self::Notes(notes) => notes
                .iter()
                .try_for_each(|note| writeln!(out, "- {}", plain(note))),
            Self::Fields(fields) => fields
                .iter()
                .try_for_each(|(name, value)| writeln!(out, "- **{}:** {}", plain(name), plain(value))),
            Self::Table(table) => {
                out.push_str(&table.markdown());
                Ok(())
            }
            Self::Figure(chart) => {
                let file = format!("{name}-{}.svg", markdown.figures.len() + 1);
                let written = writeln!(
                    out,
                    "![{}](<{file}>)\n\n*{}*",
                    plain(chart.title()),
                    plain(chart.description())
                );
                markdown.figures.push((file, chart.svg()));
                written
            }
        };
        written.unwrap_or_default();
    }
}

/// Text in which Markdown finds nothing of its own.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in sanitize(text).chars() {
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!'
        ) {
            plain.push('\\');
        }
        plain.push(character);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::plot::{Axis, Point, Series};

    fn article() -> Article {
        let mut article = Article::new("Queries on <docs>");
        article.heading("Figures");
        article.text("What came of it: 5 * 3 | 2.");
        article.code("select 1 < 2;\n\nselect 3 * 4;\n");
        article.notes(vec!["mind `this`".to_owned()]);
        article.fields(vec![("server".to_owned(), "18.4 <b>".to_owned())]);
        let mut table = Table::new().text("name").number("recall");
        table.row(["a|b", "0.98"]);
        article.table(table);
        article.table(Table::new().text("nothing"));
        let chart = Chart::new("Recall", Axis::linear("ms"), Axis::share("recall")).described("by time");
        article.figure(chart.clone());
        article.figure(chart.with(Series::scatter("a", vec![Point::new(1.0, 0.9)])));
        article
    }

    #[test]
    fn a_page_needs_nothing_but_itself() {
        let html = article().html();
        for part in [
            "<h1>Queries on &lt;docs&gt;</h1>",
            "<h2>Figures</h2>",
            "<pre>select 1 &lt; 2;\n\nselect 3 * 4;</pre>",
            "<dt>server</dt><dd>18.4 &lt;b&gt;</dd>",
            "<td class=\"number\">0.98</td>",
            "<figure><svg",
            "<figcaption>by time</figcaption>",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert_eq!(
            (html.matches("<svg").count(), html.matches("<table").count()),
            (1, 1)
        );
        for absent in ["<script", "src=", "href=", "url("] {
            assert!(!html.contains(absent), "{absent} in {html}");
        }
    }

    #[test]
    fn markdown_names_the_figures_beside_it() {
        let markdown = article().markdown("report");
        insta::assert_snapshot!(markdown.text, @r"
        # Queries on \<docs\>

        ## Figures

        What came of it: 5 \* 3 \| 2.

            select 1 < 2;

            select 3 * 4;

        - mind \`this\`

        - **server:** 18.4 \<b\>

        | name | recall |
        | --- | ---: |
        | a\|b | 0.98 |

        ![Recall](<report-1.svg>)

        *by time*
        ");
        assert_eq!(markdown.figures.len(), 1);
        assert_eq!(markdown.figures[0].0, "report-1.svg");
        assert!(markdown.figures[0].1.starts_with("<svg"));
    }
}
