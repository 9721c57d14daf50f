//! Killed at any point, a load goes on without paying for a text twice.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::loading::{Place, TABLE, stored, table};
use super::server::{DIMENSIONS, Reply, Server, vector};
use crate::support::{on_each_server, wait_until};

const ROWS: usize = 120;

/// Long enough that batches are committed on the way.
fn text(row: usize) -> String {
    format!("text {row} {}", "x".repeat(8_000))
}

fn source() -> String {
    let mut lines = String::new();
    for row in 0..ROWS {
        writeln!(lines, "{{\"content\": \"{}\"}}", text(row)).unwrap();
    }
    lines
}

#[tokio::test]
async fn a_killed_load_resumes_and_pays_nothing_twice() {
    on_each_server(async |database| {
        for resumable in [true, false] {
            let mut connection = database.connection().await;
            table(&mut connection, "vector(8)").await;
            let mut begun = vec![Reply::Good; 9];
            begun.push(Reply::Hang);
            let server = Server::start(begun);
            let place = Place::new(&server.manifest("batch_size = 10\nconcurrency = 1"));
            place.write("texts.jsonl", &source());
            let mut arguments = vec!["seed", TABLE, "--from", "texts.jsonl", "--embed", "content"];
            if resumable {
                arguments.extend(["--resumable", "--batch-size", "256B"]);
            }
            let url = database.url();
            let mut command = place.command(&[&arguments[..], &["--db-url", &url, "--yes"]].concat());
            let mut program = command.spawn().unwrap();
            server.wait_for(10);
            if resumable {
                wait_until("a batch is committed", async || {
                    !stored(&mut connection).await.is_empty()
                })
                .await;
            }
            program.kill().unwrap();
            program.wait().unwrap();

            let (report, _) = place.ends(database, &arguments, 0);
            assert_eq!(report["embedding"]["cached"], 90, "{report}");
            assert_eq!(report["resumed_after"].is_u64(), resumable, "{report}");
            let rows = stored(&mut connection).await;
            assert_eq!(rows.len(), ROWS);
            for (row, (content, stored)) in rows.iter().enumerate() {
                assert_eq!(content, &text(row));
                assert_eq!(stored, &vector(content, DIMENSIONS));
            }
            let mut asked: BTreeMap<String, usize> = BTreeMap::new();
            for text in server.texts() {
                *asked.entry(text).or_default() += 1;
            }
            let twice: Vec<&String> = asked
                .iter()
                .filter(|(_, times)| **times > 1)
                .map(|(text, _)| text)
                .collect();
            let in_flight: Vec<String> = server.requests()[9].texts();
            assert!(twice.iter().all(|text| in_flight.contains(text)), "{twice:?}");

            // A second load of the same texts asks for nothing.
            let requests = server.requests().len();
            let again = [&arguments[..], if resumable { &["--restart"][..] } else { &[] }].concat();
            let (report, _) = place.ends(database, &again, 0);
            assert_eq!(report["embedding"]["cached"], ROWS, "{report}");
            assert_eq!(server.requests().len(), requests);
        }
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_fails_in_the_middle_leaves_a_load_that_resumes() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(8)").await;
        let mut replies = vec![Reply::Good; 8];
        replies.push(Reply::Status(401, "", ""));
        let server = Server::start(replies);
        let place = Place::new(&server.manifest("batch_size = 10\nconcurrency = 1"));
        place.write("texts.jsonl", &source());
        let arguments = [
            "seed",
            TABLE,
            "--from",
            "texts.jsonl",
            "--embed",
            "content",
            "--resumable",
            "--batch-size",
            "256B",
        ];
        let (report, stderr) = place.ends(database, &arguments, 4);
        let loaded = report["rows"].as_u64().unwrap();
        assert!((1..=80).contains(&loaded), "{report}");
        assert!(stderr.contains("answered 401"), "{stderr}");
        let (report, _) = place.ends(database, &arguments, 0);
        assert_eq!(
            (&report["resumed_after"], &report["embedding"]["cached"]),
            (&loaded.into(), &80.into())
        );
        assert_eq!(stored(&mut connection).await.len(), ROWS);
        assert_eq!(server.texts().len(), ROWS + 10);

        // Without the cache another vector for a row that is in is found.
        server.then([
            Reply::Good,
            Reply::Good,
            Reply::Good,
            Reply::Good,
            Reply::Good,
            Reply::Good,
            Reply::Good,
            Reply::Good,
        ]);
        server.usually(Reply::Status(401, "", ""));
        let bare = [&arguments[..], &["--no-embedding-cache"]].concat();
        place.ends(database, &[&bare[..], &["--restart"]].concat(), 4);
        server.usually(Reply::Drifted);
        let (_, stderr) = place.ends(database, &bare, 13);
        assert!(stderr.contains("is not what it was"), "{stderr}");
        server.usually(Reply::Good);

        // Without the cache the provider must give the very same vectors: this one does.
        let arguments = [&arguments[..], &["--restart", "--no-embedding-cache"]].concat();
        let (report, stderr) = place.ends(database, &arguments, 0);
        assert!(stderr.contains("without kept embeddings"), "{stderr}");
        // The server may still count what the run before had under way when it ended.
        let counted = (&report["embedding"]["embedded"], &report["embedding"]["cached"]);
        assert_eq!(counted, (&ROWS.into(), &0.into()));
    })
    .await;
}
