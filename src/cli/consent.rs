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

/// Asks for consent to a change of the target, or takes it from `--yes`, `VECOPS_YES` and `--confirm`.
pub(super) fn ask(context: &Context, question: &str, weight: Weight) -> Result<Consent> {
    let protected = context.protected_profile();
    ask_about(context, protected.as_deref(), question, weight)
}

/// The same for a change of a profile's database that needs no connection.
pub(super) fn ask_on_profile(
    context: &Context,
    profile: &str,
    question: &str,
    weight: Weight,
) -> Result<Consent> {
    let protected = context.protects(profile)?.then_some(profile);
    ask_about(context, protected, question, weight)
}

fn ask_about(context: &Context, protected: Option<&str>, question: &str, weight: Weight) -> Result<Consent> {
    let given = Given {
        protected: protected.filter(|_| weight == Weight::Destructive),
        yes: context.consents(),
        confirmed: context.confirmed_name(),
        can_ask: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
    };
    match given.decide(question)? {
        Next::Agreed => Ok(Consent(())),
        Next::AskYes => ask_yes(question),
        Next::AskName(profile) => ask_for_name(question, profile),
    }
}

/// What is known before anybody is asked.
#[derive(Debug, Clone, Copy)]
struct Given<'a> {
    /// The protected profile whose name is wanted; none where a yes is enough.
    protected: Option<&'a str>,
    yes: bool,
    /// The name of `--confirm`.
    confirmed: Option<&'a str>,
    can_ask: bool,
}

/// What is left to do for a consent.
#[derive(Debug, PartialEq, Eq)]
enum Next<'a> {
    Agreed,
    AskYes,
    AskName(&'a str),
}

impl<'a> Given<'a> {
    /// Decides without asking. `--yes` alone does not open a protected profile, and `--confirm` is no yes.
    fn decide(self, question: &str) -> Result<Next<'a>> {
        let Some(profile) = self.protected else {
            return self.yes_is_enough(question);
        };
        match self.confirmed {
            Some(name) if name == profile => self.yes_is_enough(question),
            Some(name) => Err(Error::refused(format!(
                "`--confirm {name}` is not the protected profile `{profile}`"
            ))),
            None if self.can_ask && !self.yes => Ok(Next::AskName(profile)),
            None => Err(
                Error::refused(format!("profile `{profile}` is protected: {question}"))
                    .hint(format!("Run the command again with `--yes --confirm {profile}`.")),
            ),
        }
    }

    fn yes_is_enough(self, question: &str) -> Result<Next<'a>> {
        match (self.yes, self.can_ask) {
            (true, _) => Ok(Next::Agreed),
            (false, true) => Ok(Next::AskYes),
            (false, false) => Err(Error::refused(format!("no consent: {question}"))
                .hint("Run the command again with `--yes`, or with `--dry-run` to see the plan only.")),
        }
    }
}

fn ask_yes(question: &str) -> Result<Consent> {
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

fn ask_for_name(question: &str, profile: &str) -> Result<Consent> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Given<'_> = Given {
        protected: None,
        yes: false,
        confirmed: None,
        can_ask: false,
    };

    #[test]
    fn without_a_terminal_only_a_yes_consents() {
        assert_eq!(BARE.decide("?").unwrap_err().kind(), Kind::Refused);
        let confirmed = Some("x");
        assert_eq!(
            Given { confirmed, ..BARE }.decide("?").unwrap_err().kind(),
            Kind::Refused
        );
        assert_eq!(Given { yes: true, ..BARE }.decide("?").unwrap(), Next::Agreed);
        let can_ask = true;
        assert_eq!(Given { can_ask, ..BARE }.decide("?").unwrap(), Next::AskYes);
    }

    #[test]
    fn a_protected_profile_wants_its_name_besides_the_yes() {
        let protected = Given {
            protected: Some("production"),
            ..BARE
        };
        for (yes, confirmed, can_ask, expected) in [
            (true, None, false, None),
            // Whoever says `--yes` is a script, on a terminal too.
            (true, None, true, None),
            (true, Some("staging"), true, None),
            (true, Some("production"), false, Some(Next::Agreed)),
            (false, Some("production"), false, None),
            (false, Some("production"), true, Some(Next::AskYes)),
            (false, None, true, Some(Next::AskName("production"))),
            (false, None, false, None),
        ] {
            let given = Given {
                yes,
                confirmed,
                can_ask,
                ..protected
            };
            let decided = given.decide("?");
            if let Err(error) = &decided {
                assert_eq!(error.kind(), Kind::Refused);
            }
            assert_eq!(decided.ok(), expected, "{given:?}");
        }
    }
}
