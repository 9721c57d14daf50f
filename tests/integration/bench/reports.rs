//! Reports to keep: JSON by its published schema, Markdown with plots beside it, HTML in a real browser.

use serde_json::Value;

use super::{hnsw, vecops};
use crate::support::browser::in_a_browser;
use crate::support::json_schema::violations;
use crate::support::{Sandbox, on_each_server};

/// Holds a document against `docs/schema/bench.json`.
fn expect_valid(document: &Value) {
    let schema: Value = serde_json::from_str(include_str!("../../../docs/schema/bench.json")).unwrap();
    assert_eq!(violations(&schema, document), Vec::<String>::new());
    let mut broken = document.clone();
    broken["data"]["configurations"][0]["latency_ms"]["p50"]["value"] = "fast".into();
    broken["data"]["surprise"] = true.into();
    broken["data"]["queries"]["count"] = 0.into();
    broken["data"]["cases"][0].as_object_mut().unwrap().remove("k");
    assert_eq!(violations(&schema, &broken).len(), 4);
}

#[tokio::test]
async fn reports_are_written_as_their_names_say() {
    on_each_server(async |database| {
        let _connection = hnsw(database).await;
        let sandbox = Sandbox::new();
        let path = |name: &str| sandbox.path().join(name).display().to_string();
        let (html, markdown, json) = (path("run.html"), path("run.md"), path("run.json"));
        let run = [
            "bench",
            "run",
            "public.docs",
            "--stored",
            "40",
            "--ef-search",
            "10,40,160",
            "--iterative-scan",
            "off,strict_order",
            "--passes",
            "1",
            "--cold",
            "1",
            "--clients",
            "1,2",
            "--duration",
            "100ms",
            "--json",
            "--report",
            &html,
            "--report",
            &markdown,
            "--report",
            &json,
        ];
        let output = vecops(database, &run).success();
        let document: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
        expect_valid(&document);
        let written: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
        assert_eq!(written, document);
        let text = std::fs::read_to_string(&markdown).unwrap();
        assert!(
            text.contains("## How sure these figures are") && text.contains("stored rows"),
            "{text}"
        );
        for figure in 1..=6 {
            let name = format!("run-{figure}.svg");
            assert!(text.contains(&format!("(<{name}>)")), "{text}");
            assert!(
                std::fs::read_to_string(path(&name))
                    .unwrap()
                    .starts_with("<svg xmlns")
            );
        }
        let page = std::fs::read_to_string(&html).unwrap();
        assert_eq!(page.matches("<svg").count(), 6);
        for absent in ["<script", "src=", "href=", "url(", "NaN"] {
            assert!(!page.contains(absent), "{absent}");
        }
        let again = path("again.html");
        sandbox
            .vecops(&["bench", "report", &json, "--to", &again])
            .assert()
            .success();
        assert_eq!(std::fs::read_to_string(&again).unwrap(), page);
        sandbox
            .vecops(&["bench", "report", &json, "--to", &path("run.pdf")])
            .assert()
            .code(2);
        in_a_browser(&html, sandbox.path(), 6);
        // Known before anything is measured.
        std::fs::create_dir(sandbox.path().join("folder.html")).unwrap();
        for (name, hint) in [("nowhere/run.html", "mkdir -p"), ("folder.html", "Name a file")] {
            let run = [
                "bench",
                "run",
                "public.docs",
                "--stored",
                "5",
                "--report",
                &path(name),
            ];
            let refused = vecops(database, &run).code(2);
            let text = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
            assert!(text.contains(hint), "{text}");
        }
    })
    .await;
}
