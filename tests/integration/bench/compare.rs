//! `vecops bench compare`: what got worse beyond the noise, and what cannot be compared.

use serde_json::Value;
use vecops::sql;

use super::{document, hnsw, vecops};
use crate::support::{Sandbox, on_each_server};

#[tokio::test]
async fn two_reports_are_compared_and_unlike_ones_refused() {
    on_each_server(async |database| {
        let mut connection = hnsw(database).await;
        let sandbox = Sandbox::new();
        let run = |file: &str, extra: &[&str]| {
            let arguments = ["bench", "run", "public.docs", "--stored", "60", "--ef-search", "10", "--passes", "1", "--json"];
            let report = vecops(database, &[&arguments[..], extra].concat()).success();
            std::fs::write(sandbox.path().join(file), &report.get_output().stdout).unwrap();
        };
        run("before.json", &["--clients", "2", "--duration", "300ms"]);
        sql::run(
            &mut connection,
            "drop index public.docs_hnsw;
             create index docs_hnsw on public.docs using hnsw (embedding extensions.vector_cosine_ops) with (m = 2, ef_construction = 4)",
        )
        .await
        .unwrap();
        run("after.json", &[]);
        run("other.json", &["-k", "5"]);
        let compare = |one: &str, other: &str, extra: &[&str]| {
            sandbox.vecops(&[&["bench", "compare", one, other][..], extra].concat()).assert()
        };
        let worse = document(&compare("before.json", "after.json", &["--json"]).code(3));
        assert_eq!(worse["data"]["is_regression"], true);
        let recall = &worse["data"]["differences"][0];
        assert_eq!((&recall["figure"], &recall["verdict"]), (&"recall".into(), &"worse".into()));
        let same = document(&compare("before.json", "before.json", &["--json"]).success());
        assert_eq!(same["data"]["verdict"], "no figure differs beyond the noise");
        let unlike = compare("before.json", "other.json", &[]).code(12);
        let text = String::from_utf8_lossy(&unlike.get_output().stderr).into_owned();
        assert!(text.contains("the cases: k 10, then k 5") && text.contains("--unlike"), "{text}");
        compare("other.json", "other.json", &["--unlike"]).success();
        throughput_is_compared(&sandbox, &compare);
        std::fs::write(sandbox.path().join("no.json"), "{}").unwrap();
        compare("no.json", "before.json", &[]).code(2);
    })
    .await;
}

/// The report before, with a third of its answers a second, and with none.
fn throughput_is_compared(
    sandbox: &Sandbox,
    compare: &impl Fn(&str, &str, &[&str]) -> assert_cmd::assert::Assert,
) {
    let path = |name: &str| sandbox.path().join(name);
    let before: Value = serde_json::from_str(&std::fs::read_to_string(path("before.json")).unwrap()).unwrap();
    let write = |name: &str, report: &Value| std::fs::write(path(name), report.to_string()).unwrap();
    let mut slow = before.clone();
    let load = &mut slow["data"]["throughput"][0];
    for place in [
        "/queries_per_second",
        "/queries_per_second_interval/low",
        "/queries_per_second_interval/high",
    ] {
        let value = load.pointer_mut(place).unwrap();
        *value = (value.as_f64().unwrap() / 3.0).into();
    }
    write("slow.json", &slow);
    let slower = document(&compare("before.json", "slow.json", &["--json"]).code(3));
    let verdict = slower["data"]["verdict"].as_str().unwrap();
    assert!(
        verdict.starts_with("worse: queries/s under ef_search 10, 2 clients"),
        "{verdict}"
    );
    let faster = document(&compare("slow.json", "before.json", &["--json"]).success());
    let differences = faster["data"]["differences"].as_array().unwrap();
    let last = differences.last().unwrap();
    assert_eq!(
        (&last["figure"], &last["verdict"], &last["clients"]),
        (&"queries/s".into(), &"better".into(), &2.into())
    );
    let mut alone = before;
    alone["data"]["throughput"] = serde_json::json!([]);
    write("alone.json", &alone);
    let half = compare("before.json", "alone.json", &[]).success();
    let text = String::from_utf8_lossy(&half.get_output().stdout).into_owned();
    assert!(
        text.contains("not compared: ef_search 10, 2 clients is only in the report before"),
        "{text}"
    );
}
