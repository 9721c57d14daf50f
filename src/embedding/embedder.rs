//! Vectors of texts: out of the cache where they are known, else from the provider, each text once.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;
use serde::Serialize;

use super::answer;
use super::batch::{self, Backend};
use super::cache::{self, Cache, Key, Space};
use super::command::Program;
use super::fit::{self, Column};
use super::http::{self, Server};
use super::provider::{Provider, Purpose, Via};
use super::proxy::ProxySettings;
use crate::error::{Error, Result};
use crate::progress::{Progress, Task, Unit};

/// How many bytes of text are embedded at once at most.
const WINDOW_BYTES: usize = 8 * 1024 * 1024;

/// How many rounds of requests are given at once, so that a slow one holds up the others less.
const ROUNDS: usize = 4;

/// About how many bytes of text make a token.
const TOKEN_BYTES: u64 = 4;

/// A vector, or why the provider refuses the text.
pub type Outcome = std::result::Result<Vec<f32>, String>;

/// What an embedder works with, besides the provider.
pub struct Options {
    /// The key, where it is known.
    pub key: Option<SecretString>,
    /// The proxies.
    pub proxies: ProxySettings,
    /// Where vectors are kept; nowhere where the user does not want it.
    pub cache: Option<Cache>,
    /// The column that the vectors are for.
    pub column: Column,
    /// Where long waits and a command's words are told.
    pub progress: Arc<dyn Progress>,
}

/// Makes vectors with one provider.
pub struct Embedder {
    provider: Provider,
    column: Column,
    backend: Box<dyn Backend>,
    has_key: bool,
    space: Option<Space>,
    space_failed: AtomicBool,
    counts: Arc<Counts>,
    surveyed: Mutex<Survey>,
    progress: Arc<dyn Progress>,
    tasks: Mutex<Tasks>,
    length_told: AtomicBool,
}

/// What is shown while it works.
#[derive(Default)]
struct Tasks {
    embedded: Option<Task>,
    cached: Option<Task>,
}

/// What was done so far.
#[derive(Debug, Default)]
pub(super) struct Counts {
    texts: AtomicU64,
    cached: AtomicU64,
    embedded: AtomicU64,
    refused: AtomicU64,
    pub(super) requests: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) tokens: AtomicU64,
}

/// What was done, for reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// The provider.
    pub provider: String,
    /// Its model.
    pub model: String,
    /// How many texts there were.
    pub texts: u64,
    /// For how many of them the vector was known: kept by an earlier run, or the text stood there before.
    pub cached: u64,
    /// How many vectors the provider made.
    pub embedded: u64,
    /// How many texts the provider refused.
    pub refused: u64,
    /// How many requests or batches were sent, tries included.
    pub requests: u64,
    /// How many of them were tries after the first.
    pub retries: u64,
    /// How many tokens the provider counted.
    pub tokens: u64,
}

/// What embedding would take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// The provider.
    pub provider: String,
    /// Its model.
    pub model: String,
    /// How many texts there are.
    pub texts: u64,
    /// How many of them are known already, or stand there more than once.
    pub cached: u64,
    /// How many would be sent.
    pub to_embed: u64,
    /// Their bytes, prefixes included.
    pub bytes: u64,
    /// About how many tokens that is, at four bytes each.
    pub estimated_tokens: u64,
    /// About how many requests.
    pub estimated_requests: u64,
}

#[derive(Default)]
struct Survey {
    texts: u64,
    cached: u64,
    bytes: u64,
    seen: HashSet<Key>,
}

impl Embedder {
    /// An embedder that has asked nothing yet. The provider must fit the column.
    pub fn new(provider: &Provider, options: Options) -> Result<Self> {
        fit::expect_fit(provider, &options.column)?;
        let counts = Arc::new(Counts::default());
        let backend: Box<dyn Backend> = match &provider.via {
            Via::Http(endpoint) => Box::new(Server::new(provider, endpoint, &options, &counts)?),
            Via::Command(command) => Box::new(Program::new(provider, command, &options, &counts)),
        };
        let space = options
            .cache
            .as_ref()
            .and_then(|cache| match cache.space(provider) {
                Ok(space) => Some(space),
                Err(error) => {
                    options
                        .progress
                        .warn(&format!("embeddings are not kept: {error}"));
                    None
                }
            });
        Ok(Self {
            provider: provider.clone(),
            column: options.column,
            backend,
            has_key: options.key.is_some(),
            space,
            space_failed: AtomicBool::new(false),
            counts,
            surveyed: Mutex::default(),
            progress: options.progress,
            tasks: Mutex::default(),
            length_told: AtomicBool::new(false),
        })
    }

    /// The provider.
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// Shows that so many vectors were made, and so many were known.
    fn advance(&self, embedded: u64, cached: u64) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let show = |task: &mut Option<Task>, label: String, delta: u64| {
            if delta > 0 {
                task.get_or_insert_with(|| self.progress.task(&label, Unit::Rows, None))
                    .advance(delta);
            }
        };
        let name = &self.provider.name;
        show(&mut tasks.embedded, format!("embed with `{name}`"), embedded);
        show(&mut tasks.cached, format!("embedded by `{name}` before"), cached);
    }

    /// Shows that there is no more to do for now.
    pub fn rest(&self) {
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in [tasks.embedded, tasks.cached].into_iter().flatten() {
            task.finish();
        }
    }

    /// The dimensions that vectors must have, where anything says them.
    pub fn dimensions(&self) -> Option<u32> {
        self.column.dimensions.or(self.provider.dimensions)
    }

    /// Refuses to go on without a key that the manifest names.
    pub fn expect_key(&self) -> Result<()> {
        match &self.provider.via {
            Via::Http(endpoint) if !self.has_key => match &endpoint.api_key_env {
                Some(variable) => Err(http::unset(&self.provider, variable)),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Whether so many texts with so many bytes are worth a call.
    pub fn is_enough(&self, texts: usize, bytes: usize) -> bool {
        texts >= self.provider.batch_size * self.provider.concurrency() * ROUNDS || bytes >= WINDOW_BYTES
    }

    /// The vectors of texts, in their order. Blocks.
    pub fn embed(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Outcome>> {
        let prefix = self.provider.prefix(purpose);
        let full: Vec<String> = texts.iter().map(|text| format!("{prefix}{text}")).collect();
        let keys: Vec<Key> = full.iter().map(|text| cache::key(text)).collect();
        let mut known: HashMap<Key, Option<Outcome>> = HashMap::new();
        let mut wanted: Vec<(Key, &str)> = Vec::new();
        for (key, text) in keys.iter().zip(&full) {
            if known.contains_key(key) {
                continue;
            }
            let found = self.kept(key);
            if found.is_none() {
                wanted.push((*key, text.as_str()));
            }
            known.insert(*key, found.map(Ok));
        }
        let count = |counter: &AtomicU64, number: usize| {
            counter.fetch_add(u64::try_from(number).unwrap_or_default(), Ordering::Relaxed);
        };
        count(&self.counts.texts, texts.len());
        count(&self.counts.cached, texts.len() - wanted.len());
        self.advance(0, u64::try_from(texts.len() - wanted.len()).unwrap_or_default());
        let made = self.make(&wanted)?;
        for ((key, _), outcome) in wanted.iter().zip(made) {
            let counter = if outcome.is_ok() {
                &self.counts.embedded
            } else {
                &self.counts.refused
            };
            count(counter, 1);
            known.insert(*key, Some(outcome));
        }
        let outcome = |key: &Key| known.get(key).cloned().flatten();
        let outcomes: Option<Vec<Outcome>> = keys.iter().map(outcome).collect();
        outcomes.ok_or_else(|| Error::bug("a text was embedded and its vector lost"))
    }

    /// Asks the provider; keeps what it answers as soon as it does.
    fn make(&self, wanted: &[(Key, &str)]) -> Result<Vec<Outcome>> {
        let texts: Vec<&str> = wanted.iter().map(|(_, text)| *text).collect();
        let made: Mutex<Vec<Option<Outcome>>> = Mutex::new(vec![None; wanted.len()]);
        let done = |start: usize, outcomes: Vec<Outcome>| {
            let keys = wanted.iter().skip(start).map(|(key, _)| *key);
            let fresh: Vec<(Key, &[f32])> = keys
                .zip(&outcomes)
                .filter_map(|(key, outcome)| Some((key, outcome.as_deref().ok()?)))
                .collect();
            for (_, vector) in &fresh {
                self.expect_sound(vector)?;
                self.watch_length(vector);
            }
            self.keep(&fresh);
            self.advance(u64::try_from(fresh.len()).unwrap_or_default(), 0);
            let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
            for (place, outcome) in made.iter_mut().skip(start).zip(outcomes) {
                *place = Some(outcome);
            }
            Ok(())
        };
        let provider = &self.provider;
        batch::run(
            self.backend.as_ref(),
            &texts,
            provider.batch_size,
            provider.concurrency(),
            &done,
        )?;
        let made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
        let made: Option<Vec<Outcome>> = made.into_iter().collect();
        made.ok_or_else(|| Error::bug("a batch was embedded and its vectors lost"))
    }

    fn expect_sound(&self, vector: &[f32]) -> Result<()> {
        let provider = &self.provider;
        if let Some(fault) = answer::fault(vector) {
            return Err(Error::failed(format!(
                "`{}` ({}) gave {fault}",
                provider.name,
                provider.place()
            )));
        }
        let made = u64::try_from(vector.len()).unwrap_or_default();
        match self.dimensions() {
            Some(expected) if made != u64::from(expected) => {
                Err(fit::wrong_dimensions(provider, &self.column, made, expected))
            }
            _ => Ok(()),
        }
    }

    /// Says once that vectors are not normalised where the column is recorded as one of normalised vectors.
    fn watch_length(&self, vector: &[f32]) {
        let squares = vector.iter().map(|element| f64::from(*element).powi(2));
        let length = squares.sum::<f64>().sqrt();
        if !self.column.normalized
            || (length - 1.0).abs() < 0.01
            || self.length_told.swap(true, Ordering::Relaxed)
        {
            return;
        }
        self.progress.warn(&format!(
            "`{}` makes vectors of length {length:.3}, but `{}` is recorded to hold normalised ones, of length 1",
            self.provider.name, self.column.name
        ));
    }

    /// A kept vector. One of another length belongs to another version of the model.
    fn kept(&self, key: &Key) -> Option<Vec<f32>> {
        let vector = self.with_space(|space| space.get(key)).flatten()?;
        self.expect_sound(&vector).is_ok().then_some(vector)
    }

    fn keep(&self, vectors: &[(Key, &[f32])]) {
        self.with_space(|space| space.put(vectors));
    }

    /// The cache saves money but is not needed: where it fails, that is said once, and it goes on without.
    fn with_space<T>(&self, work: impl FnOnce(&Space) -> Result<T>) -> Option<T> {
        let space = self.space.as_ref()?;
        if self.space_failed.load(Ordering::Relaxed) {
            return None;
        }
        match work(space) {
            Ok(done) => Some(done),
            Err(error) => {
                if !self.space_failed.swap(true, Ordering::Relaxed) {
                    self.progress
                        .warn(&format!("embeddings are not kept any more: {error}"));
                }
                None
            }
        }
    }

    /// What was done so far.
    pub fn usage(&self) -> Usage {
        let counts = &self.counts;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Usage {
            provider: self.provider.name.clone(),
            model: self.provider.model.clone(),
            texts: get(&counts.texts),
            cached: get(&counts.cached),
            embedded: get(&counts.embedded),
            refused: get(&counts.refused),
            requests: get(&counts.requests),
            retries: get(&counts.retries),
            tokens: get(&counts.tokens),
        }
    }

    /// Counts a text that would be embedded, and asks nothing.
    pub fn survey(&self, text: &str, purpose: Purpose) {
        let full = format!("{}{text}", self.provider.prefix(purpose));
        let key = cache::key(&full);
        let is_known = self.with_space(|space| space.has(&key)).unwrap_or(false);
        let mut survey = self.surveyed.lock().unwrap_or_else(PoisonError::into_inner);
        survey.texts += 1;
        if is_known || !survey.seen.insert(key) {
            survey.cached += 1;
        } else {
            survey.bytes += u64::try_from(full.len()).unwrap_or_default();
        }
    }

    /// What the texts that were counted would take.
    pub fn estimate(&self) -> Estimate {
        let survey = self.surveyed.lock().unwrap_or_else(PoisonError::into_inner);
        let to_embed = survey.texts - survey.cached;
        let batch = u64::try_from(self.provider.batch_size).unwrap_or(1);
        Estimate {
            provider: self.provider.name.clone(),
            model: self.provider.model.clone(),
            texts: survey.texts,
            cached: survey.cached,
            to_embed,
            bytes: survey.bytes,
            estimated_tokens: survey.bytes.div_ceil(TOKEN_BYTES),
            estimated_requests: to_embed.div_ceil(batch),
        }
    }
}
