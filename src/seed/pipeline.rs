//! Reading and encoding on a thread of their own, while the last bytes are on their way to the server.
//!
//! The channel holds a few chunks, so that the memory stays the same however large the source is.

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;

use super::crew::Crew;
use super::destination::Destination;
use super::embedding_stage::EmbeddingStage;
use super::lines::RowLines;
use super::reader::{self, Flow, Place, TakeRow};
use super::row::{Layout, Parsed, Rejection, RowReader};
use super::source::Source;
use crate::error::{Error, Result};
use crate::vector::copy::{CopyEncoder, EncodeError};

/// How many bytes make a chunk.
const CHUNK: usize = 256 * 1024;

/// How many chunks may wait. More of them were not faster: they leave the processor's cache.
const WAITING: usize = 4;

/// What the reading thread finds, in the order of the source.
pub(super) enum Event {
    /// The fields that rows are made of; comes first.
    Layout(Vec<usize>),
    /// Encoded rows.
    Rows(Chunk),
    /// A line that cannot be loaded; only where reading goes on after one.
    Rejected(u64, Rejection),
}

/// Some encoded rows.
#[derive(Default)]
pub(super) struct Chunk {
    /// Their bytes.
    pub(super) bytes: Vec<u8>,
    /// Where they come from.
    pub(super) lines: RowLines,
    /// The rows as they stand in the source, empty in binary formats; only where bad ones are kept.
    pub(super) texts: Vec<Box<[u8]>>,
    /// Their keys with their lines; only where they were asked for.
    pub(super) keys: Vec<(String, u64)>,
    /// The greatest key that is a number.
    pub(super) greatest_id: Option<i64>,
    /// How far the source is read, in its own bytes.
    pub(super) consumed: u64,
}

/// What reading is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Loading: the first bad line ends it.
    Load,
    /// Loading what is good: bad lines are told with their text.
    LoadGood,
    /// Checking: bad lines are told, and keys are handed out.
    Check,
}

/// Starts reading. The thread ends by itself where nobody listens any more.
pub(super) fn start(
    source: &Source,
    destination: &Destination,
    purpose: Purpose,
) -> (Receiver<Event>, JoinHandle<Result<()>>) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let (source, destination) = (source.clone(), destination.clone());
    let reading = tokio::task::spawn_blocking(move || read(&source, &destination, purpose, &sender));
    (receiver, reading)
}

/// The error for a line of a source that cannot be loaded.
pub(super) fn rejected(source: &Source, line: u64, rejection: Rejection) -> Error {
    let error = Error::failed(format!("{}: {}", source.place(line), rejection.why));
    match rejection.hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn read(source: &Source, destination: &Destination, purpose: Purpose, sender: &Sender<Event>) -> Result<()> {
    // Where nobody listens any more, the listener knows why.
    let send = |event| sender.blocking_send(event).is_ok();
    let crew = Crew::of(source, destination, purpose);
    if let (Some(crew), None) = (&crew, &destination.texts) {
        return crew.read(send);
    }
    let mut sink = Sink::new(source, destination, purpose, None, send);
    match &destination.texts {
        None => reader::read(source, destination, &mut sink)?,
        Some(texts) => {
            let stage = EmbeddingStage::new(texts, destination, purpose, &mut sink);
            stage.read(source, crew.as_ref())?
        }
    };
    sink.flush();
    Ok(())
}

/// Encodes the rows that a reader finds, and sends them on in chunks.
pub(super) struct Sink<'a, S: FnMut(Event) -> bool> {
    source: &'a Source,
    destination: &'a Destination,
    purpose: Purpose,
    send: S,
    rows: RowReader<'a>,
    encoder: Option<CopyEncoder>,
    chunk: Chunk,
}

impl<S: FnMut(Event) -> bool> TakeRow for Sink<'_, S> {
    fn row(&mut self, place: Place<'_>, row: Result<Parsed<'_>, Rejection>) -> Result<Flow> {
        let number = place.number;
        let outcome = row.and_then(|parsed| self.encode(number, &parsed));
        match outcome {
            Ok(()) if self.purpose == Purpose::LoadGood => self.chunk.texts.push(place.raw.into()),
            Ok(()) => {}
            Err(rejection) if self.purpose == Purpose::Load => {
                return Err(rejected(self.source, number, rejection));
            }
            Err(mut rejection) => {
                let kept = self.purpose == Purpose::LoadGood && !place.raw.is_empty();
                rejection.row = kept.then(|| String::from_utf8_lossy(place.raw).into_owned());
                if !(self.send)(Event::Rejected(number, rejection)) {
                    return Ok(Flow::Stop);
                }
            }
        }
        self.chunk.consumed = place.consumed;
        if let Some(encoder) = &mut self.encoder
            && encoder.len() >= CHUNK
        {
            self.chunk.bytes = encoder.take(CHUNK + CHUNK / 8);
            let chunk = std::mem::take(&mut self.chunk);
            if !(self.send)(Event::Rows(chunk)) {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }
}

impl<'a, S: FnMut(Event) -> bool> Sink<'a, S> {
    /// A sink whose rows have a layout that was told before, or the one that the first row decides, which is told then.
    pub(super) fn new(
        source: &'a Source,
        destination: &'a Destination,
        purpose: Purpose,
        layout: Option<Layout>,
        send: S,
    ) -> Self {
        let encoder = layout.as_ref().and_then(|layout| encoder(layout).ok());
        Self {
            source,
            destination,
            purpose,
            send,
            rows: RowReader::with_layout(destination, layout),
            encoder,
            chunk: Chunk::default(),
        }
    }

    /// The layout, once there was a row.
    pub(super) fn layout(&self) -> Option<&Layout> {
        self.encoder.as_ref().and_then(|_| self.rows.layout())
    }

    fn encode(&mut self, number: u64, parsed: &Parsed<'_>) -> Result<(), Rejection> {
        self.rows.learn_layout(number, parsed)?;
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            none => none.insert(announce(&self.rows, &mut self.send)?),
        };
        self.rows.write(parsed, encoder)?;
        let chunk = &mut self.chunk;
        chunk.lines.push(number);
        chunk.greatest_id = chunk.greatest_id.max(parsed.id_number(self.destination));
        if self.purpose == Purpose::Check {
            chunk
                .keys
                .extend(parsed.id(self.destination).map(|key| (key, number)));
        }
        Ok(())
    }

    /// Sends what is left.
    pub(super) fn flush(&mut self) {
        if let Some(encoder) = &mut self.encoder {
            self.chunk.bytes = encoder.take(0);
            (self.send)(Event::Rows(std::mem::take(&mut self.chunk)));
        }
    }

    /// What it sends with.
    pub(super) fn into_send(self) -> S {
        self.send
    }
}

/// Tells the layout, and makes the encoder for it.
fn announce(rows: &RowReader<'_>, send: &mut impl FnMut(Event) -> bool) -> Result<CopyEncoder, Rejection> {
    let layout = rows.layout().ok_or_else(|| Rejection::new("has no layout"))?;
    let encoder = encoder(layout).map_err(|error| Rejection::new(error.to_string()))?;
    // Where nobody listens any more, sending the first chunk finds out.
    send(Event::Layout(layout.fields.clone()));
    Ok(encoder)
}

fn encoder(layout: &Layout) -> Result<CopyEncoder, EncodeError> {
    CopyEncoder::new(layout.fields.len())
}
