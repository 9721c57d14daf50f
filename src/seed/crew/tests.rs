use proptest::prelude::*;

use super::super::{fuzzing, reader};
use super::*;
use crate::seed::source::Inputs;

/// All that a load learns from events.
#[derive(Debug, Default, PartialEq)]
struct Learned {
    layouts: Vec<Vec<usize>>,
    bytes: Vec<u8>,
    lines: Vec<u64>,
    keys: Vec<(String, u64)>,
    greatest_id: Option<i64>,
    consumed: u64,
    rejected: Vec<(u64, String, Option<String>)>,
    error: Option<String>,
}

impl Learned {
    fn learn(&mut self, event: Event) {
        match event {
            Event::Layout(layout) => self.layouts.push(layout),
            Event::Rejected(line, rejection) => self.rejected.push((line, rejection.why, rejection.row)),
            Event::Rows(chunk) => {
                self.bytes.extend(chunk.bytes);
                let rows = 0..chunk.lines.rows();
                self.lines
                    .extend(rows.map(|row| chunk.lines.line_of(row).unwrap()));
                self.keys.extend(chunk.keys);
                self.greatest_id = self.greatest_id.max(chunk.greatest_id);
                self.consumed = self.consumed.max(chunk.consumed);
            }
        }
    }
}

fn source(texts: &[String]) -> Source {
    let input = |text: &String| Source::Builtin {
        name: "test",
        bytes: text.clone().leak().as_bytes(),
    };
    Source::Inputs(Inputs {
        inputs: texts.iter().map(input).collect(),
        ..Inputs::default()
    })
}

/// What one thread makes of a source, and what several make of it.
fn both(source: &Source, purpose: Purpose, threads: usize, block: usize) -> (Learned, Learned) {
    let destination = fuzzing::destination(Format::JsonLines).unwrap();
    let (mut one, mut several) = (Learned::default(), Learned::default());
    let send = |event| {
        one.learn(event);
        true
    };
    let mut sink = Sink::new(source, &destination, purpose, None, send);
    let read = reader::read(source, &destination, &mut sink);
    sink.flush();
    one.error = read.err().map(|error| error.to_string());
    let crew = Crew {
        source,
        destination: &destination,
        purpose,
        threads,
        block,
    };
    let read = crew.read(|event| {
        several.learn(event);
        true
    });
    several.error = read.err().map(|error| error.to_string());
    (one, several)
}

const GOOD: &str = r#"{"id": 7, "content": "c", "embedding": [1, 2.5, 3], "half": [1, 2, 3]}"#;

#[test]
fn a_file_cut_off_is_an_error_behind_its_last_line() {
    let lines = format!("{GOOD}\n").repeat(50);
    let whole = zstd::encode_all(lines.as_bytes(), 1).unwrap();
    let bytes = whole[..whole.len() - 4].to_vec().leak();
    let source = Source::Builtin { name: "test", bytes };
    let (one, several) = both(&source, Purpose::Load, 3, 100);
    assert_eq!(one, several);
    assert!(several.error.is_some());
}

#[test]
fn nobody_listening_ends_it() {
    let source = source(&[format!("{GOOD}\n").repeat(1_000)]);
    let destination = fuzzing::destination(Format::JsonLines).unwrap();
    for heard in 0..5 {
        let crew = Crew {
            source: &source,
            destination: &destination,
            purpose: Purpose::Load,
            threads: 2,
            block: 64,
        };
        let mut left = heard;
        let read = crew.read(|_| {
            left -= i32::from(left > 0);
            left > 0
        });
        assert!(read.is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn several_threads_make_what_one_makes(
        texts in prop::collection::vec(
            prop::collection::vec(
                prop_oneof![
                    Just(GOOD), Just(GOOD), Just(GOOD), Just(GOOD), Just(GOOD), Just(""), Just("  "), Just("oh no"), Just("\u{feff}{}"), Just("{\"id\": 1}"),
                    Just(r#"{"content": "without id", "embedding": [0.5], "half": [1, 2, 3]}"#),
                    Just(r#"{"id": 900, "content": "d", "embedding": [3], "half": [1, 2, 3]}"#),
                ],
                0..40,
            ),
            1..4,
        ),
        end in prop_oneof![Just("\n"), Just("\r\n")],
        block in 1_usize..400,
        threads in 1_usize..4,
        purpose in prop_oneof![Just(Purpose::Load), Just(Purpose::LoadGood), Just(Purpose::Check)],
    ) {
        let texts: Vec<String> = texts.iter().map(|lines| lines.join(end)).collect();
        let (mut one, several) = both(&source(&texts), purpose, threads, block);
        // How far a source is read is told by blocks.
        prop_assert!(one.consumed <= several.consumed || one.error.is_some());
        one.consumed = several.consumed;
        prop_assert_eq!(one, several);
    }
}
