//! The formats that rows are read from, and how a file's name tells which one it is.

use std::fmt;
use std::path::Path;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON Lines: one object a line.
    JsonLines,
    /// Comma-separated values under a header.
    Csv,
    /// Tab-separated values under a header.
    Tsv,
    /// Apache Parquet.
    Parquet,
    /// A NumPy array: one vector a row.
    Npy,
    /// Vectors of 32-bit floats, each with its dimensions in front.
    Fvecs,
    /// Vectors of bytes, each with its dimensions in front.
    Bvecs,
    /// PostgreSQL's binary COPY.
    PgCopy,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 8] = [
        Self::JsonLines,
        Self::Csv,
        Self::Tsv,
        Self::Parquet,
        Self::Npy,
        Self::Fvecs,
        Self::Bvecs,
        Self::PgCopy,
    ];

    /// What `--format` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Parquet => "parquet",
            Self::Npy => "npy",
            Self::Fvecs => "fvecs",
            Self::Bvecs => "bvecs",
            Self::PgCopy => "pgcopy",
        }
    }

    /// The format of a file of this name, compressed or not; JSON Lines where the name says nothing.
    pub fn of(path: &Path) -> Self {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        let name = [".gz", ".zst"]
            .iter()
            .find_map(|ending| name.strip_suffix(ending))
            .unwrap_or(&name);
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("csv") => Self::Csv,
            Some("tsv" | "tab") => Self::Tsv,
            Some("parquet" | "pq") => Self::Parquet,
            Some("npy") => Self::Npy,
            Some("fvecs") => Self::Fvecs,
            Some("bvecs") => Self::Bvecs,
            Some("pgcopy") => Self::PgCopy,
            _ => Self::JsonLines,
        }
    }

    /// Whether a place in it is a line that an editor can go to.
    pub(super) fn has_lines(self) -> bool {
        matches!(self, Self::JsonLines | Self::Csv | Self::Tsv)
    }

    /// Whether its rows are vectors alone.
    pub(super) fn is_vectors_only(self) -> bool {
        matches!(self, Self::Npy | Self::Fvecs | Self::Bvecs)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_format() {
        let of = |name: &str| Format::of(Path::new(name)).name();
        assert_eq!(of("a/b.csv.gz"), "csv");
        assert_eq!(of("B.TSV.zst"), "tsv");
        assert_eq!(of("b.parquet"), "parquet");
        assert_eq!(of("sift.fvecs"), "fvecs");
        assert_eq!((of("x.json.gz"), of("x"), of("csv")), ("jsonl", "jsonl", "jsonl"));
        assert!(
            Format::ALL
                .iter()
                .all(|format| of(&format!("x.{format}")) == format.name())
        );
    }
}
