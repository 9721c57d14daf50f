//! The command line: one file per subcommand with its arguments, its `run` and its view.
//!
//! The only layer that knows clap and dialoguer. [`context`] resolves flags, environment and files once;
//! nothing below reads the environment or prints. A command that needs two domains composes them here.

mod backup;
mod bench;
mod completions;
mod consent;
pub mod context;
mod demo;
mod dump;
mod embedded;
mod embedding;
mod export;
mod generate;
mod globals;
mod index;
mod init;
mod interrupt;
mod memory;
mod profile;
mod provider;
mod restore;
mod search;
mod seed;
mod setup;
mod synthesize;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};

pub use context::Context;
pub use globals::Globals;

use crate::error::{Error, Outcome, Result};
use crate::render::{self, OutputFormat};

/// Vector operations for Supabase and pgvector
///
/// Create the vector schema with its security, load embeddings, search them, and look after what you have
/// built, over one connection manager that reads Supabase environment profiles.
#[derive(Debug, Parser)]
#[command(
    name = "vecops",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
#[command(after_help = "Start here: `vecops demo` needs nothing but this program and Python's pip.")]
struct Cli {
    #[command(flatten)]
    globals: Globals,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Init(init::InitArgs),
    Profile(profile::ProfileArgs),
    Embedded(embedded::EmbeddedArgs),
    Setup(setup::SetupArgs),
    Seed(seed::SeedArgs),
    Index(index::IndexArgs),
    Search(search::SearchArgs),
    Export(export::ExportArgs),
    Dump(dump::DumpArgs),
    Verify(verify::VerifyArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Bench(bench::BenchArgs),
    Provider(provider::ProviderCommandArgs),
    Synthesize(synthesize::SynthesizeArgs),
    Completions(completions::CompletionsArgs),
    #[command(hide = true)]
    Generate(generate::GenerateArgs),
}

impl Command {
    /// The command's name, which the server sees as part of `application_name`.
    fn name(&self) -> &'static str {
        match self {
            Self::Demo(_) => "demo",
            Self::Init(_) => "init",
            Self::Setup(_) => "setup",
            Self::Seed(_) => "seed",
            Self::Index(_) => "index",
            Self::Search(_) => "search",
            Self::Export(_) => "export",
            Self::Dump(_) => "dump",
            Self::Verify(_) => "verify",
            Self::Backup(_) => "backup",
            Self::Restore(_) => "restore",
            Self::Bench(_) => "bench",
            Self::Synthesize(_) => "synthesize",
            Self::Profile(_) => "profile",
            Self::Provider(_) => "provider",
            Self::Embedded(_) => "embedded",
            Self::Completions(_) => "completions",
            Self::Generate(_) => "generate",
        }
    }
}

/// The whole definition of the command line, for completions, man pages and tests.
pub fn definition() -> clap::Command {
    Cli::command()
}

/// Runs a command line to its end and returns the exit code of the shell contract.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    interrupt::install_panic_report();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let code = match Cli::try_parse_from(&arguments) {
        Ok(cli) => interrupt::catching_bugs(|| start(cli)),
        Err(error) => answer_without_command(&error, &arguments),
    };
    ExitCode::from(code)
}

fn start(cli: Cli) -> u8 {
    let mut globals = cli.globals;
    if let Command::Profile(args) = &cli.command {
        globals.profile = globals.profile.or_else(|| args.profile().map(str::to_owned));
    }
    if let Command::Verify(args) = &cli.command {
        globals.profile = args.against().map(str::to_owned).or(globals.profile);
    }
    let context = match Context::new(globals, cli.command.name()) {
        Ok(context) => context,
        Err((format, error)) => return report_error(&error, format),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(source) => {
            let error = Error::failed("start the asynchronous runtime").cause(source);
            return context.report_error(&error);
        }
    };
    let result = runtime.block_on(interrupt::until_done_or_interrupted(
        &context,
        dispatch(&context, cli.command),
    ));
    // Blocking threads (a reader waiting on stdin) must not hold up the end of the process.
    runtime.shutdown_background();
    match result {
        Ok(outcome) => outcome.exit_code(),
        Err(error) => context.report_error(&error),
    }
}

async fn dispatch(context: &Context, command: Command) -> Result<Outcome> {
    match command {
        Command::Demo(args) => Box::pin(demo::run(context, args)).await,
        Command::Init(args) => init::run(context, &args),
        Command::Setup(args) => setup::run(context, args).await,
        Command::Seed(args) => seed::run(context, args).await,
        Command::Index(args) => index::run(context, args).await,
        Command::Search(args) => search::run(context, args).await,
        Command::Export(args) => export::run(context, args).await,
        Command::Dump(args) => Box::pin(dump::run(context, args)).await,
        Command::Verify(args) => verify::run(context, args).await,
        Command::Backup(args) => backup::run(context, args).await,
        Command::Restore(args) => Box::pin(restore::run(context, args)).await,
        Command::Bench(args) => bench::run(context, args).await,
        Command::Synthesize(args) => synthesize::run(context, args).await,
        Command::Profile(args) => profile::run(context, args).await,
        Command::Provider(args) => provider::run(context, args).await,
        Command::Embedded(args) => embedded::run(context, args).await,
        Command::Completions(args) => completions::run(&args),
        Command::Generate(args) => generate::run(&args),
    }
}

/// Answers `--help`, `--version` and a wrong command line.
fn answer_without_command(error: &clap::Error, arguments: &[OsString]) -> u8 {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Help on a closed pipe has no reader to miss it.
        error.print().unwrap_or_default();
        return 0;
    }
    if wants_json(arguments) {
        let text = error.render().to_string();
        let message = text
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned();
        return report_error(
            &Error::usage(message).hint("Run `vecops --help`."),
            OutputFormat::Json,
        );
    }
    error.print().unwrap_or_default();
    Error::usage("").kind().exit_code()
}

/// Whether a command line that clap refused asked for JSON.
fn wants_json(arguments: &[OsString]) -> bool {
    let words: Vec<_> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let by_flag = words.iter().any(|word| {
        matches!(
            *word,
            "--json" | "--output-format=json" | "--output-format=stream-json"
        )
    });
    by_flag
        || words
            .windows(2)
            .any(|pair| matches!(pair, ["--output-format", "json" | "stream-json"]))
}

/// Writes an error that came before there was a context.
fn report_error(error: &Error, format: OutputFormat) -> u8 {
    let stderr = render::terminal::Stderr::new();
    match format {
        OutputFormat::Text => stderr.line(&render::error::text(error, false)),
        OutputFormat::Json | OutputFormat::StreamJson => {
            stderr.line(&render::document::of_error(error, None).to_string());
        }
    }
    error.kind().exit_code()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_well_formed() {
        super::definition().debug_assert();
    }
}
