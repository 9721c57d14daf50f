//! A resumable load, broken at any point and run again, leaves each row of the source in the table once.

use predicates::prelude::predicate;
use sqlx::PgConnection;

use super::faults::{Fault, Load, ROWS, Random, alone, content, ended, forget, signal, source};
use super::fixture::{TABLE, count, file, number, seed, table};
use super::proxy::Direction;
use crate::support::{on_each_server, wait_until};

/// How many faults each mode is put to.
const FAULTS: usize = 20;

const RESUMABLE: &[&str] = &["--resumable", "--batch-size", "256KiB"];

/// Each of the rows is in the table once.
async fn expect_each_once(connection: &mut PgConnection, rows: u64, what: &str) {
    let distinct = format!("select count(distinct content) from {TABLE}");
    let found = (count(connection).await, number(connection, &distinct).await);
    let rows = i64::try_from(rows).unwrap();
    assert_eq!(found, (rows, rows), "{what}");
}

/// Breaks a load twenty times, runs it again each time, and hands out how many rows were there between.
async fn break_and_run_again(flags: &'static [&'static str], between: impl Fn(Fault, i64, &str)) {
    on_each_server(async |database| {
        let mut random = Random::new();
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let source = file("rows.jsonl", source(u64::MAX).as_bytes());
        let load = Load {
            path: &source.path,
            flags,
        };
        let (sent, received) = load.measure(database).await;
        let whole = content(&mut connection).await;
        expect_each_once(&mut connection, ROWS, "undisturbed").await;
        for round in 0..FAULTS {
            forget(&mut connection).await;
            let fault = Fault::of_round(round);
            let total = if fault.direction() == Direction::ToServer {
                sent
            } else {
                received
            };
            let at = random.below(total * 99 / 100) + 1;
            let status = load.break_at(database, fault, at).await;
            let there = count(&mut connection).await;
            let what = format!("{fault:?} after {at} of {total} bytes: {status}, {there} rows");
            println!("{what}");
            between(fault, there, &what);
            if there < whole.0 || flags == RESUMABLE {
                assert!(load.run(&database.url()).await.success(), "{what}");
            }
            assert_eq!(content(&mut connection).await, whole, "{what}");
        }
    })
    .await;
}

#[tokio::test]
async fn broken_at_twenty_points_it_resumes_to_equality() {
    let resumed = std::cell::Cell::new(0);
    break_and_run_again(RESUMABLE, |_, there, _| {
        resumed.set(resumed.get() + u32::from(there > 0 && there.unsigned_abs() < ROWS));
    })
    .await;
    assert!(resumed.get() > 0, "no fault fell between two batches");
}

#[tokio::test]
async fn broken_at_twenty_points_an_atomic_load_is_there_or_not_at_all() {
    break_and_run_again(&["--atomic"], |fault, there, what| {
        assert!(there == 0 || there.unsigned_abs() == ROWS, "{what}");
        // Only the answer to the commit can be lost behind it.
        assert!(there == 0 || fault != Fault::Stall, "{what}");
    })
    .await;
}

#[tokio::test]
async fn with_bad_lines_left_out_the_rejects_are_each_there_once_too() {
    on_each_server(async |database| {
        let mut random = Random::new();
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let source = file("rows.jsonl", source(100).as_bytes());
        for number in 0..4 {
            let rejects = source.path.with_extension(number.to_string());
            let more = ["--on-error", "skip", "--rejects", rejects.to_str().unwrap()];
            let load = Load {
                path: &source.path,
                flags: &[RESUMABLE, &more].concat(),
            };
            let fault = [Fault::Kill, Fault::Cut][number % 2];
            let at = 300_000 + random.below(1_800_000);
            let status = load.break_at(database, fault, at).await;
            println!("{fault:?} after {at} bytes: {status}");
            assert_eq!(load.run(&database.url()).await.code(), Some(3));
            expect_each_once(&mut connection, ROWS - 40, "with bad lines").await;
            let text = fs_err::read_to_string(&rejects).unwrap();
            let lines: Vec<u64> = text
                .lines()
                .map(|line| {
                    serde_json::from_str::<serde_json::Value>(line).unwrap()["line"]
                        .as_u64()
                        .unwrap()
                })
                .collect();
            assert_eq!(lines, (1..=40).map(|bad| bad * 100).collect::<Vec<_>>());
            forget(&mut connection).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_signal_ends_it_with_what_is_in_and_how_to_go_on() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let source = file("rows.jsonl", source(u64::MAX).as_bytes());
        for (name, code) in [("INT", 130), ("TERM", 143)] {
            let slow = Load {
                path: &source.path,
                flags: &["--resumable", "--batch-size", "16KiB"],
            };
            let mut program = slow.spawn(&database.url());
            wait_until("a batch is in", async || count(&mut connection).await > 0).await;
            signal(&program, name);
            let status = ended(&mut program).await;
            let stderr = std::io::read_to_string(program.stderr.take().unwrap()).unwrap();
            alone(&mut connection).await;
            let there = count(&mut connection).await;
            assert_eq!(status.code(), Some(code), "{stderr}");
            assert!(there.unsigned_abs() < ROWS, "it was over before the signal");
            let message = format!("interrupted; {there} rows are in `");
            assert!(stderr.contains(&message), "{message}: {stderr}");
            assert!(stderr.contains("Run the same command again"), "{stderr}");
            assert!(slow.run(&database.url()).await.success());
            expect_each_once(&mut connection, ROWS, name).await;
            forget(&mut connection).await;
        }
    })
    .await;
}

#[tokio::test]
async fn two_runs_at_once_load_each_row_once() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let source = file("rows.jsonl", source(u64::MAX).as_bytes());
        let load = Load {
            path: &source.path,
            flags: RESUMABLE,
        };
        let (mut one, mut other) = (load.spawn(&database.url()), load.spawn(&database.url()));
        let codes = [ended(&mut one).await.code(), ended(&mut other).await.code()];
        println!("{codes:?}");
        assert!(codes.iter().all(|code| matches!(code, Some(0 | 13))), "{codes:?}");
        // Whoever came second stopped, and may go on.
        assert!(load.run(&database.url()).await.success());
        expect_each_once(&mut connection, ROWS, "two at once").await;
    })
    .await;
}

#[tokio::test]
async fn a_changed_source_is_refused_and_one_that_grows_goes_on() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let good = source(u64::MAX);
        let bad = good.clone() + "oh no\n";
        let source = file("rows.jsonl", bad.as_bytes());
        let path = source.path.to_str().unwrap();
        let run = |more: &[&str]| seed(database, &[&["--from", path, "--yes"], RESUMABLE, more].concat());
        run(&[]).code(4).stderr(predicate::str::contains("rows.jsonl:4001: bad JSON"));
        let between = count(&mut connection).await;
        assert!(between > 0);

        fs_err::write(path, bad.replacen("[1, 5]", "[1, 6]", 1)).unwrap();
        run(&[]).code(13).stderr(predicate::str::contains("--restart"));
        assert_eq!(count(&mut connection).await, between);

        // The bad line put right, one more row; then nothing to do; then more rows.
        let line = |name: &str| format!("{{\"content\": \"{name}\", \"embedding\": [1, 2]}}\n");
        fs_err::write(path, good.clone() + &line("one more")).unwrap();
        run(&[]).success().stdout(predicate::str::contains("resumed"));
        run(&[]).success().stdout(predicate::str::contains("nothing to do"));
        expect_each_once(&mut connection, ROWS + 1, "put right").await;
        fs_err::write(path, good + &line("one more") + &line("two more")).unwrap();
        run(&[]).success();
        expect_each_once(&mut connection, ROWS + 2, "grown").await;

        // Another source under the name of one that came to its end is a new load.
        fs_err::write(path, line("other")).unwrap();
        run(&[]).success();
        expect_each_once(&mut connection, ROWS + 3, "other").await;
        run(&["--restart"]).success();
        assert_eq!(count(&mut connection).await, i64::try_from(ROWS).unwrap() + 4);

        let closed = "select count(*) from pg_class c where c.oid = 'vecops.seed_ledger'::regclass and c.relrowsecurity
            and not has_table_privilege('anon', c.oid, 'SELECT') and not has_table_privilege('service_role', c.oid, 'SELECT')";
        assert_eq!(number(&mut connection, closed).await, 1);
        seed(database, &["--from", "-", "--yes", "--resumable"]).code(2);
    })
    .await;
}
