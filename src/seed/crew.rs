//! JSON Lines on several threads: one reads blocks of whole lines, some take them apart, and one hands on what they
//! made in the order of the blocks. Rows, bad lines and errors come out as from one thread.

use std::iter;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::destination::Destination;
use super::format::Format;
use super::input::Lines;
use super::pipeline::{Event, Purpose, Sink};
use super::reader::{Flow, Input, Place, TakeRow};
use super::row::{Keys, Layout, Parsed, Rejection};
use super::source::{Inputs, Source};
use crate::error::{Error, Result};

/// How large blocks are.
const BLOCK: usize = 256 * 1024;

/// More threads than these would wait for the one that reads.
const MOST_THREADS: usize = 8;

/// How many threads take lines apart; none where the source has other formats or there is one processor.
fn threads(source: &Source) -> Option<usize> {
    let set = source.inputs();
    let are_lines = set
        .inputs
        .iter()
        .all(|input| set.format_of(input) == Format::JsonLines);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    (set.side.is_none() && are_lines && processors > 1).then_some(processors.min(MOST_THREADS))
}

/// What it is all for.
#[derive(Clone, Copy)]
pub(super) struct Crew<'a> {
    /// Where the lines come from.
    pub(super) source: &'a Source,
    /// What rows are made for.
    pub(super) destination: &'a Destination,
    /// What becomes of them.
    pub(super) purpose: Purpose,
    /// How many threads take lines apart.
    pub(super) threads: usize,
    /// How many bytes of lines make a block.
    pub(super) block: usize,
}

/// What was made of a block, and why it ended early.
type Made<T> = (Vec<T>, Option<Error>);

impl<'a> Crew<'a> {
    /// A crew for a source that several threads can read.
    pub(super) fn of(source: &'a Source, destination: &'a Destination, purpose: Purpose) -> Option<Self> {
        Some(Self {
            source,
            destination,
            purpose,
            threads: threads(source)?,
            block: BLOCK,
        })
    }

    /// Reads and encodes all; `send` tells whether anybody listens.
    pub(super) fn read(&self, send: impl FnMut(Event) -> bool) -> Result<()> {
        let set = self.source.inputs();
        let mut blocks = Blocks::new(&set, self.block);
        // The first good row says what all rows are made of.
        let mut sink = Sink::new(self.source, self.destination, self.purpose, None, send);
        let layout = loop {
            let flow = match blocks.next().transpose()? {
                Some(block) => self.take_apart(&set, &block, &mut sink)?,
                None => Flow::Stop,
            };
            match (flow, sink.layout()) {
                (Flow::Continue, Some(layout)) => break layout.clone(),
                (Flow::Continue, None) => {}
                (Flow::Stop, _) => {
                    sink.flush();
                    return Ok(());
                }
            }
        };
        // Where reading ends early so soon, no row is sent for nothing.
        let next = blocks.next().transpose()?;
        sink.flush();
        let Some(next) = next else { return Ok(()) };
        let mut send = sink.into_send();
        let take = |event| Ok(if send(event) { Flow::Continue } else { Flow::Stop });
        let rest = iter::once(Ok(next)).chain(blocks);
        self.deal(rest, |block| self.encode(&set, block, &layout), take)?;
        Ok(())
    }

    /// Reads all, and makes something of each line, which is taken in the order of the lines.
    pub(super) fn collect<T: Send>(
        &self,
        make: impl Fn(Place<'_>, Result<Parsed<'_>, Rejection>) -> T + Sync,
        take: impl FnMut(T) -> Result<Flow>,
    ) -> Result<Flow> {
        let set = self.source.inputs();
        let make_all = |block: &Block| {
            let mut collector = Collector {
                make: &make,
                made: Vec::new(),
            };
            let ended = self.take_apart(&set, block, &mut collector);
            (collector.made, ended.err())
        };
        self.deal(Blocks::new(&set, self.block), make_all, take)
    }

    /// Deals blocks out, and takes what was made of them in their order.
    fn deal<T: Send>(
        &self,
        blocks: impl Iterator<Item = Result<Block>> + Send,
        make: impl Fn(&Block) -> Made<T> + Sync,
        take: impl FnMut(T) -> Result<Flow>,
    ) -> Result<Flow> {
        let (to_do, work) = sync_channel::<(Block, SyncSender<Made<T>>)>(self.threads);
        let (in_order, order) = sync_channel(2 * self.threads);
        let work = Mutex::new(work);
        let work_through = || {
            while let Some((block, made)) = next_of(&work) {
                // Where nobody waits for it any more, nobody needs it.
                made.send(make(&block)).unwrap_or_default();
            }
        };
        thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(work_through);
            }
            let reading = scope.spawn(move || {
                for block in blocks {
                    let block = block?;
                    let (made, result) = sync_channel(1);
                    if in_order.send(result).is_err() || to_do.send((block, made)).is_err() {
                        break;
                    }
                }
                Ok(())
            });
            let taken = take_in_order(order, take);
            let read = reading
                .join()
                .map_err(|_| Error::bug("the thread that reads lines ended early"))?;
            // What is wrong in a block stands before what is wrong behind the last one.
            match taken? {
                Flow::Continue => read.map(|()| Flow::Continue),
                Flow::Stop => Ok(Flow::Stop),
            }
        })
    }

    /// Makes encoded rows of the lines of a block.
    fn encode(&self, set: &Inputs, block: &Block, layout: &Layout) -> Made<Event> {
        let mut events = Vec::new();
        let collect = |event| {
            events.push(event);
            true
        };
        let layout = Some(layout.clone());
        let mut sink = Sink::new(self.source, self.destination, self.purpose, layout, collect);
        let ended = self.take_apart(set, block, &mut sink);
        if ended.is_ok() {
            sink.flush();
        }
        (events, ended.err())
    }

    /// Takes the lines of a block apart.
    fn take_apart(&self, set: &Inputs, block: &Block, to: &mut dyn TakeRow) -> Result<Flow> {
        let Some(source) = set.inputs.get(block.input) else {
            return Err(Error::bug("a block of no input"));
        };
        let input = Input {
            source,
            index: block.input,
            before: block.before,
            destination: self.destination,
        };
        let keys = Keys::new(self.destination);
        for (number, line) in block.lines() {
            let place = Place {
                number,
                consumed: block.consumed,
                raw: line,
            };
            if input.give(to, place, keys.parse(line))? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }
}

/// Makes something of each row.
struct Collector<'m, T, M> {
    make: &'m M,
    made: Vec<T>,
}

impl<T, M: Fn(Place<'_>, Result<Parsed<'_>, Rejection>) -> T> TakeRow for Collector<'_, T, M> {
    fn row(&mut self, place: Place<'_>, row: Result<Parsed<'_>, Rejection>) -> Result<Flow> {
        self.made.push((self.make)(place, row));
        Ok(Flow::Continue)
    }
}

/// The next piece of work, for whoever asks first.
fn next_of<W>(work: &Mutex<Receiver<W>>) -> Option<W> {
    work.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Takes what was made of each block, in their order.
fn take_in_order<T>(
    order: Receiver<Receiver<Made<T>>>,
    mut take: impl FnMut(T) -> Result<Flow>,
) -> Result<Flow> {
    for made in order {
        let (all, error) = made
            .recv()
            .map_err(|_| Error::bug("a thread that takes lines apart ended early"))?;
        for one in all {
            if take(one)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        if let Some(error) = error {
            return Err(error);
        }
    }
    Ok(Flow::Continue)
}

/// Some whole lines of one input.
struct Block {
    /// Its place among the inputs.
    input: usize,
    /// The bytes of the inputs before it.
    before: u64,
    /// The number of the line before the first.
    number: u64,
    bytes: Vec<u8>,
    /// Where each line ends.
    ends: Vec<usize>,
    /// The bytes of the input read until here.
    consumed: u64,
}

impl Block {
    /// The lines that are not blank, with their numbers, without their line breaks.
    fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let starts = [0].iter().chain(&self.ends);
        let lines = starts.zip(&self.ends).map(|(start, end)| {
            let line = self.bytes.get(*start..*end).unwrap_or_default();
            line.trim_ascii()
        });
        (self.number + 1..)
            .zip(lines)
            .filter(|(_, line)| !line.is_empty())
    }
}

/// The blocks of all inputs.
struct Blocks<'s> {
    set: &'s Inputs,
    size: usize,
    index: usize,
    before: u64,
    lines: Option<Lines>,
    /// Why reading ended, behind the last block.
    failure: Option<Error>,
}

impl<'s> Blocks<'s> {
    fn new(set: &'s Inputs, size: usize) -> Self {
        Self {
            set,
            size,
            index: 0,
            before: 0,
            lines: None,
            failure: None,
        }
    }

    fn read(&mut self) -> Result<Option<Block>> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        while let Some(source) = self.set.inputs.get(self.index) {
            let lines = match &mut self.lines {
                Some(lines) => lines,
                none => none.insert(Lines::open(source)?),
            };
            let mut block = Block {
                input: self.index,
                before: self.before,
                number: lines.number(),
                bytes: Vec::with_capacity(self.size + self.size / 4),
                ends: Vec::new(),
                consumed: 0,
            };
            while block.bytes.len() < self.size {
                match lines.append_line(&mut block.bytes) {
                    Ok(true) => block.ends.push(block.bytes.len()),
                    Ok(false) => break,
                    Err(error) => {
                        self.failure = Some(error);
                        break;
                    }
                }
            }
            block.consumed = lines.consumed();
            if !block.ends.is_empty() {
                return Ok(Some(block));
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            self.lines = None;
            self.index += 1;
            self.before += source.size().unwrap_or_default();
        }
        Ok(None)
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests;
