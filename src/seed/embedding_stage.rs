//! `--embed FIELD`: between reading and encoding, rows wait until there are texts enough for a call; then they go on in
//! their order, with their vectors.
//!
//! A row that brings a vector keeps it. In a check nothing is asked of the provider: texts are counted, and a vector of
//! the right length stands for theirs.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::crew::Crew;
use super::destination::{Absent, Destination, Field};
use super::kept::KeptRow;
use super::pipeline::Purpose;
use super::reader::{self, Flow, Place, TakeRow};
use super::row::{Keys, Parsed, Rejection};
use super::source::Source;
use super::value::Value;
use crate::embedding::{self, Embedder, Estimate, Outcome, Usage};
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
    row: Result<(KeptRow, Option<String>), Rejection>,
}

impl Waiting {
    fn of(
        texts: &Texts,
        destination: &Destination,
        place: Place<'_>,
        row: Result<Parsed<'_>, Rejection>,
    ) -> Self {
        Self {
            number: place.number,
            consumed: place.consumed,
            raw: place.raw.to_vec(),
            row: row.and_then(|mut parsed| {
                let text = texts.text(&mut parsed)?;
                Ok((KeptRow::of(&parsed, destination), text))
            }),
        }
    }

    /// The text that stands for its vector; none where it brings its own.
    fn text(&self) -> Option<&str> {
        self.row.as_ref().ok()?.1.as_deref()
    }
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

    /// Reads all of a source; with a crew, where there is one for its format.
    pub(super) fn read(mut self, source: &Source, crew: Option<&Crew<'_>>) -> Result<Flow> {
        let (texts, destination) = (self.texts, self.destination);
        let read = match crew {
            Some(crew) => crew.collect(
                |place, row| Waiting::of(texts, destination, place, row),
                |waiting| self.take(waiting),
            ),
            None => reader::read(source, destination, &mut self),
        };
        let read = match read {
            Ok(Flow::Continue) => self.flush(),
            // What is good in front of what is bad counts.
            Err(error) => self.flush().and(Err(error)),
            stopped => stopped,
        };
        self.texts.embedder.rest();
        read
    }

    /// Takes the next row, and embeds what waits where it is enough for a call.
    fn take(&mut self, waiting: Waiting) -> Result<Flow> {
        if waiting.row.as_ref().is_ok_and(|(_, text)| text.is_none()) {
            self.texts.own.fetch_add(1, Ordering::Relaxed);
        }
        if self.purpose == Purpose::Check {
            return self.check(&waiting);
        }
        // Where a bad line ends the load, what stands behind it is not paid for.
        let ends = waiting.row.is_err() && self.purpose == Purpose::Load;
        if let Some(text) = waiting.text() {
            self.wanted.0 += 1;
            self.wanted.1 += text.len();
        }
        self.waiting.push(waiting);
        let (texts, bytes) = self.wanted;
        if ends || self.waiting.len() >= MOST_ROWS || self.texts.embedder.is_enough(texts, bytes) {
            return self.flush();
        }
        Ok(Flow::Continue)
    }

    /// Hands a row on with a stand-in for its vector.
    fn check(&mut self, waiting: &Waiting) -> Result<Flow> {
        let outcome = waiting.text().map(|text| {
            self.texts.embedder.survey(text, embedding::Purpose::Document);
            Ok(self.stand_in.clone())
        });
        self.hand_on(waiting, outcome.as_ref())
    }

    /// Embeds the texts of the rows that wait, and hands the rows on.
    fn flush(&mut self) -> Result<Flow> {
        let waiting = std::mem::take(&mut self.waiting);
        self.wanted = (0, 0);
        let texts: Vec<&str> = waiting.iter().filter_map(Waiting::text).collect();
        let mut outcomes = self
            .texts
            .embedder
            .embed(&texts, embedding::Purpose::Document)?
            .into_iter();
        for waiting in &waiting {
            let outcome = waiting.text().and_then(|_| outcomes.next());
            if self.hand_on(waiting, outcome.as_ref())? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }

    /// Hands a row on, with the vector that was made for it.
    fn hand_on(&mut self, waiting: &Waiting, outcome: Option<&Outcome>) -> Result<Flow> {
        let place = Place {
            number: waiting.number,
            consumed: waiting.consumed,
            raw: &waiting.raw,
        };
        let row = match (&waiting.row, outcome) {
            (Err(rejection), _) => Err(rejection.clone()),
            (Ok(_), Some(Err(why))) => {
                let (field, provider) = (&self.texts.name, &self.texts.embedder.provider().name);
                Err(Rejection::new(format!(
                    "`{field}` is refused by `{provider}`: {why}"
                )))
            }
            (Ok((row, _)), Some(Ok(vector))) => {
                let mut parsed = row.lend(self.destination);
                parsed.set(self.texts.vector, Value::Floats(vector));
                Ok(parsed)
            }
            (Ok((row, _)), None) => Ok(row.lend(self.destination)),
        };
        self.to.row(place, row)
    }
}

impl TakeRow for EmbeddingStage<'_> {
    fn row(&mut self, place: Place<'_>, row: Result<Parsed<'_>, Rejection>) -> Result<Flow> {
        self.take(Waiting::of(self.texts, self.destination, place, row))
    }
}
