//! Programs that embed: kept running, started for each batch, and every way in which they can fail.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use vecops::embedding::{Column, Embedder, Options, Outcome, Providers, ProxySettings, Purpose};
use vecops::error::{Kind, Result};
use vecops::manifest::ManifestFile;
use vecops::progress::{Progress, Task, Unit};

/// Answers with the length of each line, and tells when it begins.
const GOOD: &str =
    r#"echo "begun" >> runs; while IFS= read -r line; do echo "{\"embedding\": [${#line}, 1]}"; done"#;

/// Keeps the notes.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Progress for Notes {
    fn task(&self, _: &str, _: Unit, _: Option<u64>) -> Task {
        Task::silent()
    }

    fn note(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }

    fn warn(&self, text: &str) {
        self.note(text);
    }
}

fn embedder(folder: &Path, script: &str, more: &str, notes: &Arc<Notes>) -> Embedder {
    let argv = serde_json::to_string(&["sh", "-c", script]).unwrap();
    let file = ManifestFile {
        path: folder.join("vecops.toml"),
        text: format!("[providers.local]\ncommand = {argv}\nmodel = \"m\"\n{more}\n"),
    };
    let options = Options {
        key: None,
        proxies: ProxySettings::default(),
        cache: None,
        column: Column::default(),
        progress: Arc::clone(notes) as Arc<dyn Progress>,
    };
    let providers = Providers::read(&file).unwrap();
    Embedder::new(providers.choose(None, None).unwrap(), options).unwrap()
}

fn run(script: &str, more: &str, texts: &[&str]) -> (Result<Vec<Outcome>>, Vec<String>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let notes = Arc::new(Notes::default());
    let embedder = embedder(folder.path(), script, more, &notes);
    let outcomes = embedder.embed(texts, Purpose::Document);
    drop(embedder);
    let runs = fs_err::read_to_string(folder.path().join("runs")).unwrap_or_default();
    let notes = notes.0.lock().unwrap().clone();
    (outcomes, notes, runs.lines().count())
}

fn lengths(outcomes: Result<Vec<Outcome>>) -> Vec<f32> {
    outcomes
        .unwrap()
        .into_iter()
        .map(|outcome| outcome.unwrap()[0])
        .collect()
}

const TEXTS: &[&str] = &["a", "bb", "ccc", "dddd", "eeeee"];

#[test]
fn one_process_answers_batch_after_batch() {
    let (outcomes, _, runs) = run(GOOD, "batch_size = 2\ndocument_prefix = \"p: \"", TEXTS);
    // {"text":"p: a"} has 15 characters.
    assert_eq!(lengths(outcomes), [15.0, 16.0, 17.0, 18.0, 19.0]);
    assert_eq!(runs, 1);
}

#[test]
fn a_program_that_reads_to_the_end_is_started_for_each_batch() {
    let script = r#"echo begun >> runs; lines=$(cat); printf '%s\n' "$lines" | while IFS= read -r line; do echo "{\"embedding\": [${#line}], \"other\": {}}"; done"#;
    let (outcomes, _, runs) = run(script, "batch_size = 2\none_shot = true", TEXTS);
    assert_eq!(lengths(outcomes), [12.0, 13.0, 14.0, 15.0, 16.0]);
    assert_eq!(runs, 3);
}

#[test]
fn more_than_a_pipe_holds_goes_both_ways() {
    let long = "x".repeat(100_000);
    let texts: Vec<String> = (0..40).map(|number| format!("{number}{long}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let script = r#"big=$(head -c 30000 /dev/zero | tr '\0' ' '); while IFS= read -r line; do echo "{\"embedding\": [${#line}]$big}"; done"#;
    let (outcomes, ..) = run(script, "", &texts);
    assert_eq!(lengths(outcomes).len(), 40);
}

#[test]
fn what_it_says_on_stderr_is_shown() {
    let script = format!("printf 'loading\\r 50%%\\r\\033[1mready\\n' >&2; {GOOD}");
    let (outcomes, notes, _) = run(&script, "", &["a"]);
    assert!(outcomes.is_ok());
    assert_eq!(notes, ["local: [1mready"]);
}

#[test]
fn a_text_can_be_refused() {
    let script = r#"while read -r line; do case "$line" in *bad*) echo '{"error": "no words in it"}';; *) echo '{"embedding": [1]}';; esac; done"#;
    let (outcomes, ..) = run(script, "", &["good", "bad", "better"]);
    let outcomes = outcomes.unwrap();
    assert_eq!(outcomes[1], Err("no words in it".to_owned()));
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
}

#[test]
fn every_way_to_fail_is_named_and_ends() {
    let dies = r#"read -r line; echo '{"embedding": [1]}'; echo "Traceback: no memory" >&2; exit 3"#;
    let hangs = "read -r line; exec sleep 600";
    for (script, more, expected) in [
        (
            dies,
            "",
            "ended (exit status: 3) after 1 answers to 5 texts: Traceback: no memory",
        ),
        ("exit 0", "", "after 0 answers to 5 texts"),
        ("exec >&-; exec sleep 600", "", "it closed its stdout"),
        (hangs, "timeout = \"1s\"", "gave no answer for 1s"),
        ("echo hello; cat", "", "wrote a line that is no answer"),
        (
            "while read -r line; do echo '{\"vector\": [1]}'; done",
            "",
            "has no `embedding`",
        ),
        (
            "while read -r line; do echo '{\"embedding\": []}'; done",
            "",
            "gave an empty vector",
        ),
    ] {
        let begun = Instant::now();
        let (outcomes, ..) = run(script, more, TEXTS);
        let error = outcomes.unwrap_err();
        assert_eq!(error.kind(), Kind::Failed, "{error}");
        assert!(error.to_string().contains(expected), "{script}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{script}");
    }
    let twice = r#"while read -r line; do printf '{"embedding": [1]}\n{"embedding": [2]}\n'; done"#;
    let (outcomes, ..) = run(twice, "batch_size = 1", TEXTS);
    let error = outcomes.unwrap_err();
    assert!(error.to_string().contains("answers no text"), "{error}");
    let other = r#"while read -r line; do echo '{"text": "a", "embedding": [1]}'; done"#;
    let (outcomes, ..) = run(other, "", TEXTS);
    let error = outcomes.unwrap_err();
    assert!(error.to_string().contains("answers another text"), "{error}");
}

#[test]
fn a_program_that_is_not_there_is_a_matter_of_the_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let file = ManifestFile {
        path: folder.path().join("vecops.toml"),
        text: "[providers.local]\ncommand = [\"./nowhere\", \"--secret\"]\nmodel = \"m\"\n".to_owned(),
    };
    let options = Options {
        key: None,
        proxies: ProxySettings::default(),
        cache: None,
        column: Column::default(),
        progress: Arc::new(Notes::default()),
    };
    let providers = Providers::read(&file).unwrap();
    let embedder = Embedder::new(providers.choose(None, None).unwrap(), options).unwrap();
    let error = embedder.embed(&["a"], Purpose::Document).unwrap_err();
    assert_eq!(error.kind(), Kind::Configuration);
    assert!(
        error.message().contains("`./nowhere`, cannot be started"),
        "{error}"
    );
}
