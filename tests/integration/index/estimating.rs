//! What `vecops index estimate` says, held against indexes that are really built.

use super::fixture::{TABLE, index, random, rows, run, table, vectors};
use crate::support::{Sandbox, on_each_server};

use sqlx::Row as _;

/// The column's type, a row's value, rows, and the flags of both commands.
const BUILT: [(&str, &str, u32, &[&str]); 12] = [
    ("vector(64)", "vector", 2_000, &[]),
    ("vector(64)", "vector", 2_000, &["--m", "40"]),
    ("vector(384)", "vector", 600, &[]),
    ("vector(768)", "vector", 300, &[]),
    ("vector(1024)", "vector", 200, &[]),
    ("vector(1536)", "vector", 150, &["--m", "6"]),
    ("vector(1976)", "vector", 100, &[]),
    ("halfvec(384)", "halfvec", 600, &[]),
    ("halfvec(1536)", "halfvec", 200, &[]),
    ("halfvec(3072)", "halfvec", 100, &["--m", "24"]),
    ("bit(384)", "bit", 2_000, &[]),
    ("bit(1536)", "bit", 1_000, &["--m", "32"]),
];

#[tokio::test]
async fn built_indexes_have_the_size_that_was_said() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        for (column, element, count, flags) in BUILT {
            let dimensions: u32 = column
                .trim_end_matches(')')
                .rsplit('(')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            let value = match element {
                "vector" => random(dimensions),
                "halfvec" => format!("{}::halfvec", random(dimensions)),
                _ => format!(
                    "(select string_agg(case when random() + (d + g) * 0 < 0.5 then '0' else '1' end, '')::bit({dimensions})
                      from generate_series(1, {dimensions}) d)"
                ),
            };
            table(&mut connection, column, &value, count).await;
            let target = format!("{TABLE}.embedding");
            let said = index(database, &[&["estimate", &target], flags].concat()).report();
            let m = flags.get(1).unwrap_or(&"16");
            let opclass = if element == "bit" { "bit_hamming" } else { element };
            let suffix = if element == "bit" { "" } else { "_l2" };
            run(
                &mut connection,
                format!("create index built on {TABLE} using hnsw (embedding extensions.{opclass}{suffix}_ops) with (m = {m}, ef_construction = 100)"),
            )
            .await;
            let size = rows(&mut connection, "select pg_relation_size('\"My App\".built')").await;
            let (actual, said): (i64, i64) = (size[0].get(0), said["bytes"].as_i64().unwrap());
            // Half a percent, and the few pages that chance moves in so small an index.
            let allowed = (actual / 200).max(3 * 8_192);
            assert!((actual - said).abs() <= allowed, "{column} {flags:?}: {actual} built, {said} said");
        }
    })
    .await;
}

#[test]
fn nothing_is_connected_to_for_figures_alone() {
    let run = |flags: &[&str]| {
        let arguments = [&["index", "estimate", "--rows", "1000000", "--dimensions"], flags].concat();
        let output = Sandbox::new().vecops(&arguments).assert().success();
        String::from_utf8(output.get_output().stdout.clone()).unwrap()
    };
    let text = run(&["1536"]);
    for part in [
        "1,000,000 rows of hnsw, m = 16, vector(1536)",
        "7.6 GiB (8,192 bytes a row)",
        "1 row on a page, up to 1968 dimensions; with 948 dimensions 2",
        "up to 100 takes no more disk",
        "halfvec(1536)",
        "Micro",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let huge = [
        "index",
        "estimate",
        "--rows",
        "18446744073709551615",
        "--dimensions",
        "3",
    ];
    Sandbox::new().vecops(&huge).assert().code(2);
    let lists = run(&["768", "--method", "ivfflat"]);
    assert!(lists.contains("ivfflat, 1000 lists"), "{lists}");
}

#[tokio::test]
async fn the_time_of_a_build_is_measured_and_nothing_remains() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 16, 5_000).await;
        let said = index(database, &["estimate", TABLE, "--calibrate"]).report();
        assert_eq!(said["build_time"]["measured_rows"], 3_000, "{said}");
        let (least, most) = (&said["build_time"]["at_least"], &said["build_time"]["at_most"]);
        assert!(least.as_f64().unwrap() < most.as_f64().unwrap(), "{said}");
        let left = rows(
            &mut connection,
            "select 1 from pg_class where relname = 'vecops_calibration'",
        )
        .await;
        assert!(left.is_empty());
        let error = index(database, &["estimate", "--rows", "5"]).error(2);
        assert!(error.contains("TARGET") || error.contains("required"), "{error}");
    })
    .await;
}
