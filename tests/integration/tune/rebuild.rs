//! Level `rebuild`: other indexes, tried elsewhere.

use std::path::Path;

use super::fixture::{document, queries, table, text, traces, vecops};
use crate::support::browser::in_a_browser;
use crate::support::{Sandbox, TestDatabase, database, kill, majors, on_each_server, wait_until};

const ROWS: usize = 4_000;

const TUNE: [&str; 13] = [
    "index",
    "tune",
    "public.docs",
    "--recall",
    "0.9",
    "--level",
    "rebuild",
    "--m",
    "8,16",
    "--ef-construction",
    "32",
    "--sample",
    "2000",
];

fn runs(sandbox: &Sandbox) -> Vec<std::path::PathBuf> {
    let folder = sandbox.data().join("vecops/tune");
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect()
}

/// The process of a run's server, once it takes connections: before, programs come and go that make its folder.
fn server_of(run: &Path) -> Option<String> {
    ["18", "16"].iter().find_map(|major| {
        let file = run.join(format!("server/{major}/postgresql/postmaster.pid"));
        let text = std::fs::read_to_string(file).ok()?;
        let is_ready = text.lines().any(|line| line.trim() == "ready");
        is_ready.then(|| text.lines().next().map(str::to_owned))?
    })
}

fn lives(pid: &str) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[tokio::test]
async fn candidates_are_tried_away_from_the_database_and_one_is_picked() {
    on_each_server(async |database| {
        let mut connection = table(database, ROWS).await;
        let sandbox = Sandbox::new();
        std::fs::write(sandbox.path().join("queries.jsonl"), queries(150, 3)).unwrap();
        let before = traces(&mut connection).await;
        let more = [
            "--queries",
            "queries.jsonl",
            "--yes",
            "--output",
            "out",
            "--report",
            "tuning.md",
            "--max-rate",
            "50MB",
            "--json",
        ];
        let report = document(&vecops(&sandbox, database, &[&TUNE[..], &more].concat()).success());
        assert_eq!(traces(&mut connection).await, before);
        assert_eq!(runs(&sandbox), [] as [std::path::PathBuf; 0], "nothing is left");

        let data = &report["data"];
        let samples: Vec<u64> = data["samples"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rows| rows.as_u64().unwrap())
            .collect();
        assert!(
            samples[2].abs_diff(2_000) < 200 && samples[1].abs_diff(samples[2] / 2) < 150,
            "{samples:?}"
        );
        assert_eq!(data["pulled"]["rows"], samples[2]);
        let rows = data["rows"].as_array().map_or(0, Vec::len);
        assert_eq!(rows, 0, "the table's rows are a number");
        let tried = data["indexes"].as_array().unwrap();
        assert_eq!(tried[0]["label"], "today: vector m 8 efc 32");
        let pick = &tried[usize::try_from(data["pick"].as_u64().unwrap()).unwrap()];
        let forecast = &pick["forecast"];
        assert!(forecast["is_assured"].as_bool().unwrap() && forecast["recall"].as_f64().unwrap() > 0.9);
        assert!(forecast["interval"]["low"].as_f64().unwrap() < forecast["recall"].as_f64().unwrap());

        let script = std::fs::read_to_string(sandbox.path().join("out/apply.sql")).unwrap();
        assert!(script.contains("hnsw.ef_search = "), "{script}");
        let plot = std::fs::read_to_string(sandbox.path().join("out/plot.svg")).unwrap();
        assert!(plot.contains("<svg") && plot.contains("ef "), "{plot}");
        let kept = std::fs::read_to_string(sandbox.path().join("out/report.json")).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&kept).unwrap(), report);
        assert_the_report_can_be_read(&sandbox);
        let seen = pick["seen"].as_array().unwrap();
        assert_eq!((seen.len(), &seen[2]["rows"]), (3, &data["samples"][2]));
        let left_out = &data["left_out"];
        assert!(
            left_out["inside"].as_u64() <= left_out["forecasts"].as_u64()
                && left_out["forecasts"].as_u64() >= Some(6)
        );
        assert_the_forecast_holds(&sandbox, database, tried);
    })
    .await;
}

/// One file that opens without a network, and Markdown with its plots beside it.
fn assert_the_report_can_be_read(sandbox: &Sandbox) {
    let path = |name: &str| sandbox.path().join(name);
    let page = std::fs::read_to_string(path("out/report.html")).unwrap();
    assert_eq!(page.matches("<svg").count(), 2);
    for absent in ["<script", "src=", "href=", "url(", "NaN"] {
        assert!(!page.contains(absent), "{absent}");
    }
    for part in [
        "How to put the pick into place",
        "What was seen on the samples",
        "foretold by the smaller ones",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let text = std::fs::read_to_string(path("tuning.md")).unwrap();
    assert!(
        text.contains("(<tuning-2.svg>)") && path("tuning-2.svg").exists(),
        "{text}"
    );
    in_a_browser(&path("out/report.html").display().to_string(), sandbox.path(), 2);
}

/// What is promised of the index that is there is what it does.
fn assert_the_forecast_holds(sandbox: &Sandbox, database: &TestDatabase, tried: &[serde_json::Value]) {
    let today = &tried[0]["forecast"];
    let run = vecops(
        sandbox,
        database,
        &[
            "bench",
            "run",
            "public.docs",
            "--queries",
            "queries.jsonl",
            "--ef-search",
            "40",
            "--passes",
            "1",
            "--json",
        ],
    );
    let run = document(&run.success());
    let one = &run["data"]["configurations"][0];
    let end = |name: &str| today["interval"][name].as_f64().unwrap();
    let measured = one["recall"]["mean"].as_f64().unwrap();
    assert!(
        end("low") <= measured && measured <= end("high"),
        "{measured} is outside of {} to {}",
        end("low"),
        end("high")
    );
    let pages = one["buffers"]["hit"].as_f64().unwrap() + one["buffers"]["read"].as_f64().unwrap();
    let said = today["pages"].as_f64().unwrap();
    assert!((said / pages - 1.0).abs() < 0.25, "{said} pages for {pages}");
}

#[tokio::test]
async fn nothing_travels_without_consent_and_limits_are_kept() {
    on_each_server(async |database| {
        table(database, ROWS).await;
        let sandbox = Sandbox::new();
        let tune = |more: &[&str]| vecops(&sandbox, database, &[&TUNE[..], more].concat());
        let plan = tune(&["--dry-run"]).success();
        let said = text(&plan.get_output().stdout);
        assert!(
            said.contains("about 2,000 of 4,0") && said.contains("KiB"),
            "{said}"
        );
        tune(&[]).code(15);
        let none = tune(&["--max-index-size", "10KB", "--yes"]).code(3);
        assert!(text(&none.get_output().stdout).contains("none of these"));
        tune(&["--stored", "30", "--yes"]).code(2);
        tune(&["--report", "tuning.pdf", "--yes"]).code(2);
        let held_out =
            document(&tune(&["--held-out", "80", "--type", "halfvec", "--yes", "--json"]).success());
        assert_eq!(held_out["data"]["queries"], 80);
        assert_eq!(held_out["data"]["origin"], "rows held out of the graphs");
        assert_eq!(runs(&sandbox), [] as [std::path::PathBuf; 0]);
    })
    .await;
}

#[tokio::test]
async fn an_interrupted_run_leaves_nothing_and_a_killed_one_is_cleaned_up_by_the_next() {
    let database = database(majors()[0]).await;
    let mut connection = table(&database, ROWS).await;
    let before = traces(&mut connection).await;
    let sandbox = Sandbox::new();
    let url = database.url();
    let long = [
        &TUNE[..],
        &[
            "--db-url",
            &url,
            "--yes",
            "--m",
            "16,32,48",
            "--ef-construction",
            "400",
            "--held-out",
            "400",
        ],
    ]
    .concat();
    let begun = |process: &mut std::process::Child| {
        assert!(
            process.try_wait().unwrap().is_none(),
            "it ended before it was stopped"
        );
        runs(&sandbox).iter().find_map(|run| server_of(run))
    };

    let mut process = sandbox.spawn(&long);
    wait_until("the server of the first run", async || {
        begun(&mut process).is_some()
    })
    .await;
    kill(process.id(), "INT");
    assert_eq!(process.wait().unwrap().code(), Some(130));
    assert_eq!(runs(&sandbox), [] as [std::path::PathBuf; 0]);

    let mut process = sandbox.spawn(&long);
    wait_until("the server of the second run", async || {
        begun(&mut process).is_some()
    })
    .await;
    kill(process.id(), "KILL");
    process.wait().unwrap();
    let left = runs(&sandbox);
    let pid = left.iter().find_map(|run| server_of(run)).unwrap();
    assert!(lives(&pid), "a killed run cannot end its server");
    vecops(
        &sandbox,
        &database,
        &[&TUNE[..], &["--type", "vector", "--yes"]].concat(),
    )
    .success();
    assert!(!lives(&pid));
    assert_eq!(runs(&sandbox), [] as [std::path::PathBuf; 0]);
    assert_eq!(traces(&mut connection).await, before);
    database.remove().await;
}
