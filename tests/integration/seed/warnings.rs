//! What a load says about its vectors as a whole.

use serde_json::Value;

use super::fixture::{TABLE, file, seed, table};
use crate::support::on_each_server;

#[tokio::test]
async fn lengths_and_repeats_are_reported_by_loads_and_checks() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let index = format!("create index on {TABLE} using hnsw (embedding extensions.vector_ip_ops)");
        vecops::sql::run(&mut connection, index).await.unwrap();
        let line = |x: u32| format!("{{\"content\": \"c\", \"embedding\": [{x}, 0]}}\n");
        let rows: String = (0..30).map(|row| line(if row < 12 { 7 } else { row })).collect();
        let source = file("rows.jsonl", rows.as_bytes());
        let path = source.path.to_str().unwrap();
        for how in ["--dry-run", "--yes"] {
            let output = seed(database, &["--from", path, how, "--json"]).success();
            let output = output.get_output();
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            let vectors = &report["data"]["vectors"];
            assert_eq!(vectors["measured"], 30, "{report}");
            assert_eq!(vectors["not_normalized"], 30, "{report}");
            assert_eq!(
                (&vectors["shortest"], &vectors["longest"]),
                (&7.0.into(), &29.0.into())
            );
            assert_eq!(
                (&vectors["repeated_vectors"], &vectors["most_repeats"]),
                (&1.into(), &12.into())
            );
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(
                stderr.contains("30 of 30 vectors measured are not of length 1"),
                "{stderr}"
            );
            assert!(stderr.contains("12 rows share 1 vectors"), "{stderr}");
        }
    })
    .await;
}
