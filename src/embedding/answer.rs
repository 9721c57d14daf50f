//! What a provider answers: vectors, each checked, or an error whose text is made safe to show.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{self, SeqAccess, Visitor};

/// How much of a provider's message is shown.
const LONGEST_MESSAGE: usize = 400;

/// A vector as JSON holds it: numbers, or the bytes of 32-bit floats in base64.
#[derive(Debug, PartialEq)]
pub(super) struct Vector(pub(super) Vec<f32>);

impl<'de> Deserialize<'de> for Vector {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VectorVisitor)
    }
}

struct VectorVisitor;

impl<'de> Visitor<'de> for VectorVisitor {
    type Value = Vector;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of numbers, or base64")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vector, A::Error> {
        let mut elements = Vec::with_capacity(sequence.size_hint().unwrap_or(1_536).min(16_384));
        while let Some(element) = sequence.next_element::<f32>()? {
            elements.push(element);
        }
        Ok(Vector(elements))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Vector, E> {
        let bytes = STANDARD
            .decode(text)
            .map_err(|error| E::custom(format!("bad base64: {error}")))?;
        let (elements, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(E::custom(format!("{} bytes are no 32-bit floats", bytes.len())));
        }
        Ok(Vector(
            elements.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        ))
    }
}

/// The answer of the embeddings endpoint.
#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Item {
    embedding: Vector,
    index: Option<usize>,
}

#[derive(Deserialize)]
struct Tokens {
    total_tokens: Option<u64>,
    prompt_tokens: Option<u64>,
}

/// Vectors in the order of the texts, and the tokens that the provider counted.
#[derive(Debug, PartialEq)]
pub(super) struct Vectors {
    pub(super) vectors: Vec<Vec<f32>>,
    pub(super) tokens: Option<u64>,
}

/// Reads an answer for so many texts; the error says what is wrong with it.
pub(super) fn read(body: &[u8], texts: usize) -> Result<Vectors, String> {
    let answer: Answer =
        serde_json::from_slice(body).map_err(|error| format!("is not what the protocol says: {error}"))?;
    let found = answer.data.len();
    if found != texts {
        return Err(format!("holds {found} vectors for {texts} texts"));
    }
    let mut places: Vec<Option<Vec<f32>>> = vec![None; texts];
    for (position, item) in answer.data.into_iter().enumerate() {
        let index = item.index.unwrap_or(position);
        let Some(place) = places.get_mut(index) else {
            return Err(format!("holds a vector with the index {index} for {texts} texts"));
        };
        if place.replace(item.embedding.0).is_some() {
            return Err(format!("holds two vectors with the index {index}"));
        }
    }
    let tokens = answer
        .usage
        .and_then(|usage| usage.total_tokens.or(usage.prompt_tokens));
    Ok(Vectors {
        vectors: places.into_iter().flatten().collect(),
        tokens,
    })
}

/// What is wrong with a vector in itself.
pub(super) fn fault(vector: &[f32]) -> Option<String> {
    if vector.is_empty() {
        return Some("an empty vector".to_owned());
    }
    let found = vector
        .iter()
        .enumerate()
        .find(|(_, element)| !element.is_finite());
    found.map(|(index, element)| format!("a vector with {element} as element {}", index + 1))
}

/// An error as the provider tells it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Complaint {
    /// Its words, safe to show.
    pub(super) message: String,
    /// Its code, where it has one.
    pub(super) code: String,
}

impl Complaint {
    /// Reads the forms that are common: `{"error": {"message", "code", "type"}}`, `{"error": ".."}`, `{"message"}`,
    /// `{"detail"}`, or any text.
    pub(super) fn read(body: &[u8], secret: Option<&str>) -> Self {
        let text = String::from_utf8_lossy(body);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let inner = json.get("error").unwrap_or(&json);
        let word = |name: &str| match inner.get(name).or_else(|| json.get(name)) {
            Some(serde_json::Value::String(text)) => Some(text.clone()),
            Some(serde_json::Value::Number(number)) => Some(number.to_string()),
            Some(other @ (serde_json::Value::Array(_) | serde_json::Value::Object(_))) => {
                Some(other.to_string())
            }
            _ => None,
        };
        let message = inner.as_str().map(str::to_owned);
        let message = message.or_else(|| word("message")).or_else(|| word("detail"));
        let code = word("code").or_else(|| word("type")).unwrap_or_default();
        Self {
            message: shown(&message.unwrap_or_else(|| text.into_owned()), secret),
            code: shown(&code, secret),
        }
    }

    /// Whether it is about too much at once, which fewer or shorter texts cure. Hardly any provider gives that a code.
    pub(super) fn is_about_size(&self) -> bool {
        let codes = [
            "max_tokens_per_request",
            "context_length_exceeded",
            "array_above_max_length",
            "string_above_max_length",
        ];
        if codes.contains(&self.code.as_str()) {
            return true;
        }
        let text = self.message.to_lowercase();
        let of_size = [
            "token",
            "context length",
            "context size",
            "batch size",
            "input length",
            "inputs",
            "payload",
        ];
        let too_much = [
            "maximum",
            "max ",
            "exceed",
            "too many",
            "too large",
            "too long",
            "less than",
            "must be at most",
            "larger than",
        ];
        of_size.iter().any(|word| text.contains(word)) && too_much.iter().any(|word| text.contains(word))
    }
}

/// Foreign words made safe: no control characters, no key, not too long.
pub(super) fn shown(text: &str, secret: Option<&str>) -> String {
    let text = match secret {
        Some(secret) if !secret.is_empty() => text.replace(secret, "***"),
        _ => text.to_owned(),
    };
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    if line.chars().count() <= LONGEST_MESSAGE {
        return line;
    }
    let kept: String = line.chars().take(LONGEST_MESSAGE).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_in_the_order_of_their_index() {
        let body = br#"{"object":"list","data":[
            {"object":"embedding","index":1,"embedding":[0.5,-1e0]},
            {"index":0,"embedding":"AACAPwAAAMA="}],
            "model":"m","usage":{"prompt_tokens":3,"total_tokens":4}}"#;
        let read = super::read(body, 2).unwrap();
        assert_eq!(read.vectors, [[1.0, -2.0], [0.5, -1.0]]);
        assert_eq!(read.tokens, Some(4));
    }

    #[test]
    fn an_answer_that_does_not_fit_is_refused() {
        for (body, expected) in [
            (r#"{"data":[]}"#, "0 vectors for 2 texts"),
            (
                r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
                "two vectors with the index 0",
            ),
            (
                r#"{"data":[{"index":0,"embedding":[1]},{"index":7,"embedding":[1]}]}"#,
                "the index 7",
            ),
            (r#"{"data":[{"embedding":[1]},{"embedding":"%%"}]}"#, "bad base64"),
            (
                r#"{"data":[{"embedding":[1]},{"embedding":"AAA="}]}"#,
                "no 32-bit floats",
            ),
            (r#"{"data":[{"embedding":[1]},{"embedding":[null]}]}"#, "protocol"),
            ("<html>", "protocol"),
        ] {
            let why = super::read(body.as_bytes(), 2).unwrap_err();
            assert!(why.contains(expected), "{body}: {why}");
        }
        assert_eq!(
            fault(&[1.0, f32::INFINITY]).unwrap(),
            "a vector with inf as element 2"
        );
        assert!(fault(&[]).is_some() && fault(&[0.0]).is_none());
    }

    #[test]
    fn a_complaint_is_read_in_its_usual_forms_and_made_safe() {
        let openai = br#"{"error":{"message":"Incorrect API key\u001b[31m provided: sk-1","type":"invalid_request_error","code":"invalid_api_key"}}"#;
        let complaint = Complaint::read(openai, Some("sk-1"));
        assert_eq!(complaint.message, "Incorrect API key [31m provided: ***");
        assert_eq!(complaint.code, "invalid_api_key");
        assert!(!complaint.is_about_size());
        for (body, message) in [
            (r#"{"error":"model not found"}"#, "model not found"),
            (r#"{"detail":"Not Found"}"#, "Not Found"),
            ("bad\ngateway", "bad gateway"),
            ("", ""),
        ] {
            assert_eq!(Complaint::read(body.as_bytes(), None).message, message, "{body}");
        }
        assert!(Complaint::read("x".repeat(9_000).as_bytes(), None).message.len() < 500);
    }

    #[test]
    fn too_much_at_once_is_recognised() {
        for text in [
            "This model's maximum context length is 8192 tokens, however you requested 10000 tokens",
            "Input validation error: `inputs` must have less than 512 tokens. Given: 600",
            "batch size 64 > maximum allowed batch size 32",
            "Too many tokens overall, split into more batches.",
            "the input length exceeds the context length",
        ] {
            let body = serde_json::json!({"error": {"message": text}}).to_string();
            assert!(Complaint::read(body.as_bytes(), None).is_about_size(), "{text}");
        }
        for text in [
            "invalid token",
            "the model `x` does not exist",
            "dimensions is not supported",
        ] {
            assert!(!Complaint::read(text.as_bytes(), None).is_about_size(), "{text}");
        }
    }
}
