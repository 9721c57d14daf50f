//! Files that are damaged, strange or not what they are called: one error that names the place, and nothing loaded.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use predicates::prelude::predicate;

use super::fixture::{TABLE, count, file, rows, seed, table};
use crate::support::{TestDatabase, on_each_server, passable_folder};

const GOOD: &str = "{\"id\": 1, \"content\": \"c\", \"embedding\": [1, 2]}\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn cut(bytes: &[u8], by: usize) -> Vec<u8> {
    bytes[..bytes.len() - by].to_vec()
}

fn npy(shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

/// A file's name, its bytes, and how the error begins behind the folder.
#[expect(clippy::too_many_lines, reason = "a table of files")]
fn damaged() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let ids = (1..=5_000).map(|id| GOOD.replace(": 1,", &format!(": {id},")));
    let many = ids.collect::<String>().into_bytes();
    let parquet = include_bytes!("../../../fuzz/seeds/parquet/plain_two");
    // The library panics at these.
    let (divides, decodes) = (
        include_bytes!("../../../fuzz/seeds/parquet/panics_zero").to_vec(),
        include_bytes!("../../../fuzz/seeds/parquet/panics_dictionary").to_vec(),
    );
    let mut summed = include_bytes!("../../../fuzz/seeds/parquet/checksums_two").to_vec();
    let three = summed.windows(4).position(|bytes| bytes == 3_f32.to_le_bytes());
    summed[three.unwrap()] ^= 1;
    let csv = |text: &str| format!("id,content,embedding\n1,a,\"[1,2]\"\n{text}").into_bytes();
    let long = format!(
        "{{\"content\": \"{}\", \"embedding\": [1, 2]}}\n",
        "x".repeat(100_000_000)
    );
    vec![
        (
            "cut.parquet",
            cut(parquet, 9),
            "cut.parquet` cannot be read as Parquet",
        ),
        (
            "flipped.parquet",
            divides,
            "flipped.parquet` cannot be read as Parquet from row 1 on, in column `",
        ),
        (
            "summed.parquet",
            summed,
            "summed.parquet` cannot be read as Parquet from row 1 on, in column `embedding`",
        ),
        (
            "other.parquet",
            decodes,
            "other.parquet` cannot be read as Parquet from row 1 on",
        ),
        (
            "small.parquet",
            b"PAR1".to_vec(),
            "small.parquet` cannot be read as Parquet",
        ),
        (
            "empty.parquet",
            Vec::new(),
            "empty.parquet` cannot be read as Parquet",
        ),
        (
            "text.parquet",
            GOOD.into(),
            "text.parquet` cannot be read as Parquet",
        ),
        ("cut.jsonl.gz", cut(&gzip(&many), 20), "cut.jsonl.gz:"),
        (
            "cut.jsonl.zst",
            cut(&zstd::encode_all(&many[..], 1).unwrap(), 5),
            "cut.jsonl.zst:",
        ),
        (
            "cut.npy",
            npy("(2, 2)", &1_f32.to_le_bytes().repeat(4)[..15]),
            "cut.npy: row 2: the file ends in its middle",
        ),
        (
            "claims.npy",
            npy("(1152921504606846976, 2)", &1_f32.to_le_bytes().repeat(2)),
            "claims.npy: row 2: the file ends before it",
        ),
        (
            "wide.npy",
            npy("(2, 1152921504606846976)", &[0; 8]),
            "wide.npy: claims 1152921504606846976 dimensions",
        ),
        ("empty.npy", Vec::new(), "empty.npy: is no NumPy array"),
        (
            "cut.fvecs",
            b"\x02\0\0\0\0\0\x80\x3f".to_vec(),
            "cut.fvecs: row 1: the file ends in its middle",
        ),
        (
            "claims.bvecs",
            b"\xff\xff\xff\x7f".to_vec(),
            "claims.bvecs: row 1: claims 2147483647 dimensions",
        ),
        (
            "mixed.fvecs",
            [
                2_i32.to_le_bytes(),
                1_f32.to_le_bytes(),
                1_f32.to_le_bytes(),
                1_i32.to_le_bytes(),
                1_f32.to_le_bytes(),
            ]
            .concat(),
            "mixed.fvecs: row 2: `embedding` has 1 dimensions, the column 2",
        ),
        (
            "open.csv",
            csv("2,\"b,\"[1,2]\"\n"),
            "open.csv:3: field 2 goes on after its closing quote",
        ),
        (
            "never.csv",
            csv("2,\"b\n\n"),
            "never.csv:3: a quote opens and is never closed",
        ),
        (
            "fields.csv",
            csv("2,b\n"),
            "fields.csv:3: has 2 fields, the header 3",
        ),
        (
            "type.csv",
            csv("two,b,\"[1,2]\"\n"),
            "type.csv:3: `id` is `two`, which is no bigint",
        ),
        (
            "wide.csv",
            csv("2,b,\"[1,2,3]\"\n"),
            "wide.csv:3: `embedding` has 3 dimensions, the column 2",
        ),
        (
            "latin1.csv",
            [csv("2,"), b"\xe9,\"[1,2]\"\n".to_vec()].concat(),
            "latin1.csv:3: not UTF-8",
        ),
        (
            "twice.csv",
            b"id,id\n1,2\n".to_vec(),
            "twice.csv:1: column `id` stands twice in the header",
        ),
        (
            "long.jsonl.gz",
            gzip(&[GOOD.as_bytes(), long.as_bytes()].concat()),
            "long.jsonl.gz:2: the line is longer than 64 MiB",
        ),
    ]
}

#[tokio::test]
async fn each_is_named_with_its_place_and_leaves_nothing() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let defaults = format!("alter table {TABLE} alter content set default ''");
        vecops::sql::run(&mut connection, defaults).await.unwrap();
        for (name, bytes, message) in damaged() {
            let bad = file(name, &bytes);
            seed(database, &["--from", bad.path.to_str().unwrap(), "--yes"])
                .code(1)
                .stdout("")
                .stderr(predicate::str::contains(message))
                .stderr(predicate::str::contains("\nerror: ").count(1));
            assert_eq!(count(&mut connection).await, 0, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn files_without_rows_load_none_and_do_not_replace_any() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let good = file("good.jsonl", GOOD.as_bytes());
        seed(database, &["--from", good.path.to_str().unwrap(), "--yes"]).success();
        for (name, bytes) in [
            ("empty.jsonl", Vec::new()),
            ("blank.jsonl", b"\n \r\n\n".to_vec()),
            ("empty.jsonl.gz", gzip(b"")),
            ("empty.csv", Vec::new()),
            ("header.csv", b"\xef\xbb\xbfid,content,embedding\r\n".to_vec()),
        ] {
            let empty = file(name, &bytes);
            let path = empty.path.to_str().unwrap();
            seed(database, &["--from", path, "--yes"])
                .success()
                .stdout(predicate::str::contains("the source holds no rows"));
            seed(database, &["--from", path, "--replace", "--yes"])
                .code(1)
                .stderr(predicate::str::contains(
                    "holds no rows to replace those of the table with",
                ));
            assert_eq!(count(&mut connection).await, 1, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn byte_order_marks_other_line_ends_and_a_last_line_without_one_are_no_matter() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let csv = file(
            "a.csv",
            b"\xef\xbb\xbfid,content,embedding\r\n1,a,\"[1,2]\"\r\n2,\"b\r\nb\",\"[1,2]\"",
        );
        let jsonl = file(
            "b.jsonl",
            format!("\u{feff}{}\r\n", GOOD.trim().replace(": 1,", ": 3,")).as_bytes(),
        );
        let paths = [csv.path.to_str().unwrap(), jsonl.path.to_str().unwrap()];
        seed(database, &["--from", paths[0], paths[1], "--yes"]).success();
        let query = format!("select id::text || content from {TABLE} order by id");
        let found: Vec<String> = rows(&mut connection, &query)
            .await
            .iter()
            .map(|row| sqlx::Row::get(row, 0))
            .collect();
        assert_eq!(found, ["1a", "2b\r\nb", "3c"]);
    })
    .await;
}

/// The program with arguments that need not be UTF-8.
fn run(database: &TestDatabase, arguments: &[&OsStr]) -> Output {
    command(database, arguments).output().unwrap()
}

fn command(database: &TestDatabase, arguments: &[&OsStr]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vecops"));
    command
        .args(["seed", TABLE, "--yes", "--from"])
        .args(arguments)
        .env_clear()
        .env("HOME", "/nowhere")
        .env("VECOPS_DB_URL", database.url())
        .stdin(Stdio::null());
    command
}

#[tokio::test]
async fn names_with_spaces_other_bytes_and_patterns_are_files_all_the_same() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let folder = passable_folder();
        let names: [&[u8]; 4] = [
            b"part 1.jsonl",
            b"part-2.jsonl",
            b"part-\xff.jsonl",
            b"other[1].jsonl",
        ];
        for (id, name) in (1..).zip(names) {
            let row = GOOD.replace(": 1,", &format!(": {id},"));
            fs_err::write(folder.path().join(OsStr::from_bytes(name)), row).unwrap();
        }
        let at = |name: &[u8]| folder.path().join(OsStr::from_bytes(name)).into_os_string();
        let load = |name: &[u8]| run(database, &[&at(name)]);
        assert!(
            load(b"other[1].jsonl").status.success(),
            "a file of that very name"
        );
        assert!(load(b"part*.jsonl").status.success(), "a pattern in quotes");
        assert_eq!(count(&mut connection).await, 4);
        let again = load(b"part-\xff.jsonl");
        let stderr = String::from_utf8_lossy(&again.stderr).into_owned();
        assert_eq!(again.status.code(), Some(1), "{stderr}");
        assert!(
            stderr.contains("part-\u{fffd}.jsonl:1: duplicate key value"),
            "{stderr}"
        );

        let none = load(b"part*.csv");
        let stderr = String::from_utf8_lossy(&none.stderr).into_owned();
        assert_eq!(none.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("no file matches"), "{stderr}");
        for (name, message) in [(&b""[..], "is a folder"), (b"part-3.jsonl", "part-3.jsonl")] {
            let refused = load(name);
            let stderr = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert_eq!(refused.status.code(), Some(2), "{stderr}");
            assert!(stderr.contains(message), "{stderr}");
        }
        let stdin_twice = run(database, &[OsStr::new("-"), OsStr::new("-")]);
        assert_eq!(stdin_twice.status.code(), Some(2));
    })
    .await;
}

#[tokio::test]
async fn a_file_that_may_not_be_read_is_a_wrong_argument() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let folder = passable_folder();
        let path = folder.path().join("secret.jsonl");
        fs_err::write(&path, GOOD).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
        let mut program = command(database, &[path.as_os_str()]);
        if vecops::embedded::runs_as_root().unwrap() {
            // Root reads everything, so somebody else runs a copy of the program that he can reach.
            let copy = folder.path().join("vecops");
            fs_err::copy(env!("CARGO_BIN_EXE_vecops"), &copy).unwrap();
            let nobody = 65_534;
            program = as_user(&program, &copy, nobody);
        }
        let output = program.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(
            stderr.contains("Permission denied") && stderr.contains("secret.jsonl"),
            "{stderr}"
        );
    })
    .await;
}

/// The same command, run by another user.
fn as_user(command: &Command, program: &Path, user: u32) -> Command {
    let mut other = Command::new(program);
    other.args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        other.env(name, value.unwrap_or_default());
    }
    other.uid(user).gid(user).current_dir("/");
    other
}

#[tokio::test]
async fn a_named_pipe_is_read_once_and_from_its_start() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let folder = passable_folder();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let refused = run(database, &[pipe.as_os_str(), OsStr::new("--resumable")]);
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        let writer = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs_err::write(pipe, GOOD)
        });
        let output = run(database, &[pipe.as_os_str()]);
        assert!(output.status.success(), "{output:?}");
        writer.join().unwrap().unwrap();
        assert_eq!(count(&mut connection).await, 1);
        let parquet = folder.path().join("pipe.parquet");
        assert!(Command::new("mkfifo").arg(&parquet).status().unwrap().success());
        let refused = run(database, &[parquet.as_os_str()]);
        let stderr = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("Parquet is read from its end"), "{stderr}");
    })
    .await;
}
