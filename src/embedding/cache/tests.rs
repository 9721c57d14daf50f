use std::os::unix::fs::PermissionsExt as _;

use proptest::prelude::*;

use super::super::Providers;
use super::*;
use crate::manifest::ManifestFile;

fn provider(model: &str) -> Provider {
    let text = format!("[providers.p]\nbase_url = 'https://h/v1'\nmodel = '{model}'");
    let file = ManifestFile {
        path: "vecops.toml".into(),
        text,
    };
    Providers::read(&file)
        .unwrap()
        .choose(None, None)
        .unwrap()
        .clone()
}

fn entries(texts: &[&str]) -> Vec<(Key, Vec<f32>)> {
    #[expect(clippy::cast_precision_loss, reason = "short texts")]
    let entry = |text: &&str| (key(text), vec![text.len() as f32, 0.5, -1.0]);
    texts.iter().map(entry).collect()
}

fn put(space: &Space, entries: &[(Key, Vec<f32>)]) {
    let borrowed: Vec<(Key, &[f32])> = entries
        .iter()
        .map(|(key, vector)| (*key, vector.as_slice()))
        .collect();
    space.put(&borrowed).unwrap();
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path);
        }
    }
    all
}

#[test]
fn vectors_are_found_again_by_model_and_text_and_only_the_user_may_read_them() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::below(folder.path());
    let entries = entries(&["one", "two", "three"]);
    put(&cache.space(&provider("m")).unwrap(), &entries);

    let again = cache.space(&provider("m")).unwrap();
    for (key, vector) in &entries {
        assert_eq!(again.get(key).unwrap().as_ref(), Some(vector));
        assert!(again.has(key).unwrap());
    }
    assert_eq!(again.get(&key("four")).unwrap(), None);
    let other = cache.space(&provider("n")).unwrap();
    assert_eq!(other.get(&key("one")).unwrap(), None);

    let mode = |path: &Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("embeddings")), 0o700);
    assert!(files(folder.path()).iter().all(|file| mode(file) == 0o600));

    let report = cache.report().unwrap();
    assert_eq!((report[0].vectors, report[0].label.model.as_str()), (3, "m"));
    assert_eq!(cache.clear(Some("m")).unwrap().len(), 1);
    assert_eq!(cache.report().unwrap().len(), 1);
    assert_eq!(
        cache.space(&provider("m")).unwrap().get(&key("one")).unwrap(),
        None
    );
}

#[test]
fn two_at_once_see_what_the_other_adds_when_they_add() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::below(folder.path());
    let texts: Vec<String> = (0..2_000).map(|number| format!("text {number}")).collect();
    std::thread::scope(|scope| {
        for part in texts.chunks(500) {
            let cache = &cache;
            scope.spawn(move || {
                let space = cache.space(&provider("m")).unwrap();
                for some in part.chunks(20) {
                    put(
                        &space,
                        &entries(&some.iter().map(String::as_str).collect::<Vec<_>>()),
                    );
                }
            });
        }
    });
    let space = cache.space(&provider("m")).unwrap();
    assert!(texts.iter().all(|text| space.get(&key(text)).unwrap().is_some()));
    assert_eq!(cache.report().unwrap()[0].vectors, 2_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn a_damaged_file_gives_right_vectors_or_none(
        cut in any::<prop::sample::Index>(),
        flip in any::<prop::sample::Index>(),
        damage in 0..3_u8,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::below(folder.path());
        // All of one shard, so that records stand behind each other.
        let texts: Vec<String> = (0..2_000).map(|number| number.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).filter(|text| key(text)[0] == 7).collect();
        let all = entries(&texts);
        put(&cache.space(&provider("m")).unwrap(), &all);
        let path = files(folder.path()).into_iter().find(|path| path.ends_with("07.vectors")).unwrap();
        let mut bytes = fs_err::read(&path).unwrap();
        let record = bytes.len() / all.len();
        let hurt = match damage {
            0 => {
                let at = cut.index(bytes.len());
                bytes.truncate(at);
                all.len() - at / record
            }
            _ => {
                let at = flip.index(bytes.len());
                bytes[at] ^= 0x41;
                1
            }
        };
        fs_err::write(&path, &bytes).unwrap();

        let space = cache.space(&provider("m")).unwrap();
        let lost = all.iter().filter(|(key, vector)| match space.get(key).unwrap() {
            Some(found) => {
                assert_eq!(&found, vector);
                false
            }
            None => true,
        }).count();
        prop_assert!(lost <= hurt, "{lost} of {} lost, {hurt} hurt", all.len());
        // What was lost is added again, and all of it is there.
        put(&space, &all);
        let again = cache.space(&provider("m")).unwrap();
        prop_assert!(all.iter().all(|(key, vector)| again.get(key).unwrap().as_ref() == Some(vector)));
    }
}
