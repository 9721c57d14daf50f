//! `vecops generate` (hidden): writes the files that follow from the command line's definition.
//!
//! `completions/`, `man/` and the command table of README.md. A test runs it with `--check`.

use std::path::{Path, PathBuf};

use clap_complete::Shell;

use super::completions;
use crate::error::{Error, Outcome, Result};
use crate::render::terminal;

/// Write completions, man pages and the README's command table
#[derive(Debug, clap::Args)]
pub(super) struct GenerateArgs {
    /// The folder of the repository
    #[arg(default_value = ".")]
    folder: PathBuf,

    /// Change nothing; exit 3 where a file is not fresh
    #[arg(long)]
    check: bool,
}

const TABLE_START: &str = "<!-- commands: written by `vecops generate` -->\n";
const TABLE_END: &str = "<!-- end of commands -->\n";

/// Writes the files, or says which are not fresh.
pub(super) fn run(args: &GenerateArgs) -> Result<Outcome> {
    let mut stale = Vec::new();
    for (path, content) in files(&args.folder)? {
        let fresh = fs_err::read(&path).is_ok_and(|present| present == content);
        if !fresh && !args.check {
            if let Some(folder) = path.parent() {
                fs_err::create_dir_all(folder)?;
            }
            fs_err::write(&path, &content)?;
        }
        if !fresh {
            stale.push(path.display().to_string());
        }
    }
    let verb = if args.check { "not fresh" } else { "written" };
    for path in &stale {
        terminal::print_result(&format!("{verb}: {path}\n"))?;
    }
    Ok(if args.check && !stale.is_empty() {
        Outcome::NotMet
    } else {
        Outcome::Success
    })
}

fn files(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for (shell, name) in [
        (Shell::Bash, "vecops.bash"),
        (Shell::Zsh, "_vecops"),
        (Shell::Fish, "vecops.fish"),
        (Shell::PowerShell, "_vecops.ps1"),
    ] {
        files.push((
            folder.join("completions").join(name),
            completions::script(shell).into_bytes(),
        ));
    }
    let mut definition = super::definition();
    definition.build();
    man_pages(&definition, "vecops", &folder.join("man"), &mut files)?;
    files.push((
        folder.join("README.md"),
        readme(&folder.join("README.md"), &definition)?.into_bytes(),
    ));
    Ok(files)
}

fn man_pages(
    command: &clap::Command,
    name: &str,
    folder: &Path,
    files: &mut Vec<(PathBuf, Vec<u8>)>,
) -> Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .date("")
        .render(&mut page)
        .map_err(|source| Error::failed(format!("write the man page of `{name}`")).cause(source))?;
    files.push((folder.join(format!("{name}.1")), page));
    for sub in visible(command) {
        man_pages(sub, &format!("{name}-{}", sub.get_name()), folder, files)?;
    }
    Ok(())
}

/// The README with its command table written anew.
fn readme(path: &Path, definition: &clap::Command) -> Result<String> {
    let text = fs_err::read_to_string(path)?;
    let unmarked = || Error::failed(format!("`{}` has no marks for the command table", path.display()));
    let (before, rest) = text.split_once(TABLE_START).ok_or_else(unmarked)?;
    let (_, after) = rest.split_once(TABLE_END).ok_or_else(unmarked)?;
    let mut table = String::from("| command | what it does |\n| --- | --- |\n");
    for command in visible(definition) {
        let nested: Vec<_> = visible(command).map(clap::Command::get_name).collect();
        let suffix = if nested.is_empty() {
            String::new()
        } else {
            format!(" {}", nested.join("\\|"))
        };
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let name = command.get_name();
        table.extend([format!("| `vecops {name}{suffix}` | {about} |\n")]);
    }
    Ok(format!("{before}{TABLE_START}{table}{TABLE_END}{after}"))
}

fn visible(command: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    command
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
}
