//! Level `ef`: the index that is there.

use vecops::sql;

use super::fixture::{document, queries, table, text, traces, vecops};
use crate::support::{Sandbox, on_each_server};

const ROWS: usize = 4_000;

#[tokio::test]
async fn the_smallest_ef_meets_the_target_and_a_smaller_one_does_not() {
    on_each_server(async |database| {
        let mut connection = table(database, ROWS).await;
        let sandbox = Sandbox::new();
        std::fs::write(sandbox.path().join("one.jsonl"), queries(120, 1)).unwrap();
        std::fs::write(sandbox.path().join("two.jsonl"), queries(80, 2)).unwrap();
        let before = traces(&mut connection).await;
        let arguments = [
            "index",
            "tune",
            "public.docs",
            "--recall",
            "0.95",
            "--queries",
            "one.jsonl",
            "two.jsonl",
            "--json",
        ];
        let report = document(&vecops(&sandbox, database, &arguments).success());
        assert_eq!(traces(&mut connection).await, before);
        assert_eq!(
            (&report["kind"], &report["format"]),
            (&"index-tune".into(), &1.into())
        );
        let data = &report["data"];
        assert_eq!(
            (&data["queries"], &data["exact_rows"]),
            (&200.into(), &ROWS.into())
        );
        assert_eq!(data["preflight"]["m"], 8);
        let pick = data["ef_search"].as_u64().unwrap();
        let measured = data["measured"].as_array().unwrap();
        let low = |ef: u64| {
            let one = measured.iter().find(|one| one["ef_search"] == ef).unwrap();
            one["interval"]["low"].as_f64().unwrap()
        };
        assert!(low(pick) >= 0.95);
        let below = measured
            .iter()
            .filter_map(|one| one["ef_search"].as_u64())
            .filter(|ef| *ef < pick);
        let nearest = below.max().unwrap();
        assert!(
            low(nearest) < 0.95 && nearest + nearest / 10 + 2 >= pick,
            "{nearest} below {pick}"
        );
        assert!(measured.len() <= 10, "{} measurements", measured.len());

        let again = vecops(
            &sandbox,
            database,
            &[
                "bench",
                "run",
                "public.docs",
                "--queries",
                "one.jsonl",
                "--ef-search",
                &pick.to_string(),
                "--passes",
                "1",
                "--json",
            ],
        );
        let again = document(&again.success());
        let recall = again["data"]["configurations"][0]["recall"]["mean"]
            .as_f64()
            .unwrap();
        assert!(recall > 0.94, "{recall} where it is measured again");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_had_ends_with_3_and_what_cannot_be_asked_with_2_or_12() {
    on_each_server(async |database| {
        let mut connection = table(database, ROWS).await;
        let sandbox = Sandbox::new();
        std::fs::write(sandbox.path().join("one.jsonl"), queries(60, 1)).unwrap();
        let tune = |more: &[&str]| {
            let all = [&["index", "tune", "public.docs"], more].concat();
            vecops(&sandbox, database, &all)
        };
        let missed = tune(&["--recall", "0.9999", "--queries", "one.jsonl"]).code(3);
        let said = text(&missed.get_output().stdout);
        assert!(
            said.contains("no ef_search reaches 0.9999") && said.contains("--level rebuild"),
            "{said}"
        );

        let slow = tune(&["--recall", "0.9", "--queries", "one.jsonl", "--p95", "0.000001"]).code(3);
        assert!(text(&slow.get_output().stdout).contains("more than wanted"));

        let flattering = tune(&["--recall", "0.9", "--stored", "60"]).success();
        let said = text(&flattering.get_output().stdout);
        assert!(
            said.contains("alter function") && said.contains("stored rows"),
            "{said}"
        );

        let none = tune(&["--recall", "0.9"]).code(2);
        assert!(text(&none.get_output().stderr).contains("--stored 300"));
        tune(&["--recall", "98", "--stored", "60"]).code(2);

        sql::run(&mut connection, "drop index public.docs_hnsw")
            .await
            .unwrap();
        let none = tune(&["--recall", "0.9", "--stored", "60"]).code(12);
        assert!(text(&none.get_output().stderr).contains("no valid HNSW index"));
    })
    .await;
}
