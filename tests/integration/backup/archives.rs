//! Backups that older versions wrote stay readable: one of each version of the format lies in `tests/archives/`.

use std::collections::BTreeSet;
use std::path::Path;

use vecops::backup::repository::Repository;
use vecops::backup::verify::{Depth, verify};
use vecops::progress::Silent;

#[tokio::test]
async fn format_1_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/archives/format-1");
    let repository = Repository::open(&folder).unwrap();
    let sets = repository.sets().unwrap();
    let mut codecs = BTreeSet::new();
    for set in &sets {
        let report = verify(&repository, set, Depth::Deep, 1, &Silent).await.unwrap();
        assert_eq!(report.problems, []);
        assert_eq!(report.rows, 4);
        let manifest = repository.manifest(set).unwrap();
        assert_eq!(manifest.tables[0].name.plain(), "public.golden");
        assert_eq!(
            manifest.tables[0].digest.to_string(),
            "a8011ed372e1e2e78c081a495b35388c7b2e3f955f0f4ce00b7d02a3345f8958",
            "the digest of rows is part of the format"
        );
        codecs.insert(format!("{:?}", manifest.tables[0].chunks[0].codec));
    }
    assert_eq!(codecs.into_iter().collect::<Vec<_>>(), ["Planes", "Zstd"]);
}
