//! The passages and questions that come with vecops, inside the program. Where they are from: `seeds/README.md`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Source;
use crate::error::{Error, Result, nearest};

/// The dimensions of the embeddings.
pub const DIMENSIONS: u32 = 384;

/// The model that made the embeddings.
pub const MODEL: &str = "sentence-transformers/all-MiniLM-L6-v2";

/// A question with its embedding and what answers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The name that `vecops search --query` takes.
    pub name: String,
    /// The question in words.
    pub question: String,
    /// The subject of the passages that answer it.
    pub subject: String,
    /// The ids of the passages that answer it.
    pub answers: Vec<i64>,
    /// Its embedding.
    pub embedding: Vec<f32>,
}

/// A third of their length, for the program's sake; `make seeds` makes them.
const PASSAGES: &[u8] = include_bytes!("../../seeds/passages.jsonl.zst");
const QUESTIONS: &[u8] = include_bytes!("../../seeds/questions.jsonl.zst");

/// The passages as JSON Lines, with `id`, `content`, `metadata` and `embedding`.
pub fn passages() -> &'static [u8] {
    // What is in the program is whole: a test reads it.
    static PLAIN: LazyLock<Vec<u8>> = LazyLock::new(|| zstd::decode_all(PASSAGES).unwrap_or_default());
    &PLAIN
}

/// The passages as a source to load.
pub fn source() -> Source {
    Source::Builtin {
        name: "the built-in passages",
        bytes: passages(),
    }
}

/// The questions.
pub fn questions() -> Result<Vec<Question>> {
    let unreadable = |source: &dyn std::error::Error| {
        Error::bug("the built-in questions cannot be read").caused_by(source)
    };
    let plain = zstd::decode_all(QUESTIONS).map_err(|source| unreadable(&source))?;
    plain
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(serde_json::from_slice)
        .collect::<Result<_, _>>()
        .map_err(|source| unreadable(&source))
}

/// The question of this name, or an error that suggests the nearest one.
pub fn question(name: &str) -> Result<Question> {
    let mut questions = questions()?;
    if let Some(place) = questions.iter().position(|question| question.name == name) {
        return Ok(questions.swap_remove(place));
    }
    let names: Vec<&str> = questions.iter().map(|question| question.name.as_str()).collect();
    let error = Error::usage(format!("no built-in question is called `{name}`"));
    Err(match nearest(name, names.iter().copied()) {
        Some(near) => error.hint(format!("Did you mean `{near}`?")),
        None => error.hint(format!("There are {}.", names.join(", "))),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::vector::{ElementType, Metric, validate};

    #[derive(Deserialize)]
    struct Passage {
        id: i64,
        content: String,
        embedding: Vec<f32>,
    }

    #[test]
    fn what_is_packed_is_what_people_read() {
        let hint = "run `make seeds`";
        let passages: &[u8] = include_bytes!("../../seeds/passages.jsonl");
        let questions: &[u8] = include_bytes!("../../seeds/questions.jsonl");
        assert!(super::passages() == passages, "seeds/passages.jsonl.zst: {hint}");
        assert!(
            zstd::decode_all(QUESTIONS).unwrap() == questions,
            "seeds/questions.jsonl.zst: {hint}"
        );
    }

    #[test]
    fn every_question_is_answered_by_passages_that_are_there() {
        let passages: Vec<Passage> = passages()
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        let ids: BTreeSet<i64> = passages.iter().map(|passage| passage.id).collect();
        let questions = questions().unwrap();
        assert!(ids.len() >= 400 && ids.len() == passages.len() && questions.len() >= 40);
        assert!(passages.iter().all(|passage| !passage.content.is_empty()));
        for question in &questions {
            assert!(!question.answers.is_empty() && question.answers.iter().all(|id| ids.contains(id)));
        }
        let embeddings = passages.iter().map(|passage| &passage.embedding);
        for embedding in embeddings.chain(questions.iter().map(|question| &question.embedding)) {
            validate(embedding, Some(DIMENSIONS), Metric::Cosine, ElementType::Halfvec).unwrap();
        }
    }

    #[test]
    fn a_question_is_found_by_name_and_a_slip_gets_a_suggestion() {
        assert!(question("why-moon-same-face").unwrap().question.contains("Moon"));
        let slip = question("why-moon-same-fase").unwrap_err();
        assert_eq!(slip.hints(), ["Did you mean `why-moon-same-face`?"]);
    }
}
