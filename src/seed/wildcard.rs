//! `part-*.jsonl` in quotes: files by a pattern, where the shell did not look for them.
//!
//! `*`, `?` and `[a-z]` as in a shell, within one name of the path; a name that begins with a dot is matched by a
//! pattern that does. Meanings: POSIX, "Pattern Matching Notation".

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};

/// The files that a path names: itself, unless it is a pattern and no file is called so. Sorted by name.
pub fn expand(path: &Path) -> Result<Vec<PathBuf>> {
    let is_pattern = |bytes: &[u8]| bytes.iter().any(|byte| b"*?[".contains(byte));
    if !is_pattern(path.as_os_str().as_encoded_bytes()) || path.exists() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = vec![PathBuf::new()];
    for component in path.components() {
        let Component::Normal(name) = component else {
            found.iter_mut().for_each(|folder| folder.push(component));
            continue;
        };
        let pattern = name.as_encoded_bytes();
        if !is_pattern(pattern) {
            found.iter_mut().for_each(|folder| folder.push(name));
            continue;
        }
        let mut below = Vec::new();
        for folder in &found {
            below.extend(matching(folder, pattern)?);
        }
        found = below;
    }
    found.retain(|path| path.exists() && !path.is_dir());
    found.sort();
    if found.is_empty() {
        return Err(Error::usage(format!("no file matches `{}`", path.display()))
            .hint("Name the files, or a pattern such as 'part-*.jsonl' that there are files for."));
    }
    Ok(found)
}

/// What a folder holds under names that match.
fn matching(folder: &Path, pattern: &[u8]) -> Result<Vec<PathBuf>> {
    let listed = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    // A pattern may go through what is no folder, or may not be read: nothing is there.
    let Ok(entries) = fs_err::read_dir(listed) else {
        return Ok(Vec::new());
    };
    let mut paths = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let hidden = name.as_encoded_bytes().first() == Some(&b'.') && pattern.first() != Some(&b'.');
        if !hidden && matches(pattern, name.as_encoded_bytes()) {
            paths.push(folder.join(name));
        }
    }
    Ok(paths)
}

/// Whether a name is one of the pattern's. Goes back to the last `*` only, so that no pattern takes long.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut left, mut rest) = (pattern, name);
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        match (left.split_first(), rest.split_first()) {
            (Some((b'*', after)), _) => {
                star = Some((after, rest));
                left = after;
                continue;
            }
            (None, None) => return true,
            (Some(_), Some((byte, others))) => {
                if let Some(after) = one(left, *byte) {
                    (left, rest) = (after, others);
                    continue;
                }
            }
            (None, Some(_)) | (Some(_), None) => {}
        }
        let Some((after, (_, others))) = star.and_then(|(after, at)| Some((after, at.split_first()?))) else {
            return false;
        };
        star = Some((after, others));
        (left, rest) = (after, others);
    }
}

/// The pattern behind its first part, where that matches a byte.
fn one(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    let (first, after) = pattern.split_first()?;
    match first {
        b'?' => Some(after),
        b'[' => match class(after) {
            Some((set, after)) => set.contains(byte).then_some(after),
            None => (byte == b'[').then_some(after),
        },
        other => (*other == byte).then_some(after),
    }
}

struct Class<'p> {
    negated: bool,
    members: &'p [u8],
}

/// The class whose `[` was read, and what stands behind its `]`; none where there is no `]`.
fn class(after: &[u8]) -> Option<(Class<'_>, &[u8])> {
    let negated = matches!(after.first(), Some(b'!' | b'^'));
    let members = after.get(usize::from(negated)..)?;
    // A `]` in the first place is a member.
    let end = members.iter().skip(1).position(|byte| *byte == b']')? + 1;
    let class = Class {
        negated,
        members: members.get(..end)?,
    };
    Some((class, members.get(end + 1..)?))
}

impl Class<'_> {
    fn contains(&self, byte: u8) -> bool {
        let mut rest = self.members;
        let mut found = false;
        while let Some((first, after)) = rest.split_first() {
            rest = match after {
                [b'-', last, others @ ..] => {
                    found |= (*first..=*last).contains(&byte);
                    others
                }
                _ => {
                    found |= *first == byte;
                    after
                }
            };
        }
        found != self.negated
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        let is = |pattern: &str, name: &str| matches(pattern.as_bytes(), name.as_bytes());
        for (pattern, name) in [
            ("part-*.jsonl", "part-01.jsonl"),
            ("*", "x"),
            ("a*b*c", "a-b-b-c"),
            ("?.csv", "1.csv"),
            ("[0-9][!a].x", "7b.x"),
            ("[]-]", "]"),
            ("a[", "a["),
            ("*.csv.*", "x.csv.gz"),
        ] {
            assert!(is(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("part-*.jsonl", "part-01.json"),
            ("?.csv", "12.csv"),
            ("[!a]", "a"),
            ("a*b", "a-c"),
            ("[a-c]", "d"),
        ] {
            assert!(!is(pattern, name), "{pattern} {name}");
        }
        // Not a matter of minutes.
        assert!(!is(&("a*".repeat(40) + "c"), &"a".repeat(5_000)));
    }

    #[test]
    fn files_are_found_in_order_and_nothing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [
            "b/2.csv",
            "b/10.csv",
            "a/1.csv",
            "a/.hidden.csv",
            "a/x[1].csv",
            "a/note",
        ] {
            fs_err::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs_err::write(at(name), b"").unwrap();
        }
        fs_err::create_dir(at("a/folder.csv")).unwrap();
        let found = |pattern: &str| expand(&at(pattern)).unwrap();
        assert_eq!(
            found("*/*.csv"),
            ["a/1.csv", "a/x[1].csv", "b/10.csv", "b/2.csv"].map(at)
        );
        assert_eq!(found("a/x[1].csv"), [at("a/x[1].csv")]);
        assert_eq!(found("nowhere"), [at("nowhere")]);
        let error = expand(&at("*.parquet")).unwrap_err();
        assert!(error.message().starts_with("no file matches"), "{error:?}");
    }

    proptest! {
        #[test]
        fn a_name_with_parts_replaced_by_stars_matches(name in "[a-z.]{1,12}", from in 0_usize..12, length in 0_usize..6) {
            let from = from.min(name.len());
            let to = (from + length).min(name.len());
            let pattern = format!("{}*{}", &name[..from], &name[to..]);
            prop_assert!(matches(pattern.as_bytes(), name.as_bytes()));
        }

        #[test]
        fn any_pattern_ends(pattern in prop::collection::vec(any::<u8>(), 0..20), name in prop::collection::vec(any::<u8>(), 0..20)) {
            matches(&pattern, &name);
        }
    }
}
