//! Asking a program: `{"text": ...}` lines into its stdin, `{"embedding": [...]}` lines out of its stdout, in order.
//!
//! It runs on over the batches, or (`one_shot`) is started anew for each, with its stdin closed behind the batch. What
//! it writes to stderr is shown. An object with `error` instead of `embedding` refuses its text.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;

use super::answer::{self, Vector};
use super::batch::{Backend, Failure};
use super::embedder::{Counts, Options, Outcome};
use super::provider::{Command, Provider};
use crate::error::{Error, Result};
use crate::progress::Progress;

/// How many of the program's last words an error repeats.
const LAST_WORDS: usize = 4;

/// How long a program that was told to end may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a program must be silent behind a batch.
const MOMENT: Duration = Duration::from_millis(20);

/// The longest line that is read.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

/// A program, started when it is first needed.
pub(super) struct Program {
    provider: Provider,
    command: Command,
    running: Mutex<Option<Running>>,
    counts: Arc<Counts>,
    progress: Arc<dyn Progress>,
}

/// One line of an answer.
#[derive(Deserialize)]
struct Line {
    embedding: Option<Vector>,
    error: Option<String>,
    /// The text that it answers, where the program repeats it.
    text: Option<String>,
}

impl Program {
    /// The program of a provider; it is not started yet.
    pub(super) fn new(
        provider: &Provider,
        command: &Command,
        options: &Options,
        counts: &Arc<Counts>,
    ) -> Self {
        Self {
            provider: provider.clone(),
            command: command.clone(),
            running: Mutex::new(None),
            counts: Arc::clone(counts),
            progress: Arc::clone(&options.progress),
        }
    }

    fn answers(&self, running: &mut Running, texts: &[&str]) -> Result<Vec<Outcome>> {
        let mut lines = String::new();
        for text in texts {
            lines.push_str(&json!({"text": text}).to_string());
            lines.push('\n');
        }
        let stdin = running.stdin.take();
        let stays_open = !self.command.one_shot;
        // A program may answer while it still reads, so reading and writing go on at once.
        let (stdin, answered) = std::thread::scope(|scope| {
            let writing = scope.spawn(move || {
                let mut stdin = stdin?;
                // Where the program went away, its missing answers tell.
                stdin
                    .write_all(lines.as_bytes())
                    .and_then(|()| stdin.flush())
                    .ok()?;
                stays_open.then_some(stdin)
            });
            let answered = self.read(running, texts);
            (writing.join().ok().flatten(), answered)
        });
        running.stdin = stdin;
        answered
    }

    /// Reads the answers to texts; a program that gives none in time is ended.
    fn read(&self, running: &mut Running, texts: &[&str]) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::with_capacity(texts.len());
        for text in texts {
            let line = match running.lines.recv_timeout(self.provider.timeout) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => {
                    running.kill();
                    let time = humantime::format_duration(self.provider.timeout);
                    let error = self.error(running, &format!("gave no answer for {time}"));
                    return Err(error.hint(format!(
                        "Raise its `timeout`, or lower its `batch_size` ({}).",
                        self.provider.declared_at
                    )));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let ended = running.ended();
                    let (answers, texts) = (outcomes.len(), texts.len());
                    let what = format!("ended ({ended}) after {answers} answers to {texts} texts");
                    return Err(self.error(running, &what));
                }
            };
            outcomes.push(self.outcome(running, &line, text)?);
        }
        self.expect_silence(running)?;
        Ok(outcomes)
    }

    /// One answer too many would give each later text the vector of another, so a batch is good only when the program
    /// is silent behind it: for a moment, or where it answers one batch only, until it ends.
    fn expect_silence(&self, running: &mut Running) -> Result<()> {
        let wait = if self.command.one_shot { PATIENCE } else { MOMENT };
        match running.lines.recv_timeout(wait) {
            Ok(line) => Err(self.wrong(running, &line, "answers no text that it was given")),
            Err(_) => Ok(()),
        }
    }

    fn outcome(&self, running: &mut Running, line: &str, text: &str) -> Result<Outcome> {
        let answer = match serde_json::from_str::<Line>(line) {
            Ok(answer) => answer,
            Err(error) => return Err(self.wrong(running, line, &format!("is no answer ({error})"))),
        };
        if answer.text.is_some_and(|answered| answered != text) {
            return Err(self.wrong(
                running,
                line,
                "answers another text than the one whose turn it is",
            ));
        }
        match (answer.embedding, answer.error) {
            (Some(Vector(vector)), _) => Ok(Ok(vector)),
            (None, Some(why)) => Ok(Err(answer::shown(&why, None))),
            (None, None) => Err(self.wrong(running, line, "has no `embedding`")),
        }
    }

    /// The error for a line that does not belong.
    fn wrong(&self, running: &mut Running, line: &str, why: &str) -> Error {
        running.kill();
        let found: String = answer::shown(line, None).chars().take(80).collect();
        self.error(running, &format!("wrote a line that {why}: {found}"))
            .hint("It writes `{\"embedding\": [...]}` for each line it reads, in order, and nothing else, to stdout.")
    }

    /// An error with the program's last words.
    fn error(&self, running: &mut Running, what: &str) -> Error {
        let error = Error::failed(format!("the command of `{}` {what}", self.provider.name));
        running.last_words().into_iter().fold(error, Error::cause)
    }
}

impl Backend for Program {
    fn ask(&self, texts: &[&str]) -> Result<Vec<Outcome>, Failure> {
        let mut slot = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        let mut running = match slot.take() {
            Some(running) => running,
            None => Running::start(&self.provider, &self.command, &self.progress)?,
        };
        let outcomes = self.answers(&mut running, texts)?;
        if !self.command.one_shot {
            *slot = Some(running);
        }
        Ok(outcomes)
    }
}

/// A program that runs.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    words: Arc<Mutex<VecDeque<String>>>,
    listening: Option<JoinHandle<()>>,
}

impl Running {
    fn start(provider: &Provider, command: &Command, progress: &Arc<dyn Progress>) -> Result<Self> {
        let (program, arguments) = command
            .argv
            .split_first()
            .ok_or_else(|| Error::bug("a command without a program"))?;
        let child = std::process::Command::new(program)
            .args(arguments)
            .current_dir(&command.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.map_err(|source| {
            Error::configuration(format!(
                "the command of `{}`, `{program}`, cannot be started",
                provider.name
            ))
            .cause(source)
            .hint(format!(
                "It runs in {} ({}).",
                command.folder.display(),
                provider.declared_at
            ))
        })?;
        let (sender, lines) = sync_channel(64);
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                let mut stdout = BufReader::new(stdout);
                loop {
                    let mut line = String::new();
                    match (&mut stdout).take(LONGEST_LINE).read_line(&mut line) {
                        Ok(0) | Err(_) => return,
                        Ok(_) if line.trim().is_empty() => {}
                        Ok(_) if sender.send(line).is_err() => return,
                        Ok(_) => {}
                    }
                }
            });
        }
        let words = Arc::new(Mutex::new(VecDeque::new()));
        let listening = child.stderr.take().map(|stderr| {
            let (name, words, progress) = (provider.name.clone(), Arc::clone(&words), Arc::clone(progress));
            std::thread::spawn(move || listen(stderr, &name, &words, progress.as_ref()))
        });
        Ok(Self {
            stdin: child.stdin.take(),
            child,
            lines,
            words,
            listening,
        })
    }

    fn kill(&mut self) {
        // It may have ended by itself.
        self.child.kill().unwrap_or_default();
    }

    /// How the program ended.
    fn ended(&mut self) -> String {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.to_string(),
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                Err(error) => return error.to_string(),
            }
        }
        self.kill();
        "it closed its stdout".to_owned()
    }

    fn last_words(&mut self) -> Vec<String> {
        // A grandchild may hold stderr open, so nobody waits for its end for long.
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE
            && self
                .listening
                .as_ref()
                .is_some_and(|thread| !thread.is_finished())
        {
            std::thread::sleep(Duration::from_millis(10));
        }
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        words.iter().cloned().collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
        // The killed child must not stay as a zombie.
        drop(self.child.wait());
    }
}

/// Shows what the program says, and keeps its last words.
fn listen(stderr: impl Read, name: &str, words: &Mutex<VecDeque<String>>, progress: &dyn Progress) {
    let mut stderr = BufReader::new(stderr);
    loop {
        let mut line = Vec::new();
        match (&mut stderr).take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        // Progress bars draw over their line; what they end with counts.
        let text = text.trim_end().rsplit('\r').next().unwrap_or_default();
        let text = answer::shown(text, None);
        if text.is_empty() {
            continue;
        }
        progress.note(&format!("{name}: {text}"));
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() == LAST_WORDS {
            words.pop_front();
        }
        words.push_back(text);
    }
}
