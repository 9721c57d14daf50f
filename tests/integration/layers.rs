//! The arrows of ARCHITECTURE.md, held against the `crate::` paths and the crates that each file names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const BOTTOM: &[&str] = &["error", "failpoint", "progress", "manifest", "output"];
const FOUNDATIONS: &[&str] = &[
    "sql",
    "vector",
    "collection",
    "connection",
    "catalog",
    "embedding",
    "index_build",
];
const DOMAINS: &[&str] = &[
    "bench",
    "setup",
    "seed",
    "search",
    "export",
    "synthesize",
    "embedded",
    "index",
    "tune",
    "backup",
];

/// What a room of `src/` may import besides itself.
fn allowed(room: &str) -> Vec<&'static str> {
    let some = |rooms: &[&'static str]| rooms.to_vec();
    match room {
        "error" | "failpoint" | "progress" => some(&[]),
        "manifest" | "output" | "sql" | "vector" => some(&["error"]),
        "collection" => some(&["error", "manifest", "sql", "vector"]),
        "connection" => some(&["error", "progress", "manifest", "sql"]),
        "catalog" => some(&["error", "progress", "sql", "vector", "collection"]),
        "index_build" => some(&["error", "progress", "connection", "sql", "vector"]),
        "embedding" => some(&["error", "progress", "manifest"]),
        "render" => some(&["error", "progress"]),
        "cli" => [BOTTOM, FOUNDATIONS, DOMAINS, &["render"]].concat(),
        "lib" => [BOTTOM, FOUNDATIONS, DOMAINS, &["render", "cli"]].concat(),
        "main" => some(&["cli"]),
        domain if DOMAINS.contains(&domain) => [BOTTOM, FOUNDATIONS].concat(),
        unknown => {
            panic!("`src/{unknown}` has no place in the layers: add it to tests/integration/layers.rs")
        }
    }
}

/// Crates that belong to some rooms only.
const CRATES: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("dialoguer", &["cli"]),
    ("indicatif", &["render"]),
    ("comfy_table", &["render"]),
    ("tracing_subscriber", &["render"]),
    ("ureq", &["embedding"]),
];

#[test]
fn imports_point_down_only() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let room = room_of(&path);
        let allowed = allowed(&room);
        for (number, line) in code_lines(&text) {
            for target in named_after("crate::", line) {
                if target != room && !allowed.contains(&target.as_str()) {
                    wrong.push(format!(
                        "{}:{number}: `{room}` imports `{target}`",
                        path.display()
                    ));
                }
            }
            for (name, rooms) in CRATES {
                let named = line.contains(&format!("{name}::")) && !line.contains(&format!("_{name}::"));
                if named && !rooms.contains(&room.as_str()) {
                    wrong.push(format!(
                        "{}:{number}: `{room}` names the crate `{name}`",
                        path.display()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "the layers are broken:\n{}", wrong.join("\n"));
}

#[test]
fn only_the_edge_reads_the_environment_and_only_one_door_builds_sql() {
    let mut seen: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, text) in sources() {
        for (_, line) in code_lines(&text) {
            for word in ["std::env::var", "AssertSqlSafe", "copy_in_raw", "copy_out_raw"] {
                if line.contains(word) {
                    seen.entry(word).or_default().push(path.display().to_string());
                }
            }
        }
    }
    let only = |word: &str, place: &str| {
        let places = seen.get(word).cloned().unwrap_or_default();
        assert!(
            places.iter().all(|path| path.contains(place)),
            "`{word}` belongs to {place}, seen in {places:?}"
        );
    };
    only("std::env::var", "src/cli/context.rs");
    only("AssertSqlSafe", "src/sql/");
    only("copy_in_raw", "src/sql/");
    only("copy_out_raw", "src/sql/");
}

#[test]
fn files_stay_short_enough_to_read() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > 450)
        .collect();
    assert!(long.is_empty(), "split these by step of the work: {long:?}");
}

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs_err::read_to_string(&path).unwrap();
                sources.push((path.strip_prefix(root).unwrap().to_owned(), text));
            }
        }
    }
    assert!(sources.len() > 20, "the sources were not found");
    sources
}

/// The first folder or file name under `src/`.
fn room_of(path: &Path) -> String {
    let first = path.components().nth(1).unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The lines that are code, numbered from 1.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The names that follow `prefix` in a line, groups in braces included.
fn named_after(prefix: &str, line: &str) -> Vec<String> {
    let name = |text: &str| {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    let mut names = Vec::new();
    for after in line.split(prefix).skip(1) {
        match after.strip_prefix('{') {
            Some(group) => {
                let inside = group.split('}').next().unwrap_or_default();
                names.extend(
                    inside
                        .split(',')
                        .map(|part| name(part.trim()))
                        .filter(|part| part != "self"),
                );
            }
            None => names.push(name(after)),
        }
    }
    names.retain(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    names
}
