//! Reading and encoding on a thread of their own, while the last bytes are on their way to the server.
//!
//! The channel holds a few chunks, so that the memory stays the same however large the source is.

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;

use super::destination::Destination;
use super::lines::RowLines;
use super::row::{Rejection, RowReader};
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
    let error = Error::failed(format!("{}:{line}: {}", source.name(), rejection.why));
    match rejection.hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn read(source: &Source, destination: &Destination, purpose: Purpose, sender: &Sender<Event>) -> Result<()> {
    let mut lines = source.open()?;
    let mut rows = RowReader::new(destination);
    let mut encoder: Option<CopyEncoder> = None;
    let mut chunk = Chunk::default();
    while let Some((number, line)) = lines.next_line()? {
        let outcome = rows.parse(number, line).and_then(|parsed| {
            let encoder = match &mut encoder {
                Some(encoder) => encoder,
                none => none.insert(announce(&rows, sender)?),
            };
            rows.write(&parsed, encoder)?;
            chunk.lines.push(number);
            chunk.greatest_id = chunk.greatest_id.max(parsed.id_number(destination));
            if purpose == Purpose::Check {
                chunk.keys.extend(parsed.id(destination).map(|key| (key, number)));
            }
            Ok(())
        });
        match outcome {
            Ok(()) => {}
            Err(rejection) if purpose == Purpose::Load => return Err(rejected(source, number, rejection)),
            Err(mut rejection) => {
                rejection.row =
                    (purpose == Purpose::LoadGood).then(|| String::from_utf8_lossy(line).into_owned());
                if sender.blocking_send(Event::Rejected(number, rejection)).is_err() {
                    return Ok(());
                }
            }
        }
        if let Some(encoder) = &mut encoder
            && encoder.len() >= CHUNK
        {
            chunk.bytes = encoder.take(CHUNK + CHUNK / 8);
            chunk.consumed = lines.consumed();
            if sender
                .blocking_send(Event::Rows(std::mem::take(&mut chunk)))
                .is_err()
            {
                return Ok(());
            }
        }
    }
    if let Some(mut encoder) = encoder {
        chunk.bytes = encoder.take(0);
        chunk.consumed = lines.consumed();
        // Where nobody listens any more, the listener knows why.
        sender.blocking_send(Event::Rows(chunk)).unwrap_or_default();
    }
    Ok(())
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
