//! What vecops records about a vector column in the column's comment, for everyone who meets the table later.
//!
//! The record is the comment's line that starts with `vecops: `, followed by one JSON object with a version; the
//! rest of the comment belongs to the user and is kept.

use serde::{Deserialize, Serialize};

use crate::vector::Metric;

const MARK: &str = "vecops: ";

/// The record of one vector column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version of this form.
    pub version: u32,
    /// The model that makes the embeddings.
    pub model: Option<String>,
    /// The length of the vectors.
    pub dimensions: u32,
    /// The metric that search uses.
    pub metric: Metric,
    /// Whether every embedding has length one.
    pub normalized: bool,
}

impl Record {
    /// The version that this vecops writes.
    pub const VERSION: u32 = 1;

    /// Finds the record in a comment. A record of a newer version, or one that does not parse, is not one.
    pub fn find(comment: &str) -> Option<Self> {
        let json = comment.lines().find_map(|line| line.strip_prefix(MARK))?;
        let record: Self = serde_json::from_str(json).ok()?;
        (record.version <= Self::VERSION).then_some(record)
    }

    /// The comment with this record in it, everything else of it kept.
    pub fn put_into(&self, comment: Option<&str>) -> String {
        let kept = comment
            .into_iter()
            .flat_map(str::lines)
            .filter(|line| !line.starts_with(MARK))
            .map(str::to_owned);
        kept.chain([self.line()]).collect::<Vec<_>>().join("\n")
    }

    fn line(&self) -> String {
        // A struct of plain fields always serialises; the empty line would be found as no record at all.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{MARK}{json}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_found_again_and_the_users_words_are_kept() {
        let record = Record {
            version: 1,
            model: Some("all-MiniLM-L6-v2".into()),
            dimensions: 384,
            metric: Metric::InnerProduct,
            normalized: true,
        };
        let comment = record.put_into(Some("the passage's meaning\nvecops: {\"version\":1}"));
        insta::assert_snapshot!(comment, @r#"
        the passage's meaning
        vecops: {"version":1,"model":"all-MiniLM-L6-v2","dimensions":384,"metric":"inner-product","normalized":true}
        "#);
        assert_eq!(Record::find(&comment), Some(record));
        assert_eq!(Record::find("vecops: later"), None);
    }
}
