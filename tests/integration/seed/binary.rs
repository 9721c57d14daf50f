//! Binary COPY as a source: its rows are in the table, or an error names the one that cannot be.

use sqlx::{PgConnection, Row as _};
use vecops::sql;
use vecops::vector::copy::{CopyEncoder, HEADER, TRAILER};

use super::fixture::{TABLE, count, file, number, rows, seed, table};
use crate::support::on_each_server;

/// Rows of `id`, `content`, `metadata`, `embedding`, the last one with this element.
fn stream(elements: &[f32]) -> Vec<u8> {
    let mut encoder = CopyEncoder::new(4).unwrap();
    for (id, element) in (1..).zip(elements) {
        encoder.begin_row();
        encoder.int8(id);
        encoder.text("text").unwrap();
        encoder.jsonb("{\"a\": 1}").unwrap();
        encoder.vector(&[*element, 1.0]).unwrap();
    }
    [&HEADER[..], &encoder.take(0), &TRAILER].concat()
}

async fn made(connection: &mut PgConnection) {
    table(
        connection,
        "vector(2)",
        ", twice bigint generated always as (id * 2) stored",
    )
    .await;
}

#[tokio::test]
async fn rows_in_binary_form_are_loaded_compressed_too() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let plain = stream(&[1.0, 2.0, 3.0]);
        let zstd = zstd::encode_all(&plain[..], 1).unwrap();
        for (name, bytes) in [
            ("rows.pgcopy", &plain),
            ("rows.pgcopy.zst", &zstd),
            ("rows.bin", &plain),
        ] {
            made(&mut connection).await;
            let rows = file(name, bytes);
            let path = rows.path.to_str().unwrap();
            let mut arguments = vec!["--from", path, "--yes"];
            if name == "rows.bin" {
                arguments.extend(["--format", "pgcopy"]);
            }
            seed(database, &arguments).success();
            assert_eq!(
                number(
                    &mut connection,
                    &format!("select sum(twice)::bigint from {TABLE}")
                )
                .await,
                12
            );
            // The sequence goes on behind the greatest key.
            let next =
                format!("insert into {TABLE} (content, embedding) values ('next', '[1,2]') returning id");
            let next: i64 = super::fixture::rows(&mut connection, &next).await[0].get(0);
            assert_eq!(next, 4);
            let again = seed(database, &[&arguments[..], &["--on-conflict", "update"]].concat()).success();
            let stderr = String::from_utf8_lossy(&again.get_output().stdout).into_owned();
            assert!(stderr.contains('3'), "{stderr}");
        }
    })
    .await;
}

#[tokio::test]
async fn columns_are_named_where_the_stream_has_others_and_bad_rows_have_numbers() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        made(&mut connection).await;
        sql::run(&mut connection, format!("alter table {TABLE} add extra text"))
            .await
            .unwrap();
        let good = stream(&[1.0, 2.0]);
        let mut broken_length = good.clone();
        broken_length[21..25].copy_from_slice(&[0x7f; 4]);
        let mut with_oids = good.clone();
        with_oids[12] = 1;
        let cases: [(&str, Vec<u8>, &str, &str); 8] = [
            (
                "fields.pgcopy",
                good.clone(),
                "",
                "row 1: has 4 fields, but there are 5 columns",
            ),
            (
                "swapped.pgcopy",
                good.clone(),
                "content,id,metadata,embedding",
                "row 1: `id` does not fit",
            ),
            (
                "nan.pgcopy",
                stream(&[1.0, f32::NAN]),
                "id,content,metadata,embedding",
                "row 2: `embedding` holds NaN",
            ),
            (
                "cut.pgcopy",
                good[..good.len() - 9].to_vec(),
                "id,content,metadata,embedding",
                "ends in the middle, after 1 whole rows",
            ),
            (
                "more.pgcopy",
                [&good[..], b"x"].concat(),
                "id,content,metadata,embedding",
                "goes on after its end",
            ),
            (
                "text.pgcopy",
                b"1\ta\n".to_vec(),
                "id,content,metadata,embedding",
                "is not binary COPY",
            ),
            (
                "oids.pgcopy",
                with_oids,
                "id,content,metadata,embedding",
                "features of binary COPY that are not known",
            ),
            (
                "length.pgcopy",
                broken_length,
                "id,content,metadata,embedding",
                "row 1: a field's length is",
            ),
        ];
        for (name, bytes, columns, message) in cases {
            let rows = file(name, &bytes);
            let path = rows.path.to_str().unwrap();
            let mut arguments = vec!["--from", path, "--yes"];
            if !columns.is_empty() {
                arguments.extend(["--columns", columns]);
            }
            let refused = seed(database, &arguments).code(1);
            let stderr = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
            assert!(
                stderr.contains(message) && stderr.contains(name),
                "{name}: {stderr}"
            );
            assert_eq!(count(&mut connection).await, 0, "{name}");
        }
        let rows_of = file("good.pgcopy", &good);
        let path = rows_of.path.to_str().unwrap();
        for (columns, message) in [
            ("id,contents", "Did you mean `content`?"),
            ("id,content,id,embedding", "twice"),
        ] {
            let refused = seed(database, &["--from", path, "--columns", columns, "--yes"]).code(2);
            let stderr = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
            assert!(stderr.contains(message), "{stderr}");
        }
        let columns = "id,content,metadata,embedding";
        seed(database, &["--from", path, "--columns", columns, "--dry-run"]).success();
        seed(database, &["--from", path, "--columns", columns, "--yes"]).success();
        let all = rows(
            &mut connection,
            &format!("select content || metadata from {TABLE} order by id"),
        )
        .await;
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].get::<String, _>(0), "text{\"a\": 1}");
    })
    .await;
}
