//! Every way in which files go wrong is found, and named.

use std::path::Path;

use serde_json::Value;
use vecops::backup::chunk::{Chunk, ChunkReader, Codec, Range};
use vecops::backup::digest::{RowsDigest, Sha};
use vecops::backup::repository::{Repository, SetName};
use vecops::backup::verify::{Depth, ProblemKind, VerifyReport, verify};
use vecops::error::{Kind, Result};
use vecops::progress::Silent;
use vecops::vector::copy::{HEADER, TRAILER};

use super::fixture::{Place, docs, files};
use crate::support::{database, majors};

/// A small backup with several chunks.
async fn small(rows: u32, arguments: &[&str]) -> Place {
    let database = database(majors()[0]).await;
    docs(&database, rows).await;
    let place = Place::new();
    place.dumped(&database, arguments);
    database.remove().await;
    place
}

async fn check(place: &Place, depth: Depth) -> Result<VerifyReport> {
    let (repository, set) = Repository::find(place.repository().to_str().unwrap())?;
    verify(&repository, &set, depth, 2, &Silent).await
}

/// Whether verifying finds something wrong, as an error or as a problem.
async fn is_found(place: &Place, depth: Depth) -> bool {
    match check(place, depth).await {
        Ok(report) => !report.problems.is_empty(),
        Err(error) => {
            assert!(
                matches!(error.kind(), Kind::Archive | Kind::Precondition),
                "{error:?}"
            );
            true
        }
    }
}

async fn problem(place: &Place, depth: Depth) -> (ProblemKind, String) {
    let report = check(place, depth).await.unwrap();
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    (report.problems[0].kind, report.problems[0].file.clone())
}

fn flip(path: &Path, at: usize) -> Vec<u8> {
    let whole = fs_err::read(path).unwrap();
    let mut bytes = whole.clone();
    bytes[at] ^= 1 << (at % 8);
    fs_err::write(path, bytes).unwrap();
    whole
}

#[tokio::test]
async fn one_flipped_bit_is_found_wherever_it_is() {
    for codec in ["zstd", "planes"] {
        let place = small(1, &["--codec", codec]).await;
        assert!(check(&place, Depth::Deep).await.unwrap().problems.is_empty());
        let mut looked_at = 0;
        let flipped = match codec {
            "zstd" => files(&place.repository()),
            // The other files are the same.
            _ => place.objects(),
        };
        for path in flipped {
            let length = fs_err::metadata(&path).unwrap().len();
            // The script and its kin have one SHA-256 each, so a part of their bytes says as much.
            let is_aside = path
                .extension()
                .is_some_and(|end| ["md", "sh", "sql", "py"].iter().any(|it| end == *it));
            let step = if is_aside { 13 } else { 1 };
            for at in (0..usize::try_from(length).unwrap()).step_by(step) {
                let whole = flip(&path, at);
                assert!(
                    is_found(&place, Depth::Stored).await,
                    "{} at {at}",
                    path.display()
                );
                fs_err::write(&path, whole).unwrap();
                looked_at += 1;
            }
        }
        assert!(looked_at > 1000, "{looked_at}");
        assert!(check(&place, Depth::Stored).await.unwrap().problems.is_empty());
    }
}

/// Reading a chunk must find it as well, without the SHA-256 of its file having been looked at before.
#[tokio::test]
async fn a_reader_of_a_chunk_finds_every_flipped_bit_and_every_cut() {
    for codec in ["zstd", "planes"] {
        let place = small(1, &["--codec", codec]).await;
        let (repository, set) = Repository::find(place.repository().to_str().unwrap()).unwrap();
        let chunk = repository.manifest(&set).unwrap().tables[0].chunks[0].clone();
        let read = || ChunkReader::open(&repository, &chunk).and_then(ChunkReader::check);
        read().unwrap();
        let mut reader = ChunkReader::open(&repository, &chunk).unwrap();
        while reader.next_piece().unwrap().is_some() {}
        assert!(reader.next_piece().unwrap().is_none(), "it stays over");
        let claims: [fn(&mut Chunk); 5] = [
            |chunk| chunk.rows += 1,
            |chunk| chunk.raw_bytes += 1,
            |chunk| chunk.stored_bytes += 1,
            |chunk| chunk.content = Sha::of(b"other"),
            |chunk| chunk.digest.add_row(&Sha::of(b"other")),
        ];
        for claim in claims {
            let mut other = chunk.clone();
            claim(&mut other);
            let error = ChunkReader::open(&repository, &other).and_then(ChunkReader::check);
            assert_eq!(error.unwrap_err().kind(), Kind::Archive, "{other:?}");
        }
        let path = repository.object_path(&chunk.object, chunk.codec);
        let whole = fs_err::read(&path).unwrap();
        assert_ne!(
            whole[4] & 4,
            0,
            "RFC 8878: the frame has a checksum of its content"
        );
        for at in 0..whole.len() {
            flip(&path, at);
            assert_eq!(read().unwrap_err().kind(), Kind::Archive, "flipped at {at}");
            fs_err::write(&path, &whole[..at]).unwrap();
            assert_eq!(read().unwrap_err().kind(), Kind::Archive, "cut at {at}");
            fs_err::write(&path, &whole).unwrap();
        }
        fs_err::write(&path, [whole.as_slice(), b"more"].concat()).unwrap();
        assert_eq!(read().unwrap_err().kind(), Kind::Archive);
    }
}

#[tokio::test]
async fn truncation_at_every_4_kib_is_found_even_by_a_quick_look() {
    let place = small(200, &[]).await;
    for path in files(&place.repository()) {
        let whole = fs_err::read(&path).unwrap();
        for length in (0..whole.len()).step_by(4096) {
            fs_err::write(&path, &whole[..length]).unwrap();
            assert!(
                is_found(&place, Depth::Quick).await,
                "{} at {length}",
                path.display()
            );
        }
        fs_err::write(&path, &whole).unwrap();
    }
    assert!(check(&place, Depth::Deep).await.unwrap().problems.is_empty());
}

#[tokio::test]
async fn missing_swapped_and_foreign_chunks_are_named() {
    let place = small(4000, &["--chunk-size", "1"]).await;
    let objects = place.objects();
    assert!(objects.len() >= 3, "{objects:?}");
    let name = |path: &Path| path.display().to_string();

    let (one, other) = (
        fs_err::read(&objects[0]).unwrap(),
        fs_err::read(&objects[1]).unwrap(),
    );
    fs_err::remove_file(&objects[0]).unwrap();
    assert_eq!(
        problem(&place, Depth::Quick).await,
        (ProblemKind::Missing, name(&objects[0]))
    );
    fs_err::write(&objects[0], &other).unwrap();
    assert_eq!(
        problem(&place, Depth::Stored).await,
        (ProblemKind::Foreign, name(&objects[0]))
    );
    assert_eq!(
        problem(&place, Depth::Deep).await,
        (ProblemKind::Foreign, name(&objects[0]))
    );
    fs_err::write(&objects[1], &one).unwrap();
    let both = check(&place, Depth::Stored).await.unwrap();
    assert_eq!(both.problems.len(), 2);
    assert!(
        both.problems
            .iter()
            .all(|problem| problem.kind == ProblemKind::Foreign)
    );

    fs_err::write(&objects[1], &other).unwrap();
    fs_err::write(&objects[0], b"").unwrap();
    assert_eq!(
        problem(&place, Depth::Quick).await,
        (ProblemKind::Damaged, name(&objects[0]))
    );
    fs_err::write(&objects[0], &one).unwrap();
    assert!(check(&place, Depth::Deep).await.unwrap().problems.is_empty());

    // The program says it with its exit code, and names the chunk.
    fs_err::remove_file(&objects[2]).unwrap();
    let done = place.verify(&[]).assert().code(14);
    let report: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!(report["data"]["problems"][0]["kind"], "missing");
    assert_eq!(report["data"]["problems"][0]["table"], "public.docs");
    let said = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(
        said.contains(objects[2].file_name().unwrap().to_str().unwrap()),
        "{said}"
    );
}

/// Writes a manifest that was changed, with its own right sum.
fn forge(place: &Place, change: impl FnOnce(&mut Value)) {
    let folder = place.newest();
    let path = folder.join("MANIFEST.json");
    let mut manifest: Value = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let sum = vecops::backup::digest::Sha::of(&bytes);
    fs_err::write(&path, bytes).unwrap();
    fs_err::write(
        folder.join("MANIFEST.json.sha256"),
        format!("{sum}  MANIFEST.json\n"),
    )
    .unwrap();
}

#[tokio::test]
async fn a_manifest_that_does_not_add_up_is_refused() {
    let changes: [fn(&mut Value); 10] = [
        |manifest| {
            // A chunk twice, in a table that adds up.
            let table = &mut manifest["tables"][0];
            let chunk = table["chunks"][0].clone();
            for total in ["rows", "raw_bytes", "stored_bytes"] {
                table[total] = (table[total].as_u64().unwrap() + chunk[total].as_u64().unwrap()).into();
            }
            let mut digest: RowsDigest = table["digest"].as_str().unwrap().parse().unwrap();
            digest.add(chunk["digest"].as_str().unwrap().parse().unwrap());
            table["digest"] = digest.to_string().into();
            table["chunks"].as_array_mut().unwrap().push(chunk);
        },
        |manifest| manifest["format"] = 2.into(),
        |manifest| manifest["surprise"] = true.into(),
        |manifest| manifest["definition"]["tables"][0]["surprise"] = true.into(),
        |manifest| manifest["definition"]["tables"][0]["columns"][0]["surprise"] = true.into(),
        |manifest| manifest["name"] = "20260101T000000Z-00000000".into(),
        |manifest| manifest["tables"][0]["rows"] = 5.into(),
        |manifest| {
            manifest["tables"][0]["chunks"].as_array_mut().unwrap().pop();
        },
        |manifest| {
            let chunk = manifest["tables"][0]["chunks"][0].clone();
            manifest["tables"][0]["chunks"]
                .as_array_mut()
                .unwrap()
                .push(chunk);
        },
        |manifest| manifest["tables"][0]["key"] = serde_json::json!(["nothing"]),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let place = small(4, &[]).await;
        forge(&place, change);
        let error = check(&place, Depth::Quick).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Archive, "change {number}: {error:?}");
        let listed = place
            .sandbox
            .vecops(&["--json", "backup", "list", "repository"])
            .assert()
            .success();
        let listed: Value = serde_json::from_slice(&listed.get_output().stdout).unwrap();
        assert!(
            listed["data"]["backups"][0]["problem"].is_string(),
            "change {number}: {listed}"
        );
    }
}

#[tokio::test]
async fn a_newer_format_says_so_and_ends_with_14() {
    let place = small(4, &[]).await;
    let format = place.repository().join("FORMAT");
    fs_err::write(&format, "vecops-backup 2\n").unwrap();
    let done = place.verify(&[]).assert().code(14);
    let said = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(
        said.contains("has format 2") && said.contains("newer vecops"),
        "{said}"
    );
    fs_err::write(&format, "vecops-backup 1\n").unwrap();
    // A newer manifest may hold anything.
    fs_err::write(
        place.newest().join("MANIFEST.json"),
        r#"{"format": 7, "all": "else"}"#,
    )
    .unwrap();
    let done = place.verify(&[]).assert().code(14);
    let said = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(said.contains("has format 7"), "{said}");
}

#[test]
fn a_set_without_a_manifest_is_no_backup() {
    let place = Place::new();
    let repository = Repository::open_or_create(&place.repository()).unwrap();
    let set = SetName {
        database: "a/b".to_owned(),
        name: "20260101T000000Z-00000000".to_owned(),
    };
    fs_err::create_dir_all(repository.set_path(&set)).unwrap();
    assert_eq!(repository.sets().unwrap(), []);
    assert_eq!(
        Repository::find("nowhere").unwrap_err().kind(),
        Kind::Precondition
    );
    let path = repository.set_path(&set).display().to_string();
    assert_eq!(Repository::find(&path).unwrap_err().kind(), Kind::Archive);
}

/// A frame may be whole and its stream not, or something may follow it that `zstd` and `psql` would read: as short as
/// what a reader has read ahead, or longer.
#[test]
fn a_stream_without_its_end_or_with_more_behind_it_is_found() {
    let place = Place::new();
    let repository = Repository::open_or_create(&place.repository()).unwrap();
    let row = [0, 1, 0, 0, 0, 4, 0, 0, 0, 7];
    let row_sha = Sha::of(&row);
    let mut digest = RowsDigest::default();
    digest.add_row(&row_sha);
    for (is_ended, behind) in [(true, 0), (false, 0), (true, 1), (true, 1 << 20)] {
        let mut stream = [&HEADER[..], &row].concat();
        if is_ended {
            stream.extend(TRAILER);
        }
        let mut stored = zstd::encode_all(stream.as_slice(), 1).unwrap();
        stored.extend(vec![7; behind]);
        let chunk = Chunk {
            object: Sha::of(&stored),
            codec: Codec::Zstd,
            rows: 1,
            raw_bytes: stream.len().try_into().unwrap(),
            stored_bytes: stored.len().try_into().unwrap(),
            content: Sha::of(&row_sha.0),
            digest,
            range: Range::Whole,
        };
        let path = repository.object_path(&chunk.object, chunk.codec);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, stored).unwrap();
        let read = ChunkReader::open(&repository, &chunk).and_then(ChunkReader::check);
        assert_eq!(read.is_ok(), is_ended && behind == 0, "{behind}: {read:?}");
    }
}
