//! Writing to the two streams: a closed stdout is quiet, bars and text do not tear each other.

use std::io::{self, Write as _};

use indicatif::MultiProgress;

use crate::error::{Error, Result};

/// The process's stderr, shared by bars, notes and logs.
#[derive(Clone, Default)]
pub struct Stderr {
    bars: MultiProgress,
}

impl Stderr {
    /// A stderr on which bars may be drawn.
    pub fn new() -> Self {
        let bars = MultiProgress::with_draw_target(indicatif::ProgressDrawTarget::stderr_with_hz(10));
        Self { bars }
    }

    /// The bars drawn on it.
    pub(super) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Writes a line, with the bars out of the way. There is nobody to tell when stderr is closed.
    pub fn line(&self, text: &str) {
        self.bars
            .suspend(|| writeln!(io::stderr().lock(), "{text}").unwrap_or_default());
    }
}

impl io::Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bars.suspend(|| io::stderr().lock().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Writes the result to stdout. A reader that went away (`| head`) is no error.
pub fn print_result(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(source) if source.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(source) => Err(Error::failed("write the result to stdout").cause(source)),
        Ok(()) => Ok(()),
    }
}

/// Text from a database made safe for a terminal: control characters become visible, newlines become spaces.
pub fn sanitize(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::sanitize;

    #[test]
    fn a_row_cannot_drive_the_terminal() {
        assert_eq!(sanitize("a\u{1b}[31mb\nc"), "a\u{fffd}[31mb c");
    }
}
