//! `vecops search --text`: the question goes to the provider that made the table's vectors.

use super::loading::{Place, TABLE, table};
use super::server::{Reply, Server};
use crate::support::on_each_server;

#[tokio::test]
async fn a_question_in_words_finds_the_row_that_says_it() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(8)").await;
        let server = Server::start([]);
        let prefixes =
            "api_key_env = \"FAKE_KEY\"\nquery_prefix = \"query: \"\ndocument_prefix = \"passage: \"";
        let place = Place::new(&server.manifest(prefixes));
        place.write(
            "texts.jsonl",
            "{\"content\": \"tides\"}\n{\"content\": \"onions\"}\n{\"content\": \"clouds\"}\n",
        );
        place.ends(
            database,
            &["seed", TABLE, "--from", "texts.jsonl", "--embed", "content"],
            0,
        );

        let ask = ["search", TABLE, "--text", "onions"];
        let (report, _) = place.ends(database, &ask, 0);
        assert_eq!(report["neighbours"][0]["content"], "onions");
        assert!(report["neighbours"][0]["distance"].as_f64().unwrap() < 1e-6);
        assert_eq!(
            (&report["question"], &report["embedding"]["requests"]),
            (&"onions".into(), &1.into())
        );
        assert_eq!(
            server.texts()[..3],
            ["passage: tides", "passage: onions", "passage: clouds"]
        );
        assert_eq!(server.texts()[3..], ["query: onions"]);
        // The same question is known.
        let (report, _) = place.ends(database, &ask, 0);
        assert_eq!(report["embedding"]["cached"], 1);
        assert_eq!(server.texts().len(), 4);

        let no_cache = [&ask[..], &["--no-embedding-cache", "--provider", "fake"]].concat();
        server.then([Reply::Dimensions(3)]);
        let (_, stderr) = place.ends(database, &no_cache, 12);
        assert!(stderr.contains("makes vectors of 3 dimensions"), "{stderr}");
        let (_, stderr) = place.ends(database, &["search", TABLE, "--text", " "], 2);
        assert!(stderr.contains("the question is empty"), "{stderr}");
        let (_, stderr) = place.ends(
            database,
            &["search", TABLE, "--like", "1", "--provider", "fake"],
            2,
        );
        assert!(stderr.contains("`--text 'QUESTION'`"), "{stderr}");
        let other = Place::new(&server.manifest("dimensions = 16"));
        let (_, stderr) = other.ends(database, &ask, 12);
        assert!(stderr.contains("16 dimensions"), "{stderr}");
    })
    .await;
}
