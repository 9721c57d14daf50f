//! What each depth of verifying promises to find, where every file keeps its size.

use std::path::{Path, PathBuf};

use vecops::backup::repository::Repository;
use vecops::backup::verify::{Depth, ProblemKind, verify};
use vecops::progress::Silent;

use super::fixture::{Place, run};
use crate::support::{TestDatabase, database, majors};

const DEPTHS: [Depth; 4] = [Depth::Quick, Depth::Stored, Depth::Deep, Depth::Sample(100.0)];

/// Tables of one row each that does not compress, so that their chunks are of one size.
async fn alike(database: &TestDatabase, names: &[&str]) {
    let mut connection = database.connection().await;
    run(
        &mut connection,
        "create extension if not exists vector with schema extensions",
    )
    .await;
    for name in names {
        run(
            &mut connection,
            format!(
                "create table public.{name} (id int primary key, v extensions.vector(1), noise bytea);
                 insert into public.{name} values (1, '[1]', (
                     select string_agg(sha256(('{name}' || n)::bytea), '') from generate_series(1, 100) n))"
            ),
        )
        .await;
    }
}

/// The chunk of a table of one chunk.
fn chunk_of(place: &Place, table: &str) -> PathBuf {
    let (repository, set) = Repository::find(place.repository().to_str().unwrap()).unwrap();
    let manifest = repository.manifest(&set).unwrap();
    let chunks = &manifest.table(&table.parse().unwrap()).unwrap().chunks;
    assert_eq!(chunks.len(), 1);
    repository.object_path(&chunks[0].object, chunks[0].codec)
}

/// What is wrong by each depth, by file.
async fn expect(place: &Place, what: &str, problems: &[(&PathBuf, [Option<ProblemKind>; 4])]) {
    let (repository, set) = Repository::find(place.repository().to_str().unwrap()).unwrap();
    for (number, depth) in DEPTHS.into_iter().enumerate() {
        let report = verify(&repository, &set, depth, 2, &Silent).await.unwrap();
        let found: Vec<_> = report
            .problems
            .iter()
            .map(|problem| (problem.kind, problem.file.clone()))
            .collect();
        let mut expected: Vec<_> = problems
            .iter()
            .filter_map(|(file, kinds)| Some((kinds[number]?, file.display().to_string())))
            .collect();
        expected.sort_by(|one, other| one.1.cmp(&other.1));
        assert_eq!(found, expected, "{what} by {depth:?}");
        let read = if depth == Depth::Quick { 0 } else { report.chunks };
        assert_eq!(report.read_chunks, read, "{depth:?}");
        assert_eq!(report.into_result().is_err(), !expected.is_empty());
    }
}

fn put(path: &Path, bytes: &[u8]) {
    fs_err::write(path, bytes).unwrap();
}

#[tokio::test]
async fn each_depth_finds_what_it_promises_where_sizes_stay_the_same() {
    use ProblemKind::{Damaged, Foreign, Missing};
    let database = database(majors()[0]).await;
    alike(&database, &["a", "b", "c"]).await;
    for codec in ["zstd", "planes"] {
        let place = Place::new();
        place.dumped(&database, &["public.a", "public.b", "--codec", codec]);
        let (a, b) = (chunk_of(&place, "public.a"), chunk_of(&place, "public.b"));
        let elsewhere = Place::new();
        elsewhere.dumped(&database, &["public.c", "--codec", codec]);
        let (of_a, of_b) = (fs_err::read(&a).unwrap(), fs_err::read(&b).unwrap());
        let of_c = fs_err::read(chunk_of(&elsewhere, "public.c")).unwrap();
        assert!(
            of_a.len() == of_b.len() && of_a.len() == of_c.len(),
            "only then sizes say nothing"
        );
        expect(&place, "nothing", &[]).await;

        let by_content = |kind| [None, Some(kind), Some(kind), Some(kind)];
        for at in [0, 4, 20, of_a.len() / 2, of_a.len() - 1] {
            let mut flipped = of_a.clone();
            flipped[at] ^= 1;
            put(&a, &flipped);
            expect(&place, &format!("a bit at {at}"), &[(&a, by_content(Damaged))]).await;
        }
        put(&a, &of_b);
        expect(&place, "a chunk twice", &[(&a, by_content(Foreign))]).await;
        put(&b, &of_a);
        let swapped = [(&a, by_content(Foreign)), (&b, by_content(Foreign))];
        expect(&place, "chunks swapped", &swapped).await;
        put(&b, &of_b);
        put(&a, &of_c);
        expect(&place, "another backup's chunk", &[(&a, by_content(Damaged))]).await;
        fs_err::remove_file(&a).unwrap();
        expect(&place, "no chunk", &[(&a, [Some(Missing); 4])]).await;
        put(&a, &[of_a.as_slice(), b"more"].concat());
        expect(&place, "a longer chunk", &[(&a, [Some(Damaged); 4])]).await;
        put(&a, &of_a);
        expect(&place, "nothing any more", &[]).await;
    }
    database.remove().await;
}
