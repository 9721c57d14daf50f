//! Reports to keep: the files, and what is told of them.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::render::terminal::sanitize;
use crate::render::{Article, Page, Report, document};

/// What was written.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct WrittenFiles {
    /// Their paths; the plots of a Markdown file stand beside it.
    pub(in crate::cli) files: Vec<String>,
}

/// Files whose names say what they are to hold.
pub(in crate::cli) struct ReportFiles {
    files: Vec<(PathBuf, Kind)>,
}

#[derive(Clone, Copy)]
enum Kind {
    Html,
    Markdown,
    Json,
}

impl ReportFiles {
    /// Files in folders that are there: known before anything is measured.
    pub(in crate::cli) fn new(paths: &[PathBuf]) -> Result<Self> {
        for path in paths {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
                let message = format!(
                    "`{}` is no folder, so no report can be written there",
                    folder.display()
                );
                return Err(Error::usage(message).hint(format!("Make it: `mkdir -p {}`.", folder.display())));
            }
            if path.is_dir() {
                let message = format!("`{}` is a folder, not a file for a report", path.display());
                return Err(Error::usage(message).hint("Name a file in it that ends in .html, .md or .json."));
            }
        }
        Self::named(paths)
    }

    /// Files whose folders may be made later.
    pub(in crate::cli) fn named(paths: &[PathBuf]) -> Result<Self> {
        let with_kind = |path: &PathBuf| {
            let kind = match path.extension().and_then(|extension| extension.to_str()) {
                Some("html" | "htm") => Kind::Html,
                Some("md" | "markdown") => Kind::Markdown,
                Some("json") => Kind::Json,
                _ => {
                    let message = format!("`{}` does not say what the report is to be", path.display());
                    return Err(Error::usage(message).hint("Let its name end in .html, .md or .json."));
                }
            };
            Ok((path.clone(), kind))
        };
        let files = paths.iter().map(with_kind).collect::<Result<_>>()?;
        Ok(Self { files })
    }

    /// Writes them: the report, or the article that tells of it.
    pub(in crate::cli) fn write<R: Report>(
        &self,
        report: &R,
        article: &Article,
        target: Option<&Value>,
    ) -> Result<WrittenFiles> {
        let mut files = Vec::new();
        for (path, kind) in &self.files {
            match kind {
                Kind::Html => write(path, &article.html())?,
                Kind::Json => write(path, &format!("{:#}\n", document::of(report, target)?))?,
                Kind::Markdown => markdown(path, article)?,
            }
            files.push(path.display().to_string());
        }
        Ok(WrittenFiles { files })
    }
}

impl Report for WrittenFiles {
    const KIND: &'static str = "bench-report-files";

    fn human(&self, page: &mut Page) {
        for path in &self.files {
            page.line(format!("the report is in `{}`", sanitize(path)));
        }
    }
}

/// The text, and its plots beside it.
fn markdown(path: &Path, article: &Article) -> Result<()> {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let markdown = article.markdown(&name.unwrap_or_else(|| "report".to_owned()));
    for (name, svg) in &markdown.figures {
        write(&path.with_file_name(name), svg)?;
    }
    write(path, &markdown.text)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs_err::write(path, text).map_err(|source| Error::failed("write the report").cause(source))
}
