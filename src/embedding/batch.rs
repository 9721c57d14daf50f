//! Texts in requests: cut by number and bytes, a few under way at once, halved where the provider says it is too much.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::embedder::Outcome;
use crate::error::{Error, Result};

/// About how many bytes of text go into one request.
const REQUEST_BYTES: usize = 256 * 1024;

/// What makes vectors.
pub(super) trait Backend: Send + Sync {
    /// The vectors of some texts, in their order.
    fn ask(&self, texts: &[&str]) -> Result<Vec<Outcome>, Failure>;
}

/// Why there are no vectors.
pub(super) enum Failure {
    /// It is too much for one request, or a text is too long.
    TooLarge(String),
    /// Anything else.
    Error(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Embeds all texts, so many requests at once; each batch that is done goes to `done` at once, with the place of its
/// first text.
pub(super) fn run(
    backend: &dyn Backend,
    texts: &[&str],
    batch_size: usize,
    concurrency: usize,
    done: &(dyn Fn(usize, Vec<Outcome>) -> Result<()> + Sync),
) -> Result<()> {
    let batches = cut(texts, batch_size);
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    let failure: Mutex<Option<(usize, Error)>> = Mutex::new(None);
    let work = || {
        while !stopped.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(range) = batches.get(number) else { return };
            let part = texts.get(range.clone()).unwrap_or_default();
            let answered = split(backend, part).and_then(|outcomes| done(range.start, outcomes));
            if let Err(error) = answered {
                stopped.store(true, Ordering::Relaxed);
                let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
                if failure.as_ref().is_none_or(|(first, _)| number < *first) {
                    *failure = Some((number, error));
                }
            }
        }
    };
    let workers = concurrency.min(batches.len());
    if workers <= 1 {
        work();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(work);
            }
        });
    }
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

/// The batches.
fn cut(texts: &[&str], batch_size: usize) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, text) in texts.iter().enumerate() {
        let is_full = index - start >= batch_size || bytes + text.len() > REQUEST_BYTES;
        if is_full && index > start {
            batches.push(start..index);
            (start, bytes) = (index, 0);
        }
        bytes += text.len();
    }
    if start < texts.len() {
        batches.push(start..texts.len());
    }
    batches
}

/// Asks for a batch, and for its halves where it is too much. A single text that is too much is refused.
fn split(backend: &dyn Backend, texts: &[&str]) -> Result<Vec<Outcome>> {
    match backend.ask(texts) {
        Ok(outcomes) => Ok(outcomes),
        Err(Failure::Error(error)) => Err(error),
        Err(Failure::TooLarge(why)) if texts.len() <= 1 => Ok(vec![Err(why); texts.len()]),
        Err(Failure::TooLarge(_)) => {
            let (first, second) = texts.split_at(texts.len() / 2);
            let mut outcomes = split(backend, first)?;
            outcomes.extend(split(backend, second)?);
            Ok(outcomes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many texts at once; each text's vector is its length.
    struct AtMost(usize, AtomicUsize);

    impl Backend for AtMost {
        fn ask(&self, texts: &[&str]) -> Result<Vec<Outcome>, Failure> {
            self.1.fetch_add(1, Ordering::Relaxed);
            if texts.len() > self.0 || texts.iter().any(|text| text.len() > 9) {
                return Err(Failure::TooLarge("too long".to_owned()));
            }
            if texts.contains(&"bad") {
                return Err(Error::failed("bad").into());
            }
            #[expect(clippy::cast_precision_loss, reason = "short texts")]
            let vector = |text: &&str| Ok(vec![text.len() as f32]);
            Ok(texts.iter().map(vector).collect())
        }
    }

    fn embed(texts: &[&str], concurrency: usize) -> Result<Vec<Outcome>> {
        let backend = AtMost(2, AtomicUsize::new(0));
        let all = Mutex::new(vec![Ok(Vec::new()); texts.len()]);
        run(&backend, texts, 3, concurrency, &|start, outcomes| {
            for (index, outcome) in outcomes.into_iter().enumerate() {
                all.lock().unwrap()[start + index] = outcome;
            }
            Ok(())
        })?;
        Ok(all.into_inner().unwrap())
    }

    #[test]
    fn batches_are_halved_and_a_text_that_is_too_long_is_refused_alone() {
        for concurrency in [1, 4] {
            let texts = ["a", "bb", "much too long", "", "ccc", "d", "e"];
            let outcomes = embed(&texts, concurrency).unwrap();
            assert_eq!(outcomes[2], Err("too long".to_owned()));
            let lengths: Vec<f32> = outcomes.iter().flatten().flatten().copied().collect();
            assert_eq!(lengths, [1.0, 2.0, 0.0, 3.0, 1.0, 1.0]);
            assert_eq!(
                embed(&["a", "b", "c", "d", "bad"], concurrency)
                    .unwrap_err()
                    .message(),
                "bad"
            );
        }
    }

    #[test]
    fn a_request_is_cut_by_number_and_by_bytes() {
        let long = "x".repeat(REQUEST_BYTES - 1);
        assert_eq!(cut(&["a", &long, &long, "b", "c", "d"], 3), [0..2, 2..4, 4..6]);
        assert_eq!(cut(&["a"; 7], 3), [0..3, 3..6, 6..7]);
        assert!(cut(&[], 3).is_empty());
    }
}
