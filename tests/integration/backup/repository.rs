//! Folders that are no repository, no backup, or not what they were.

use vecops::backup::chunk::{Chunk, Codec, Range};
use vecops::backup::digest::{RowsDigest, Sha};
use vecops::backup::repository::{MANIFEST, Repository, SetName};
use vecops::error::Kind;

use super::fixture::Place;

fn find(path: &std::path::Path) -> vecops::error::Result<(Repository, SetName)> {
    Repository::find(path.to_str().unwrap())
}

#[test]
fn a_backup_is_found_by_its_folder_and_its_manifest_and_nothing_else_is_one() {
    let place = Place::new();
    let root = place.repository();
    let error = Repository::open(&root).unwrap_err();
    assert_eq!(error.kind(), Kind::Precondition);
    let repository = Repository::open_or_create(&root).unwrap();
    let none = find(&root).unwrap_err();
    assert!(none.to_string().contains("holds no backup"), "{none}");

    let set = SetName {
        name: "20260101T000000Z-00000000".to_owned(),
        database: "app".to_owned(),
    };
    let folder = repository.set_path(&set);
    fs_err::create_dir_all(&folder).unwrap();
    fs_err::write(folder.join(MANIFEST), "{}").unwrap();
    for path in [&root, &folder, &folder.join(MANIFEST)] {
        assert_eq!(find(path).unwrap().1, set, "{}", path.display());
    }
    let elsewhere = place.sandbox.path().join("a/b/c/d");
    fs_err::create_dir_all(&elsewhere).unwrap();
    for path in [std::path::Path::new("/"), &elsewhere] {
        assert_eq!(find(path).unwrap_err().kind(), Kind::Precondition);
    }
    fs_err::remove_file(root.join("FORMAT")).unwrap();
    fs_err::create_dir(root.join("FORMAT")).unwrap();
    assert_eq!(Repository::open(&root).unwrap_err().kind(), Kind::Failed);
}

#[test]
fn what_lies_where_chunks_should_is_said_or_passed_over() {
    let place = Place::new();
    let repository = Repository::open_or_create(&place.repository()).unwrap();
    let chunk = Chunk {
        object: Sha::of(b"chunk"),
        codec: Codec::Zstd,
        rows: 1,
        raw_bytes: 1,
        stored_bytes: 1,
        content: Sha::of(b"rows"),
        digest: RowsDigest::default(),
        range: Range::Whole,
    };
    assert_eq!(repository.open_object(&chunk).unwrap_err().kind(), Kind::Archive);
    let path = repository.object_path(&chunk.object, chunk.codec);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path.with_file_name("note.txt"), "mine").unwrap();
    assert_eq!(repository.objects().unwrap(), []);
    std::os::unix::fs::symlink(&path, &path).unwrap();
    let circle = repository.open_object(&chunk).unwrap_err();
    assert!(circle.to_string().contains("cannot be read"), "{circle}");

    let objects = place.repository().join("objects");
    fs_err::remove_dir_all(&objects).unwrap();
    fs_err::write(&objects, "").unwrap();
    assert_eq!(repository.objects().unwrap_err().kind(), Kind::Failed);
}
