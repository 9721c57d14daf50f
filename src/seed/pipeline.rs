//! Reading and encoding on a thread of their own, while the last bytes are on their way to the server.
//!
//! The channel holds a few chunks, so that the memory stays the same however large the source is.

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;

use super::destination::Destination;
use super::lines::RowLines;
use super::reader::{self, Flow, Place, TakeRow};
use super::row::{Parsed, Rejection, RowReader};
use super::source::Source;
use crate::error::{Error, Result};
use crate::vector::copy::CopyEncoder;

/// How many bytes make a chunk.
const CHUNK: usize = 256 * 1024;

/// How many chunks may wait.
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
    let mut sink = Sink {
        source,
        destination,
        purpose,
        sender,
        rows: RowReader::new(destination),
        encoder: None,
        chunk: Chunk::default(),
    };
    if reader::read(source, destination, &mut sink)? == Flow::Stop {
        return Ok(());
    }
    sink.finish();
    Ok(())
}

/// Encodes the rows that a reader finds, and sends them on in chunks.
struct Sink<'a> {
    source: &'a Source,
    destination: &'a Destination,
    purpose: Purpose,
    sender: &'a Sender<Event>,
    rows: RowReader<'a>,
    encoder: Option<CopyEncoder>,
    chunk: Chunk,
}

impl TakeRow for Sink<'_> {
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
                if self
                    .sender
                    .blocking_send(Event::Rejected(number, rejection))
                    .is_err()
                {
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
            if self.sender.blocking_send(Event::Rows(chunk)).is_err() {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }
}

impl Sink<'_> {
    fn encode(&mut self, number: u64, parsed: &Parsed<'_>) -> Result<(), Rejection> {
        self.rows.learn_layout(number, parsed)?;
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            none => none.insert(announce(&self.rows, self.sender)?),
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
    fn finish(mut self) {
        if let Some(mut encoder) = self.encoder.take() {
            self.chunk.bytes = encoder.take(0);
            // Where nobody listens any more, the listener knows why.
            self.sender
                .blocking_send(Event::Rows(self.chunk))
                .unwrap_or_default();
        }
    }
}

/// Tells the layout, and makes the encoder for it.
fn announce(rows: &RowReader<'_>, sender: &Sender<Event>) -> Result<CopyEncoder, Rejection> {
    let fields = rows
        .layout()
        .map(|layout| layout.fields.clone())
        .unwrap_or_default();
    let encoder = CopyEncoder::new(fields.len()).map_err(|error| Rejection {
        why: error.to_string(),
        hint: None,
        row: None,
    })?;
    // Where nobody listens any more, sending the first chunk finds out.
    sender.blocking_send(Event::Layout(fields)).unwrap_or_default();
    Ok(encoder)
}
