//! Good rows: read back they are what the source held.

use futures_util::TryStreamExt as _;
use predicates::prelude::predicate;
use serde_json::json;
use sqlx::{PgConnection, Row as _};
use vecops::progress::Silent;
use vecops::seed::{self, builtin};
use vecops::sql;
use vecops::vector::copy::{CopyDecoder, field};
use vecops::vector::literal;

use super::fixture::{TABLE, count, destination, file, lines, load, number, rows, seed, start, table};
use crate::support::{Sandbox, database, majors, on_each_server, peak_memory};

/// Vectors with every kind of finite number in them.
fn vectors(count: usize, dimensions: usize, largest: f32) -> Vec<Vec<f32>> {
    let mut bits = 7_u32;
    let special = [
        0.0,
        -0.0,
        1e-45,
        f32::MIN_POSITIVE,
        largest,
        -largest,
        0.1,
        1.0 / 3.0,
    ];
    let mut element = |place: usize| match special.get(place % 11) {
        Some(value) => *value,
        None => loop {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let value = f32::from_bits(bits);
            if value.is_finite() && value.abs() <= largest {
                break value;
            }
        },
    };
    (0..count)
        .map(|row| (0..dimensions).map(|place| element(row + place)).collect())
        .collect()
}

/// One line for each vector, ids from 1.
fn jsonl(vectors: &[Vec<f32>]) -> String {
    let line = |(id, vector): (usize, &Vec<f32>)| {
        let others = json!({"id": id, "content": content(id), "metadata": {"n": id, "ü": [null, "☕"]}});
        let others = others.to_string();
        format!(
            "{}, \"embedding\": {}}}\n",
            &others[..others.len() - 1],
            literal::format(vector)
        )
    };
    (1..).zip(vectors).map(line).collect()
}

fn content(id: usize) -> String {
    format!("Grüße, 世界 \u{1f30d}\n\"{id}\"\t\\ {}", "x".repeat(id % 50))
}

/// The table's rows through binary COPY: id, content, vector.
async fn read_back(connection: &mut PgConnection, columns: &str) -> Vec<Vec<Vec<u8>>> {
    let statement = format!("copy (select {columns} from {TABLE} order by id) to stdout (format binary)");
    let mut stream = connection.copy_out_raw(&statement).await.unwrap();
    let mut decoder = CopyDecoder::new();
    let mut rows = Vec::new();
    while let Some(bytes) = stream.try_next().await.unwrap() {
        decoder.push(&bytes);
        while let Some(row) = decoder.next_row().unwrap() {
            rows.push(row.fields().map(|field| field.unwrap().to_vec()).collect());
        }
    }
    decoder.finish().unwrap();
    rows
}

#[tokio::test]
async fn every_bit_of_a_row_comes_back() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        for dimensions in [1, 17, 2000] {
            table(&mut connection, &format!("vector({dimensions})"), "").await;
            let vectors = vectors(30, dimensions, f32::MAX);
            // Of one dimension, some are zero, which cosine refuses; declare the metric by an index.
            let index = format!("create index on {TABLE} using hnsw (embedding extensions.vector_l2_ops)");
            sql::run(&mut connection, index).await.unwrap();
            let report = load(&mut connection, &lines(jsonl(&vectors))).await.unwrap();
            assert_eq!(report.rows, 30);
            assert_eq!(report.vector_indexes, ["Docs_embedding_idx"]);

            let read = read_back(&mut connection, "id, content, embedding").await;
            for ((id, vector), row) in (1_usize..).zip(&vectors).zip(&read) {
                assert_eq!(field::int8(&row[0]).unwrap(), i64::try_from(id).unwrap());
                assert_eq!(field::text(&row[1]).unwrap(), content(id));
                let bits = |vector: &[f32]| vector.iter().map(|element| element.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&field::vector(&row[2]).unwrap()), bits(vector));
            }
            assert_eq!(read.len(), vectors.len());
            let expected = format!("select count(*) from {TABLE} where metadata = jsonb_build_object('n', id, 'ü', '[null, \"☕\"]'::jsonb)");
            assert_eq!(number(&mut connection, &expected).await, 30);
        }
    })
    .await;
}

#[tokio::test]
async fn halfvec_rounds_as_the_servers_own_cast() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "halfvec(300)", "").await;
        let mut vectors = vectors(40, 300, 65_519.0);
        // Halves between two neighbours, and the smallest that are not zero.
        vectors.push(
            (0..300_u16)
                .map(|n| 1.0 + (f32::from(n) + 0.5) / 1024.0)
                .collect(),
        );
        vectors.push(
            (0..300_u16)
                .map(|n| (f32::from(n) + 0.5) * 2_f32.powi(-24))
                .collect(),
        );
        load(&mut connection, &lines(jsonl(&vectors))).await.unwrap();

        sql::run(&mut connection, "create table texts (id bigint, embedding text)")
            .await
            .unwrap();
        for (id, vector) in (1_i64..).zip(&vectors) {
            sql::fixed("insert into texts values ($1, $2)")
                .bind(id)
                .bind(literal::format(vector))
                .execute(&mut connection)
                .await
                .unwrap();
        }
        let equal = format!(
            "select count(*) from {TABLE} join texts using (id) where \"Docs\".embedding::text
             = texts.embedding::extensions.vector(300)::extensions.halfvec(300)::text"
        );
        assert_eq!(number(&mut connection, &equal).await, 42);
    })
    .await;
}

#[tokio::test]
async fn ids_given_move_the_sequence_and_ids_left_out_are_made() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let line = |id: &str| format!("{{{id}\"content\": \"c\", \"embedding\": [1, 2]}}\n");
        let given = load(
            &mut connection,
            &lines(line("\"id\": 7, ") + &line("\"id\": -3, ")),
        )
        .await
        .unwrap();
        assert_eq!(given.sequence_moved_to, Some(7));
        let made = load(&mut connection, &lines(line("").repeat(3))).await.unwrap();
        assert_eq!(made.sequence_moved_to, None);
        let behind = load(&mut connection, &lines(line("\"id\": 2, "))).await.unwrap();
        assert_eq!(behind.sequence_moved_to, None, "the sequence never moves back");
        let ids: Vec<i64> = rows(&mut connection, &format!("select id from {TABLE} order by id"))
            .await
            .iter()
            .map(|row| row.get(0))
            .collect();
        assert_eq!(ids, [-3, 2, 7, 8, 9, 10]);
    })
    .await;
}

#[tokio::test]
async fn other_columns_are_filled_from_the_catalog() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let more = ", small smallint default 5, price float8, note varchar(5), at timestamptz, tags jsonb,
            who uuid, twice int generated always as (1 + 1) stored, place point";
        table(&mut connection, "vector(2)", more).await;
        let line = r#"{"content": "c", "embedding": [1, 2], "price": 1.25, "note": "five!", "at": "2026-01-31T12:00:00.123456Z",
            "tags": ["a"], "who": "6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d"}"#;
        let bare = r#"{"content": "c", "embedding": [1, 2]}"#;
        let source = format!("{}\n{bare}\n", line.replace('\n', " "));
        load(&mut connection, &lines(source)).await.unwrap();
        let query = format!(
            "select jsonb_agg(to_jsonb(t) - 'embedding' order by id)::text from (select *, at = '2026-01-31 12:00:00.123456+00' as exact
             from {TABLE}) t"
        );
        let found: String = rows(&mut connection, &query).await[0].get(0);
        let mut found: serde_json::Value = serde_json::from_str(&found).unwrap();
        found[0].as_object_mut().unwrap().remove("at");
        assert_eq!(
            found,
            json!([
                {"id": 1, "content": "c", "metadata": {}, "small": 5, "price": 1.25, "note": "five!", "tags": ["a"],
                 "who": "6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d", "twice": 2, "place": null, "exact": true},
                {"id": 2, "content": "c", "metadata": {}, "small": 5, "price": null, "note": null, "tags": null,
                 "who": null, "twice": 2, "place": null, "at": null, "exact": null},
            ])
        );
    })
    .await;
}

#[tokio::test]
async fn triggers_see_the_search_path_that_the_role_has() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let trigger = format!(
            "create table seen (id bigint);
             create function note() returns trigger language plpgsql as 'begin insert into seen values (new.id); return new; end';
             create trigger note after insert on {TABLE} for each row execute function note()"
        );
        sql::run(&mut connection, trigger).await.unwrap();
        let source = file("one.jsonl", br#"{"content": "c", "embedding": [1, 2]}"#);
        seed(database, &["--from", source.path.to_str().unwrap(), "--yes"]).success();
        assert_eq!(number(&mut connection, "select count(*) from seen").await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_program_loads_zstd_and_stdin_and_its_own_passages() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(384)", "").await;
        let passages = String::from_utf8(builtin::passages().to_vec()).unwrap();
        let first: String = passages.split_inclusive('\n').take(100).collect();
        let compressed = file("first.jsonl.zst", &zstd::encode_all(first.as_bytes(), 1).unwrap());
        seed(
            database,
            &["--from", compressed.path.to_str().unwrap(), "--yes", "--json"],
        )
        .success();
        assert_eq!(count(&mut connection).await, 100);
        let analyzed = format!("select reltuples::int8 from pg_class where oid = '{TABLE}'::regclass");
        assert_eq!(number(&mut connection, &analyzed).await, 100);

        sql::run(&mut connection, format!("truncate {TABLE}"))
            .await
            .unwrap();
        let mut piped = start(database);
        std::io::copy(&mut first.as_bytes(), piped.stdin.as_mut().unwrap()).unwrap();
        assert!(piped.wait_with_output().unwrap().status.success());
        assert_eq!(count(&mut connection).await, 100);

        sql::run(&mut connection, format!("truncate {TABLE}"))
            .await
            .unwrap();
        seed(database, &["--builtin"]).code(15);
        assert_eq!(
            count(&mut connection).await,
            0,
            "without consent nothing is loaded"
        );
        seed(database, &["--builtin", "--yes"]).success();
        assert_eq!(count(&mut connection).await, 448);
    })
    .await;
}

#[tokio::test]
async fn rows_of_an_owners_collection_have_an_owner() {
    const OWNER: &str = "6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d";
    let manifest = "[collections.notes]\ndimensions = 2\nmetric = \"cosine\"\npolicy = \"owner\"\n";
    on_each_server(async |database| {
        let sandbox = Sandbox::new();
        fs_err::write(sandbox.path().join("vecops.toml"), manifest).unwrap();
        fs_err::write(
            sandbox.path().join("rows.jsonl"),
            r#"{"content": "c", "embedding": [1, 2]}"#,
        )
        .unwrap();
        let vecops = |arguments: &[&str]| {
            sandbox
                .vecops(arguments)
                .env("VECOPS_DB_URL", database.url())
                .assert()
        };
        let seed = ["seed", "notes", "--from", "rows.jsonl", "--yes"];
        vecops(&["setup", "apply", "--yes"]).success();
        vecops(&seed)
            .code(1)
            .stderr(predicate::str::contains(
                "rows.jsonl:1: key `owner_id` is missing",
            ))
            .stderr(predicate::str::contains("`--owner UUID`"));
        vecops(&[&seed[..], &["--owner", OWNER]].concat()).success();
        let as_owner = [
            "search",
            "notes",
            "--vector",
            "[1,2]",
            "--as",
            &format!("user:{OWNER}"),
        ];
        vecops(&as_owner)
            .success()
            .stdout(predicate::str::contains("1 row of"));
    })
    .await;
}

#[tokio::test]
async fn checking_lists_every_bad_line_and_loads_nothing() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let good = |id: u32| format!("{{\"id\": {id}, \"content\": \"c\", \"embedding\": [1, 2]}}\n");
        load(&mut connection, &lines(good(5))).await.unwrap();
        let source = good(1) + &good(2) + "\n{\"id\": 3}\n" + &good(1) + "x\n" + &good(5) + &good(6);
        let destination = destination(&mut connection, TABLE).await.unwrap();
        let report = seed::check(&mut connection, &destination, &lines(source.clone()), &Silent)
            .await
            .unwrap();
        let found: Vec<String> = report
            .problems
            .iter()
            .map(|problem| format!("{}: {}", problem.line, problem.why))
            .collect();
        assert_eq!(
            found,
            [
                "4: key `content` is missing",
                "5: `id` 1 stands on line 1, too",
                "6: bad JSON: expected value at column 1",
                "7: `id` 5 is already in `\"My App\".\"Docs\"`",
            ]
        );
        assert_eq!((report.rows, report.problem_count), (3, 4));
        let source = file("mixed.jsonl", source.as_bytes());
        seed(database, &["--from", source.path.to_str().unwrap(), "--dry-run"]).code(3);
        assert_eq!(count(&mut connection).await, 1);
    })
    .await;
}

#[tokio::test]
async fn memory_does_not_grow_with_the_source() {
    const ROWS: usize = 30_000;
    const MOST_KIB: u64 = 32 * 1024;
    let database = database(majors()[0]).await;
    let mut connection = database.connection().await;
    table(&mut connection, "vector(384)", "").await;
    let numbers: Vec<String> = (0..384)
        .map(|place| format!("0.{:05}", place * 37 % 99_999 + 1))
        .collect();
    let line = format!(
        "{{\"content\": \"passage\", \"embedding\": [{}]}}\n",
        numbers.join(", ")
    );
    let bytes = u64::try_from(line.len() * ROWS).unwrap();
    assert!(
        bytes > MOST_KIB * 1024 * 3 / 2,
        "the source must be larger than what is allowed: {bytes}"
    );

    let mut program = start(&database);
    let mut input = program.stdin.take().unwrap();
    let part = line.repeat(ROWS / 100);
    for _ in 0..100 {
        std::io::Write::write_all(&mut input, part.as_bytes()).unwrap();
    }
    let peak = peak_memory(program.id()).unwrap();
    println!(
        "peak memory {} MiB for a source of {} MiB",
        peak / 1024,
        bytes >> 20
    );
    assert!(peak < MOST_KIB, "{peak} KiB");
    drop(input);
    assert!(program.wait().unwrap().success());
    assert_eq!(count(&mut connection).await, i64::try_from(ROWS).unwrap());
    database.remove().await;
}
