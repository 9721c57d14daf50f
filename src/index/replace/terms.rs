//! What a replacement was asked for: kept with it from its first run to its last, so that one that goes on measures by
//! what was asked at the beginning. Pure.

use serde::{Deserialize, Serialize};

use super::judge::Criteria;
use crate::error::{Error, Result};
use crate::sql::QualifiedName;

/// How many neighbours a query asks for, unless it is said.
const USUAL_K: u32 = 10;
/// How many candidates a scan of a graph keeps, unless it is said: pgvector's own.
const USUAL_EF_SEARCH: u16 = 40;
/// How many lists a scan looks into, unless it is said.
const USUAL_PROBES: u16 = 10;
/// How long the old index is kept, unless it is said: a day.
const USUAL_GRACE: f64 = 86_400.0;

/// How a new index is let in, and what becomes of the old one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// What the new index must reach.
    pub criteria: Criteria,
    /// For how many seconds the old one is kept after the names are exchanged.
    pub grace_seconds: f64,
    /// Whether a new index that was not good enough stays.
    pub keeps_refused: bool,
    /// How both are measured; none where nothing is.
    pub measuring: Option<Measuring>,
    /// Whether the new index was measured, not good enough, and kept: then the next run says what it must reach.
    #[serde(default)]
    pub was_refused: bool,
}

/// How indexes are measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measuring {
    /// How many neighbours a query asks for.
    pub k: u32,
    /// How many candidates a scan of a graph keeps.
    pub ef_search: u16,
    /// How many lists an IVFFlat scan looks into.
    pub probes: u16,
    /// With which queries.
    pub queries: QuerySource,
}

/// Where queries come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "from")]
pub enum QuerySource {
    /// Rows of the table.
    Stored {
        /// How many.
        count: u32,
    },
    /// The questions that come with vecops.
    Builtin,
    /// The user's files, or a table or statement that only the user can name.
    Given {
        /// The digest of the vectors.
        digest: String,
    },
}

/// What the flags of one run say; what they do not say is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    /// What the new index must reach.
    pub criteria: Criteria,
    /// For how many seconds the old one is kept.
    pub grace_seconds: Option<f64>,
    /// Whether a new index that is not good enough stays.
    pub keeps_refused: bool,
    /// How many neighbours a query asks for.
    pub k: Option<u32>,
    /// How many candidates a scan of a graph keeps.
    pub ef_search: Option<u16>,
    /// How many lists an IVFFlat scan looks into.
    pub probes: Option<u16>,
    /// With which queries both are measured.
    pub queries: Option<QuerySource>,
}

impl QuerySource {
    /// The flag that gives them.
    fn flag(&self) -> String {
        match self {
            Self::Stored { count } => format!("--stored {count}"),
            Self::Builtin => "--builtin".to_owned(),
            Self::Given { digest } => {
                let start: String = digest.chars().take(12).collect();
                format!("--queries... (vectors {start})")
            }
        }
    }
}

impl Wanted {
    /// What counts: what was asked at the beginning, where that is kept; an error where this run asks for something else.
    pub fn terms(&self, kept: Option<&Terms>, index: &QualifiedName) -> Result<Terms> {
        let Some(kept) = kept else {
            return Ok(self.fresh());
        };
        let grace_seconds = self.grace_seconds.unwrap_or(kept.grace_seconds);
        if !kept.was_refused {
            self.expect_agreement(kept, index)?;
            return Ok(Terms {
                grace_seconds,
                keeps_refused: self.keeps_refused || kept.keeps_refused,
                ..kept.clone()
            });
        }
        let asks_nothing = self.queries.is_none() && self.criteria == Criteria::default();
        if !asks_nothing {
            expect_none(index, self.other_measuring(kept))?;
        }
        Ok(Terms {
            criteria: self.criteria,
            grace_seconds,
            keeps_refused: self.keeps_refused,
            measuring: kept.measuring.clone().filter(|_| !asks_nothing),
            was_refused: false,
        })
    }

    fn fresh(&self) -> Terms {
        Terms {
            criteria: self.criteria,
            grace_seconds: self.grace_seconds.unwrap_or(USUAL_GRACE),
            keeps_refused: self.keeps_refused,
            measuring: self.queries.clone().map(|queries| self.measuring(queries)),
            was_refused: false,
        }
    }

    /// How these flags measure with queries.
    pub fn measuring(&self, queries: QuerySource) -> Measuring {
        Measuring {
            k: self.k.unwrap_or(USUAL_K),
            ef_search: self.ef_search.unwrap_or(USUAL_EF_SEARCH),
            probes: self.probes.unwrap_or(USUAL_PROBES),
            queries,
        }
    }

    /// An error where the flags ask for something else than what is kept.
    pub fn expect_agreement(&self, kept: &Terms, index: &QualifiedName) -> Result<()> {
        let (said, begun) = (&self.criteria, &kept.criteria);
        let mut others = vec![
            other("--min-recall", said.min_recall, begun.min_recall),
            other("--max-p95-ratio", said.max_p95_ratio, begun.max_p95_ratio),
        ];
        others.extend(self.other_measuring(kept));
        expect_none(index, others)
    }

    fn other_measuring(&self, kept: &Terms) -> Vec<Option<String>> {
        let begun = kept.measuring.as_ref();
        let queries = match (&self.queries, begun.map(|measuring| &measuring.queries)) {
            (Some(said), Some(begun)) if said != begun => {
                Some(format!("`{}` instead of `{}`", said.flag(), begun.flag()))
            }
            (Some(said), None) => Some(format!("`{}`, without which it was begun", said.flag())),
            _ => None,
        };
        vec![
            queries,
            other("--k", self.k, begun.map(|measuring| measuring.k)),
            other(
                "--ef-search",
                self.ef_search,
                begun.map(|measuring| measuring.ef_search),
            ),
            other("--probes", self.probes, begun.map(|measuring| measuring.probes)),
        ]
    }
}

fn other<T: PartialEq + ToString>(flag: &str, said: Option<T>, begun: Option<T>) -> Option<String> {
    let said = said?;
    match begun {
        Some(begun) if begun == said => None,
        Some(begun) => Some(format!(
            "`{flag} {}` instead of {}",
            said.to_string(),
            begun.to_string()
        )),
        None => Some(format!(
            "`{flag} {}`, without which it was begun",
            said.to_string()
        )),
    }
}

fn expect_none(index: &QualifiedName, others: Vec<Option<String>>) -> Result<()> {
    let others: Vec<String> = others.into_iter().flatten().collect();
    if others.is_empty() {
        return Ok(());
    }
    let plain = index.plain();
    Err(Error::conflict(format!(
        "a replacement of `{plain}` is under way, and this run asks for {}",
        others.join(", and for ")
    ))
    .hint(format!(
        "Leave these flags out to go on by what it was begun with: `vecops index replace {plain}`."
    ))
    .hint(format!(
        "Or undo it by `vecops index replace {plain} --rollback`, and begin anew."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> QualifiedName {
        "public.items_hnsw".parse().unwrap()
    }

    fn stored(count: u32) -> Wanted {
        Wanted {
            criteria: Criteria {
                min_recall: Some(0.9),
                max_p95_ratio: None,
            },
            queries: Some(QuerySource::Stored { count }),
            ..Wanted::default()
        }
    }

    fn begun() -> Terms {
        stored(20).terms(None, &index()).unwrap()
    }

    #[test]
    fn a_run_without_flags_goes_on_by_what_was_asked_at_first() {
        let kept = begun();
        let measuring = kept.measuring.clone().unwrap();
        assert_eq!((measuring.k, measuring.ef_search, measuring.probes), (10, 40, 10));
        assert_eq!(Wanted::default().terms(Some(&kept), &index()).unwrap(), kept);
        assert_eq!(stored(20).terms(Some(&kept), &index()).unwrap(), kept);
        let longer = Wanted {
            grace_seconds: Some(60.0),
            ..Wanted::default()
        };
        let changed = longer.terms(Some(&kept), &index()).unwrap();
        assert_eq!((changed.grace_seconds, changed.criteria), (60.0, kept.criteria));
    }

    #[test]
    fn other_flags_are_refused_by_name() {
        let kept = begun();
        let other = Wanted {
            criteria: Criteria {
                min_recall: Some(0.5),
                max_p95_ratio: Some(1.5),
            },
            k: Some(5),
            queries: Some(QuerySource::Builtin),
            ..Wanted::default()
        };
        let error = other.terms(Some(&kept), &index()).unwrap_err();
        for part in [
            "`--min-recall 0.5` instead of 0.9",
            "`--max-p95-ratio 1.5`, without which",
            "`--k 5` instead of 10",
            "`--builtin` instead of `--stored 20`",
        ] {
            assert!(error.message().contains(part), "{error}");
        }
        assert!(error.hints().iter().any(|hint| hint.contains("--rollback")));
    }

    #[test]
    fn after_a_refusal_the_next_run_says_what_is_to_be_reached() {
        let mut kept = begun();
        kept.was_refused = true;
        let bare = Wanted::default().terms(Some(&kept), &index()).unwrap();
        assert_eq!((bare.measuring, bare.criteria), (None, Criteria::default()));
        let mut lower = stored(20);
        lower.criteria.min_recall = Some(0.5);
        let terms = lower.terms(Some(&kept), &index()).unwrap();
        assert_eq!(terms.criteria.min_recall, Some(0.5));
        assert_eq!(terms.measuring, kept.measuring);
        assert!(stored(7).terms(Some(&kept), &index()).is_err());
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let text = serde_json::to_string(&begun()).unwrap();
        assert_eq!(serde_json::from_str::<Terms>(&text).unwrap(), begun());
    }
}
