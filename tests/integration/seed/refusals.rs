//! Bad rows and bad tables: an error that names the place, and nothing loaded.

use predicates::prelude::predicate;
use sqlx::Connection as _;
use vecops::error::Kind;
use vecops::sql;

use super::fixture::{TABLE, count, destination, file, lines, load, seed, table};
use crate::support::on_each_server;

const GOOD: &str = r#"{"id": 1, "content": "c", "embedding": [1, 2], "metadata": {}}"#;

#[tokio::test]
async fn each_bad_line_is_named_and_nothing_is_loaded() {
    let line = |rest: &str| format!(r#"{{"id": 2, "content": "c", {rest}}}"#);
    let cases = [
        ("{".to_owned(), "bad JSON: EOF while parsing an object"),
        ("[1, 2]".to_owned(), "not an object"),
        (
            r#"{"id": 2, "embedding": [1, 2]}"#.to_owned(),
            "key `content` is missing",
        ),
        (line(r#""metadata": {}"#), "key `embedding` is missing"),
        (line(r#""embeddings": [1, 2]"#), "key `embeddings` has no column"),
        (
            line(r#""embedding": [1, 2, 3]"#),
            "`embedding` has 3 dimensions, the column 2",
        ),
        (line(r#""embedding": [1, NaN]"#), "bad JSON in `embedding`: `NaN`"),
        (
            line(r#""embedding": [1, Infinity]"#),
            "bad JSON in `embedding`: `Infinity`",
        ),
        (
            line(r#""embedding": [1, 1e40]"#),
            "beyond what a 32-bit float holds",
        ),
        (line(r#""embedding": [0, 0]"#), "`embedding` is a zero vector"),
        (
            line(r#""embedding": [1, 2], "metadata": 5"#),
            "`metadata` is the number 5, not an object",
        ),
        (
            r#"{"id": "x", "content": "c", "embedding": [1, 2]}"#.to_owned(),
            "`id` is the text \"x\", but its column is bigint",
        ),
        // These only the server finds.
        (GOOD.to_owned(), "duplicate key value"),
        (
            r#"{"id": 9, "content": "c", "embedding": [1, 2]}"#.to_owned(),
            "duplicate key value",
        ),
        (
            line(r#""embedding": [1, 2], "metadata": {"a": "\u0000"}"#),
            "unsupported Unicode escape",
        ),
        (
            line(r#""embedding": [1, 2], "note": "far too long""#),
            "value too long",
        ),
        (
            line(r#""embedding": [1, 2], "note": "bad""#),
            "violates check constraint",
        ),
    ];
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(
            &mut connection,
            "vector(2)",
            ", note varchar(5) check (note <> 'bad')",
        )
        .await;
        let nine = lines(r#"{"id": 9, "content": "before", "embedding": [1, 2]}"#);
        load(&mut connection, &nine).await.unwrap();
        for (bad, message) in &cases {
            // Line 4, because the second is blank.
            let others = (100..2_000)
                .map(|id| format!("\n{{\"id\": {id}, \"content\": \"c\", \"embedding\": [1, 2]}}"));
            let good = GOOD.replace(": 1,", ": 3,");
            let text = format!("{GOOD}\n\n{good}\n{bad}{}", others.collect::<String>());
            let error = load(&mut connection, &lines(text)).await.unwrap_err();
            let shown = error.to_string();
            assert!(
                shown.starts_with("lines:4: ") && shown.contains(message),
                "{bad}: {error:?}"
            );
            assert!(
                !shown.contains("COPY "),
                "the server's own count would mislead: {shown}"
            );
            assert_eq!(count(&mut connection).await, 1, "{bad}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_program_says_so_and_ends_with_1() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let source = file("bad.jsonl", format!("{GOOD}\n{GOOD}\n").as_bytes());
        let path = source.path.to_str().unwrap();
        seed(database, &["--from", path, "--yes"])
            .code(1)
            .stdout("")
            .stderr(predicate::str::contains("bad.jsonl:2: duplicate key value"))
            .stderr(predicate::str::contains(
                "The source holds the id `1` twice, first at",
            ));
        assert_eq!(count(&mut connection).await, 0);
        load(&mut connection, &lines(GOOD)).await.unwrap();
        seed(database, &["--from", path, "--yes"])
            .code(1)
            .stderr(predicate::str::contains("already has a row `1`"));

        seed(database, &["--from", "/nowhere/at all.jsonl", "--yes"])
            .code(2)
            .stderr(predicate::str::contains("/nowhere/at all.jsonl"));
        seed(database, &["--from", "/", "--yes"]).code(2);
        let cut = zstd::encode_all(format!("{GOOD}\n").repeat(99).as_bytes(), 1).unwrap();
        let cut = file("cut.zst", &cut[..cut.len() - 5]);
        seed(database, &["--from", cut.path.to_str().unwrap(), "--yes"]).code(1);
        assert_eq!(count(&mut connection).await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_error_of_the_server_keeps_its_line_over_several_copies() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let content = "x".repeat(1 << 20);
        let row =
            |id: u32| format!("\n{{\"id\": {id}, \"content\": \"{content}\", \"embedding\": [1, 2]}}\n");
        let mut text: String = (1..=70).map(row).collect();
        text.push_str(&row(1));
        text.push_str(&row(71));
        let error = load(&mut connection, &lines(text)).await.unwrap_err();
        assert!(
            error.to_string().starts_with("lines:142: duplicate key value"),
            "{error:?}"
        );
        assert!(
            error.hints().iter().any(|hint| hint.contains("twice")),
            "{error:?}"
        );
        assert_eq!(count(&mut connection).await, 0);
        // The same connection is still in step.
        load(&mut connection, &lines(row(5))).await.unwrap();
        assert_eq!(count(&mut connection).await, 1);
    })
    .await;
}

#[tokio::test]
async fn rows_that_a_trigger_leaves_out_are_missed() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let trigger = format!(
            "create function skip() returns trigger language plpgsql as 'begin return null; end';
             create trigger skip before insert on {TABLE} for each row execute function skip()"
        );
        sql::run(&mut connection, trigger).await.unwrap();
        let error = load(&mut connection, &lines(GOOD)).await.unwrap_err();
        assert!(error.message().contains("a trigger leaves rows out"), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_loaded_into_is_known_before_a_byte_is_sent() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let more = "create view \"My App\".seen as select * from \"My App\".\"Docs\";
            create table \"My App\".made (id bigint primary key, part real[],
              embedding extensions.vector(2) generated always as (part::extensions.vector(2)) stored);
            grant usage on schema \"My App\" to authenticated";
        sql::run(&mut connection, more).await.unwrap();
        for (target, message) in [
            ("\"My App\".seen", "is not a table"),
            ("\"My App\".nothing", "neither a collection nor a table"),
            ("\"My App\".made", "lines cannot fill"),
        ] {
            let error = destination(&mut connection, target).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Precondition, "{target}: {error:?}");
            assert!(error.message().contains(message), "{target}: {error:?}");
        }

        let mut visitor = database.connection().await;
        sql::run(&mut visitor, "set role authenticated").await.unwrap();
        let error = destination(&mut visitor, TABLE).await.unwrap_err();
        assert!(
            error
                .message()
                .starts_with("role `authenticated` may not insert into"),
            "{error:?}"
        );
        assert_eq!(error.kind(), Kind::Precondition);

        let grants = format!(
            "grant select, insert on {TABLE} to authenticated; alter table {TABLE} enable row level security"
        );
        sql::run(&mut connection, grants).await.unwrap();
        let error = destination(&mut visitor, TABLE).await.unwrap_err();
        assert!(
            error
                .message()
                .starts_with("row-level security applies to role `authenticated`"),
            "{error:?}"
        );
        visitor.close().await.unwrap();

        // The owner is not held by it.
        load(&mut connection, &lines(GOOD)).await.unwrap();
    })
    .await;
}
