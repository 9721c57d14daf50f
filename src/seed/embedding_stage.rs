//! `--embed FIELD`: between reading and encoding, rows wait until there are texts enough for a call; then they go on in
//! their order, with their vectors.
//!
//! A row that brings a vector keeps it. In a check nothing is asked of the provider: texts are counted, and a vector of
//! the right length stands for theirs.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use half::f16;
use serde::Serialize;

use super::destination::{Absent, Destination, Field};
use super::pipeline::Purpose;
use super::reader::{self, Flow, Place, TakeRow};
use super::row::{Keys, Parsed, Rejection};
use super::source::Source;
use super::value::Value;
use crate::embedding::{self, Embedder, Estimate, Usage};
use crate::error::{Error, Result};
use crate::sql::Ident;

/// How many rows wait at most, where most of them need no vector.
const MOST_ROWS: usize = 16_384;

/// What a text's field is called where no column has it.
const TEXT: &str = "text to embed";

/// The field whose text is embedded, and by what.
#[derive(Clone)]
pub(super) struct Texts {
    embedder: Arc<Embedder>,
    /// What the user calls the field.
    name: String,
    /// Its place among the destination's fields.
    place: usize,
    /// Whether it fills a column, too.
    is_column: bool,
    /// The vector's place.
    vector: usize,
    /// How many rows brought their own vector.
    own: Arc<AtomicU64>,
}

/// What was embedded for a load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Embedded {
    /// The field whose text it was.
    pub field: String,
    /// How many rows brought their own vector.
    pub own_vectors: u64,
    /// What it took.
    #[serde(flatten)]
    pub usage: Usage,
}

/// What would be embedded for a load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToEmbed {
    /// The field whose text it is.
    pub field: String,
    /// How many rows bring their own vector.
    pub own_vectors: u64,
    /// What it would take.
    #[serde(flatten)]
    pub estimate: Estimate,
}

impl Texts {
    /// What was embedded so far.
    pub(super) fn embedded(&self) -> Embedded {
        Embedded {
            field: self.name.clone(),
            own_vectors: self.own.load(Ordering::Relaxed),
            usage: self.embedder.usage(),
        }
    }

    /// What the rows that were checked would take.
    pub(super) fn to_embed(&self) -> ToEmbed {
        ToEmbed {
            field: self.name.clone(),
            own_vectors: self.own.load(Ordering::Relaxed),
            estimate: self.embedder.estimate(),
        }
    }

    /// The text of a row; none where the row has its vector.
    fn text(&self, parsed: &mut Parsed<'_>) -> Result<Option<String>, Rejection> {
        let text = if self.is_column {
            text_of(parsed.value(self.place))
        } else {
            text_of(parsed.take(self.place).as_ref())
        };
        if !is_null(parsed.value(self.vector)) {
            self.own.fetch_add(1, Ordering::Relaxed);
            return Ok(None);
        }
        let wrong = |why: &str| Rejection::new(format!("`{}` {why}", self.name));
        match text.map_err(|why| wrong(&why))? {
            Some(text) if !text.trim().is_empty() => Ok(Some(text)),
            Some(_) => Err(wrong("is empty, so there is nothing to embed")),
            None => Err(wrong("is missing, so there is nothing to embed")),
        }
    }
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.embedder, &other.embedder) && self.place == other.place
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provider = &self.embedder.provider().name;
        write!(f, "Texts({} by {provider})", self.name)
    }
}

impl Destination {
    /// Makes vectors of the text in a field: a column of the table, or a field that the source has besides.
    pub fn embed(&mut self, name: &str, embedder: Arc<Embedder>) -> Result<()> {
        let plain = self.table.plain();
        let vector = self.embedding.ok_or_else(|| {
            Error::precondition(format!("`{plain}` has no vector column that lines can fill"))
        })?;
        let known = Keys::new(self).place(name);
        if known == Some(vector) {
            return Err(
                Error::usage(format!("`--embed {name}` names the vector, not a text"))
                    .hint("Name the field whose text is to be embedded."),
            );
        }
        let place = known.unwrap_or(self.fields.len());
        if known.is_none() {
            let column = Ident::new(TEXT).map_err(|error| Error::bug(error.to_string()))?;
            let any = self.fields.first().cloned();
            // Only its key counts: the stage takes its value out of each row.
            self.fields.extend(any.map(|any| Field {
                column,
                key: name.to_owned(),
                type_text: "text".to_owned(),
                nullable: true,
                absent: Absent::Default,
                is_mapped: true,
                ..any
            }));
        }
        if let Some(field) = self.fields.get_mut(vector) {
            // The stage fills it in every row, or refuses the row.
            field.absent = Absent::Null;
        }
        self.texts = Some(Texts {
            embedder,
            name: name.to_owned(),
            place,
            is_column: known.is_some(),
            vector,
            own: Arc::default(),
        });
        Ok(())
    }
}

/// Refuses sources that hold no texts, or nothing but vectors.
pub fn expect_texts(source: &Source) -> Result<()> {
    let set = source.inputs();
    let vectors = set
        .inputs
        .iter()
        .find(|input| set.format_of(input).is_vectors_only());
    vectors.map_or(Ok(()), |input| {
        Err(Error::usage(format!(
            "`{}` holds vectors, so there is nothing to embed",
            input.name()
        ))
        .hint("Leave `--embed` out, or name a file with texts."))
    })
}

/// The text of a value.
fn text_of(value: Option<&Value<'_>>) -> Result<Option<String>, String> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text.clone().into_owned())),
        Some(Value::Json(json)) if json == "null" => Ok(None),
        Some(Value::Json(json)) if json.starts_with('"') => serde_json::from_str(json)
            .map(Some)
            .map_err(|error| format!("holds a bad escape: {error}")),
        Some(_) => Err("is no text".to_owned()),
    }
}

fn is_null(value: Option<&Value<'_>>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Json(json)) => json == "null",
        Some(_) => false,
    }
}

/// Gives rows their vectors.
pub(super) struct EmbeddingStage<'a> {
    texts: &'a Texts,
    destination: &'a Destination,
    purpose: Purpose,
    to: &'a mut dyn TakeRow,
    waiting: Vec<Waiting>,
    /// How many of them wait for a vector, and the bytes of their texts.
    wanted: (usize, usize),
    stand_in: Vec<f32>,
}

/// A row that waits.
struct Waiting {
    number: u64,
    consumed: u64,
    raw: Vec<u8>,
    row: Result<(Vec<Option<Kept>>, Option<String>), Rejection>,
}

impl<'a> EmbeddingStage<'a> {
    /// A stage in front of what takes the rows.
    pub(super) fn new(
        texts: &'a Texts,
        destination: &'a Destination,
        purpose: Purpose,
        to: &'a mut dyn TakeRow,
    ) -> Self {
        let dimensions = texts.embedder.dimensions().unwrap_or(1);
        let mut stand_in = vec![0.0; usize::try_from(dimensions).unwrap_or(1)];
        if let Some(first) = stand_in.first_mut() {
            *first = 1.0;
        }
        Self {
            texts,
            destination,
            purpose,
            to,
            waiting: Vec::new(),
            wanted: (0, 0),
            stand_in,
        }
    }

    /// Reads all of a source.
    pub(super) fn read(mut self, source: &Source) -> Result<Flow> {
        let destination = self.destination;
        let read = match reader::read(source, destination, &mut self) {
            Ok(Flow::Continue) => self.flush(),
            // What is good in front of what is bad counts.
            Err(error) => self.flush().and(Err(error)),
            stopped => stopped,
        };
        self.texts.embedder.rest();
        read
    }

    /// Hands a row on with a stand-in for its vector.
    fn check(&mut self, place: Place<'_>, row: Result<Parsed<'_>, Rejection>) -> Result<Flow> {
        let row = row.and_then(|mut parsed| {
            if let Some(text) = self.texts.text(&mut parsed)? {
                self.texts.embedder.survey(&text, embedding::Purpose::Document);
                parsed.set(self.texts.vector, Value::Floats(&self.stand_in));
            }
            Ok(parsed)
        });
        self.to.row(place, row)
    }

    fn keep(&mut self, place: Place<'_>, row: Result<Parsed<'_>, Rejection>) {
        let row = row.and_then(|mut parsed| {
            let text = self.texts.text(&mut parsed)?;
            let fields = 0..self.destination.fields.len();
            let values = fields.map(|field| parsed.value(field).map(Kept::of)).collect();
            Ok((values, text))
        });
        if let Ok((_, Some(text))) = &row {
            self.wanted.0 += 1;
            self.wanted.1 += text.len();
        }
        self.waiting.push(Waiting {
            number: place.number,
            consumed: place.consumed,
            raw: place.raw.to_vec(),
            row,
        });
    }

    /// Embeds the texts of the rows that wait, and hands the rows on.
    fn flush(&mut self) -> Result<Flow> {
        let waiting = std::mem::take(&mut self.waiting);
        self.wanted = (0, 0);
        let texts: Vec<&str> = waiting
            .iter()
            .filter_map(|waiting| waiting.row.as_ref().ok()?.1.as_deref())
            .collect();
        let mut outcomes = self
            .texts
            .embedder
            .embed(&texts, embedding::Purpose::Document)?
            .into_iter();
        for waiting in &waiting {
            let place = Place {
                number: waiting.number,
                consumed: waiting.consumed,
                raw: &waiting.raw,
            };
            let flow = match &waiting.row {
                Err(rejection) => self.to.row(place, Err(rejection.clone()))?,
                Ok((values, text)) => {
                    let outcome = text.as_ref().and_then(|_| outcomes.next()).transpose();
                    let row = outcome
                        .as_ref()
                        .map(|vector| self.lend(values, vector.as_deref()))
                        .map_err(|why| {
                            let (field, provider) = (&self.texts.name, &self.texts.embedder.provider().name);
                            Rejection::new(format!("`{field}` is refused by `{provider}`: {why}"))
                        });
                    self.to.row(place, row)?
                }
            };
            if flow == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }

    fn lend<'k>(&self, values: &'k [Option<Kept>], vector: Option<&'k [f32]>) -> Parsed<'k> {
        let mut parsed = Parsed::new(self.destination);
        for (place, value) in values.iter().enumerate() {
            if let Some(value) = value {
                parsed.set(place, value.lend());
            }
        }
        if let Some(vector) = vector {
            parsed.set(self.texts.vector, Value::Floats(vector));
        }
        parsed
    }
}

impl TakeRow for EmbeddingStage<'_> {
    fn row(&mut self, place: Place<'_>, row: Result<Parsed<'_>, Rejection>) -> Result<Flow> {
        if self.purpose == Purpose::Check {
            return self.check(place, row);
        }
        // Where a bad line ends the load, what stands behind it is not read, and not paid for.
        self.keep(place, row);
        let is_bad = self.waiting.last().is_some_and(|last| last.row.is_err());
        let ends = is_bad && self.purpose == Purpose::Load;
        let (texts, bytes) = self.wanted;
        if ends || self.waiting.len() >= MOST_ROWS || self.texts.embedder.is_enough(texts, bytes) {
            return self.flush();
        }
        Ok(Flow::Continue)
    }
}

/// A value that outlives its line.
enum Kept {
    Value(Value<'static>),
    Bytes(Vec<u8>),
    Halves(Vec<f16>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
}

impl Kept {
    fn of(value: &Value<'_>) -> Self {
        Self::Value(match value {
            Value::Json(json) => Value::Json(json.clone().into_owned().into()),
            Value::Text(text) => Value::Text(text.clone().into_owned().into()),
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(*value),
            Value::Whole(value) => Value::Whole(*value),
            Value::Float(value) => Value::Float(*value),
            Value::Time(value) => Value::Time(*value),
            Value::Vector(elements) => Value::Vector(elements.clone()),
            Value::Bytes(bytes) => return Self::Bytes(bytes.to_vec()),
            Value::Halves(elements) => return Self::Halves(elements.to_vec()),
            Value::Floats(elements) => return Self::Floats(elements.to_vec()),
            Value::Doubles(elements) => return Self::Doubles(elements.to_vec()),
        })
    }

    fn lend(&self) -> Value<'_> {
        match self {
            Self::Value(value) => value.clone(),
            Self::Bytes(bytes) => Value::Bytes(bytes),
            Self::Halves(elements) => Value::Halves(elements),
            Self::Floats(elements) => Value::Floats(elements),
            Self::Doubles(elements) => Value::Doubles(elements),
        }
    }
}
