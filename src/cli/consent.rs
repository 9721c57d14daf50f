//! Consent: a change is shown, asked for, and then made; a protected profile wants its name.

use std::io::IsTerminal as _;

use super::Context;
use crate::error::{Error, Kind, Result};

/// How much a change can take away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// It adds; what was there stays.
    Additive,
    /// It removes or overwrites something.
    Destructive,
}

/// Proof that the user agreed to a change of the target; only [`ask`] makes one.
#[must_use]
#[derive(Debug)]
pub(super) struct Consent(());

/// Asks for consent to a change, or takes it from `--yes`, `VECOPS_YES` and `--confirm`.
pub(super) fn ask(context: &Context, question: &str, weight: Weight) -> Result<Consent> {
    match context.protected_profile() {
        Some(profile) if weight == Weight::Destructive => ask_for_name(context, question, &profile),
        _ => ask_yes(context, question),
    }
}

fn ask_yes(context: &Context, question: &str) -> Result<Consent> {
    if context.consents() {
        return Ok(Consent(()));
    }
    if !can_ask() {
        return Err(Error::refused(format!("no consent: {question}"))
            .hint("Run the command again with `--yes`, or with `--dry-run` to see the plan only."));
    }
    let answer = dialoguer::Confirm::new()
        .with_prompt(question)
        .default(false)
        .interact();
    match answer {
        Ok(true) => Ok(Consent(())),
        Ok(false) => Err(Error::refused("not agreed; nothing was changed")),
        Err(source) => Err(unanswered(source)),
    }
}

fn ask_for_name(context: &Context, question: &str, profile: &str) -> Result<Consent> {
    let hint = format!("Run the command again with `--yes --confirm {profile}`.");
    if let Some(given) = context.confirmed_name() {
        return match given == profile {
            true if context.consents() => Ok(Consent(())),
            true => ask_yes(context, question),
            false => Err(Error::refused(format!(
                "`--confirm {given}` is not the protected profile `{profile}`"
            ))),
        };
    }
    if context.consents() || !can_ask() {
        return Err(Error::refused(format!("profile `{profile}` is protected: {question}")).hint(hint));
    }
    let typed: String = dialoguer::Input::new()
        .with_prompt(format!("{question} Type the profile's name to agree"))
        .allow_empty(true)
        .interact_text()
        .map_err(unanswered)?;
    if typed == profile {
        Ok(Consent(()))
    } else {
        Err(Error::refused("not agreed; nothing was changed"))
    }
}

fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A question that got no answer: Ctrl-C, or a terminal that went away.
pub(super) fn unanswered(source: dialoguer::Error) -> Error {
    let dialoguer::Error::IO(io) = source;
    // A question hides the cursor and leaves it so when it is interrupted; a terminal that is gone needs none.
    dialoguer::console::Term::stderr()
        .show_cursor()
        .unwrap_or_default();
    match io.kind() {
        std::io::ErrorKind::Interrupted => Error::new(Kind::Interrupted, "interrupted; nothing was changed"),
        _ => Error::refused("the question could not be asked; nothing was changed").cause(io),
    }
}
