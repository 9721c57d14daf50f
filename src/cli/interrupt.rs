//! Ctrl-C, SIGTERM and panics: how a command ends when it does not end by itself.
//!
//! The first signal cancels the server's work through a second connection and gives the command a moment to
//! put things in order; the second one ends the process at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::time::Duration;

use super::Context;
use crate::error::{Error, Kind, Outcome, Result, is_containing, sqlstate};

/// How long a command may take to stop after the server's work was cancelled.
const GRACE: Duration = Duration::from_secs(5);

/// The SQLSTATE of what the server cancelled.
const QUERY_CANCELED: &str = "57014";

/// Drives a command until it is done or a signal comes.
pub(super) async fn until_done_or_interrupted(
    context: &Context,
    work: impl Future<Output = Result<Outcome>>,
) -> Result<Outcome> {
    let mut work = pin!(work);
    // Signals first: the command does not begin before somebody listens to them.
    let kind = tokio::select! {
        biased;
        kind = signal() => kind,
        result = &mut work => return result,
    };
    tokio::spawn(async {
        let second = signal().await;
        #[expect(clippy::exit, reason = "the second signal asks for an end without any order")]
        std::process::exit(i32::from(second.exit_code()));
    });
    let stopped = async {
        context.cancel_all().await;
        work.await
    };
    match tokio::time::timeout(GRACE, stopped).await {
        // It was done before the signal could stop it: that is the truth to report.
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(error)) => Err(of_interrupt(error, kind)),
        Err(_) => Err(context
            .ways_on()
            .iter()
            .fold(interrupted(kind), |ended, hint| ended.hint(hint.clone()))),
    }
}

/// What the command says of its end, as the end that the signal brought. The server's word for a cancelled statement
/// says nothing more.
fn of_interrupt(error: Error, kind: Kind) -> Error {
    match error.kind() {
        Kind::Interrupted => error.with_kind(kind),
        _ if error.sqlstate() == Some(QUERY_CANCELED) => {
            // The command's own hints say what there is now; that of the code speaks of time limits.
            let of_code = sqlstate::lookup(QUERY_CANCELED).and_then(|known| known.hint);
            let hints = error.hints().iter().filter(|hint| Some(hint.as_str()) != of_code);
            hints.fold(interrupted(kind), |ended, hint| ended.hint(hint.clone()))
        }
        _ => error.with_kind(kind).context("interrupted"),
    }
}

fn interrupted(kind: Kind) -> Error {
    Error::new(kind, "interrupted; nothing that was complete before is changed")
}

/// Waits for SIGINT or SIGTERM (Ctrl-C elsewhere).
#[cfg(unix)]
async fn signal() -> Kind {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => Kind::Interrupted,
        _ = terminate.recv() => Kind::Terminated,
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
async fn signal() -> Kind {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Kind::Interrupted,
        Err(_) => std::future::pending().await,
    }
}

/// Makes a panic say that it is a bug of vecops, and where.
pub(super) fn install_panic_report() {
    std::panic::set_hook(Box::new(|panic| {
        if is_containing() {
            tracing::debug!(%panic, "a library panicked");
            return;
        }
        let place = panic
            .location()
            .map_or_else(String::new, |location| format!(" at {location}"));
        let text = panic.payload_as_str().unwrap_or("no message");
        let report = format!(
            "error: this is a bug in vecops {}{place}: {text}\n  hint: Please report it with the command you ran.",
            env!("CARGO_PKG_VERSION"),
        );
        crate::render::terminal::Stderr::new().line(&report);
    }));
}

/// Turns a panic into its exit code.
pub(super) fn catching_bugs(work: impl FnOnce() -> u8) -> u8 {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Kind::Bug.exit_code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_command_knows_is_kept() {
        let own = Error::new(Kind::Interrupted, "interrupted; 7 rows are in").hint("Run it again.");
        let kept = of_interrupt(own, Kind::Terminated);
        assert_eq!(kept.kind(), Kind::Terminated);
        assert_eq!(
            (kept.message(), kept.hints().len()),
            ("interrupted; 7 rows are in", 1)
        );
        let other = of_interrupt(
            Error::failed("the index is half built").hint("Drop it."),
            Kind::Interrupted,
        );
        assert_eq!(other.to_string(), "interrupted: the index is half built");
        assert_eq!(other.hints(), ["Drop it."]);
        assert_eq!(other.kind(), Kind::Interrupted);
    }
}
