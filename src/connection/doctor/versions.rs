//! Known defects of pgvector by version.
//!
//! From pgvector's CHANGELOG.md and its issues: #959 (CVE-2026-3172), #988, #993, #1006, #1010, #1025.

use serde::Serialize;

/// A known defect of the installed version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// What can happen.
    pub what: &'static str,
    /// The first version without it.
    pub fixed_in: &'static str,
    /// Whether an index that was built before the update should be rebuilt after it.
    pub reindex: bool,
}

type Version = (u32, u32, u32);

struct Row {
    from: Version,
    fixed: Version,
    risk: Risk,
}

const TABLE: &[Row] = &[
    Row {
        from: (0, 6, 0),
        fixed: (0, 8, 2),
        risk: Risk {
            what: "a parallel HNSW build can read other memory or crash the server (CVE-2026-3172)",
            fixed_in: "0.8.2",
            reindex: false,
        },
    },
    Row {
        from: (0, 5, 0),
        fixed: (0, 8, 3),
        risk: Risk {
            what: "VACUUM can damage an HNSW index",
            fixed_in: "0.8.3",
            reindex: true,
        },
    },
    Row {
        from: (0, 5, 0),
        fixed: (0, 8, 4),
        risk: Risk {
            what: "VACUUM can fail with `hnsw graph not repaired`, and an insert can race with it",
            fixed_in: "0.8.4",
            reindex: true,
        },
    },
    Row {
        from: (0, 5, 0),
        fixed: (0, 8, 7),
        risk: Risk {
            what: "an insert that races with VACUUM can leave a duplicate neighbour in an HNSW index (harmless but for recall)",
            fixed_in: UNRELEASED,
            reindex: false,
        },
    },
];

/// What stands for a fix that is not released yet.
pub(super) const UNRELEASED: &str = "a release after 0.8.6";

/// The known defects of a version; none where the version cannot be read.
pub(super) fn risks(version: &str) -> Vec<Risk> {
    let Some(version) = parse(version) else {
        return Vec::new();
    };
    let hit = TABLE
        .iter()
        .filter(|row| (row.from..row.fixed).contains(&version));
    hit.map(|row| row.risk).collect()
}

/// Whether one version is older than another; false where one cannot be read.
pub(super) fn is_older(version: &str, than: &str) -> bool {
    parse(version)
        .zip(parse(than))
        .is_some_and(|(version, than)| version < than)
}

fn parse(version: &str) -> Option<Version> {
    let mut numbers = version.split('.').map(|part| part.parse().ok());
    let major = numbers.next()??;
    let minor = numbers.next()??;
    Some((major, minor, numbers.next().flatten().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_the_defects_of_its_row_and_no_others() {
        let fixes = |version| {
            risks(version)
                .iter()
                .map(|risk| risk.fixed_in)
                .collect::<Vec<_>>()
        };
        assert_eq!(fixes("0.8.0"), ["0.8.2", "0.8.3", "0.8.4", UNRELEASED]);
        assert_eq!(fixes("0.8.2"), ["0.8.3", "0.8.4", UNRELEASED]);
        assert_eq!(fixes("0.8.10"), Vec::<&str>::new());
        assert_eq!(fixes("0.4.4"), Vec::<&str>::new());
        assert_eq!(fixes("unknown"), Vec::<&str>::new());
        assert!(is_older("0.8.5", "0.8.10") && !is_older("0.8.5", "0.8.5"));
    }
}
