//! `vecops completions`: prints the completion script of a shell.

use clap_complete::Shell;

use crate::error::{Outcome, Result};
use crate::render::terminal;

/// Print the completion script of a shell
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  vecops completions bash > ~/.local/share/bash-completion/completions/vecops\n  \
    vecops completions zsh > ~/.zfunc/_vecops\n  vecops completions fish > ~/.config/fish/completions/vecops.fish"
)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub(super) fn run(args: &CompletionsArgs) -> Result<Outcome> {
    terminal::print_result(&script(args.shell))?;
    Ok(Outcome::Success)
}

/// The completion script of a shell.
pub(super) fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::definition(), "vecops", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
