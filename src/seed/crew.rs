//! JSON Lines on several threads: one reads blocks of whole lines, some take them apart and encode the rows, and one
//! hands on what they made in the order of the blocks. Rows, bad lines and errors come out as from one thread.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::destination::Destination;
use super::format::Format;
use super::input::Lines;
use super::pipeline::{Event, Purpose, Sink};
use super::reader::{Flow, Input, Place};
use super::row::{Keys, Layout};
use super::source::{Inputs, Source};
use crate::error::{Error, Result};

/// How large blocks are.
pub(super) const BLOCK: usize = 256 * 1024;

/// More threads than these would wait for the one that reads.
const MOST_THREADS: usize = 8;

/// How many threads take lines apart; none where the source has other formats or there is one processor.
pub(super) fn threads(source: &Source) -> Option<usize> {
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

/// What became of a block: events, and why it ended early.
type Made = (Vec<Event>, Option<Error>);

impl Crew<'_> {
    /// Reads all; `send` tells whether anybody listens.
    pub(super) fn read(&self, send: impl FnMut(Event) -> bool + Send) -> Result<()> {
        let set = self.source.inputs();
        let mut blocks = Blocks::new(&set, self.block);
        // The first good row says what all rows are made of.
        let mut sink = Sink::new(self.source, self.destination, self.purpose, None, send);
        let layout = loop {
            let read = blocks.next().and_then(|block| {
                let Some(block) = block else {
                    return Ok(Flow::Stop);
                };
                self.make(&set, &block, &mut sink)
            });
            match (read, sink.layout()) {
                (Ok(Flow::Continue), Some(layout)) => break layout.clone(),
                (Ok(Flow::Continue), None) => {}
                (ended, _) => {
                    sink.flush();
                    return ended.map(drop);
                }
            }
        };
        sink.flush();
        self.share_out(&set, blocks, &layout, sink.into_send())
    }

    /// Deals the blocks out, and hands on what comes back.
    fn share_out(
        &self,
        set: &Inputs,
        mut blocks: Blocks<'_>,
        layout: &Layout,
        send: impl FnMut(Event) -> bool + Send,
    ) -> Result<()> {
        let (to_do, work) = sync_channel::<(Block, SyncSender<Made>)>(self.threads);
        let (in_order, order) = sync_channel(2 * self.threads);
        let work = Mutex::new(work);
        thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(|| self.work(set, layout, &work));
            }
            let handing_on = scope.spawn(|| hand_on(order, send));
            let mut read = || {
                while let Some(block) = blocks.next()? {
                    let (made, result) = sync_channel(1);
                    if in_order.send(result).is_err() || to_do.send((block, made)).is_err() {
                        break;
                    }
                }
                Ok(())
            };
            let read = read();
            drop((in_order, to_do));
            let handed_on = handing_on
                .join()
                .map_err(|_| Error::bug("the thread that hands rows on ended early"))?;
            // What is wrong in a block stands before what is wrong behind the last one.
            handed_on.and(read)
        })
    }

    fn work(&self, set: &Inputs, layout: &Layout, work: &Mutex<Receiver<(Block, SyncSender<Made>)>>) {
        loop {
            let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((block, made)) = next else { return };
            let mut events = Vec::new();
            let collect = |event| {
                events.push(event);
                true
            };
            let layout = Some(layout.clone());
            let mut sink = Sink::new(self.source, self.destination, self.purpose, layout, collect);
            let ended = self.make(set, &block, &mut sink);
            sink.flush();
            // Where nobody waits for it any more, nobody needs it.
            made.send((events, ended.err())).unwrap_or_default();
        }
    }

    /// Makes rows of the lines of a block.
    fn make<S: FnMut(Event) -> bool>(
        &self,
        set: &Inputs,
        block: &Block,
        to: &mut Sink<'_, S>,
    ) -> Result<Flow> {
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

/// Hands on what was made of each block, in their order.
fn hand_on(order: Receiver<Receiver<Made>>, mut send: impl FnMut(Event) -> bool) -> Result<()> {
    for made in order {
        let (events, error) = made
            .recv()
            .map_err(|_| Error::bug("a thread that takes lines apart ended early"))?;
        for event in events {
            if !send(event) {
                return Ok(());
            }
        }
        if let Some(error) = error {
            return Err(error);
        }
    }
    Ok(())
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

    fn next(&mut self) -> Result<Option<Block>> {
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

#[cfg(test)]
mod tests;
