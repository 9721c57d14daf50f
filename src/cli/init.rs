//! `vecops init`: writes a `vecops.toml`, by asking on a terminal, from flags elsewhere.
//!
//! What it writes is read back and checked before the file appears, and never holds a password.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use dialoguer::{Input, Select};
use serde::Serialize;

use super::Context;
use super::consent::unanswered;
use crate::collection::Collections;
use crate::connection::{BUILT_IN, Configuration};
use crate::error::{Error, Outcome, Result};
use crate::manifest::{FILE_NAME, ManifestFile};
use crate::render::{Page, Report};
use crate::seed::builtin;
use crate::sql::Ident;

/// Write a vecops.toml with a profile and a first collection
///
/// Asks on a terminal for what the flags leave open; elsewhere, and with --yes, it takes the defaults. No
/// password is ever written: a URL's password is left out, and the profile says which variable holds it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops init
  vecops init --yes
  vecops init --collection documents --dimensions 1536 --element halfvec --policy owner
  vecops init --profile-name staging --url postgresql://postgres.abcdefghijklmnopqrst@aws-0-eu-central-1.pooler.supabase.com:5432/postgres")]
pub(super) struct InitArgs {
    /// The default profile: embedded, local, linked, or a new name with --url
    #[arg(long, value_name = "NAME")]
    profile_name: Option<String>,

    /// The new profile's URL; its password stays out of the file
    #[arg(long, value_name = "URL", requires = "profile_name")]
    url: Option<String>,

    /// Whether destructive work on the new profile must name it
    #[arg(long, requires = "url")]
    protected: bool,

    /// The first collection's name
    #[arg(long, value_name = "NAME")]
    collection: Option<String>,

    /// The length of its vectors
    #[arg(long, value_name = "N")]
    dimensions: Option<u32>,

    /// Its element type
    #[arg(long, value_name = "TYPE", value_parser = ELEMENTS)]
    element: Option<String>,

    /// How distance is measured
    #[arg(long, value_name = "METRIC", value_parser = METRICS)]
    metric: Option<String>,

    /// Who may read and write through the API
    #[arg(long, value_name = "POLICY", value_parser = POLICIES)]
    policy: Option<String>,

    /// The model that makes the embeddings, for the record
    #[arg(long, value_name = "NAME")]
    model: Option<String>,

    /// Overwrite a vecops.toml that is there
    #[arg(long)]
    force: bool,

    /// Print the file and write nothing
    #[arg(long)]
    dry_run: bool,
}

const ELEMENTS: [&str; 2] = ["vector", "halfvec"];
const METRICS: [&str; 4] = ["cosine", "inner-product", "l2", "l1"];
const POLICIES: [&str; 3] = ["service", "owner", "public-read"];
const DEFAULT_COLLECTION: &str = "passages";

/// Writes the file.
pub(super) fn run(context: &Context, args: &InitArgs) -> Result<Outcome> {
    let path = context.environment().working_folder.join(FILE_NAME);
    if path.exists() && !args.force && !args.dry_run {
        return Err(Error::refused(format!("`{}` is there already", path.display()))
            .hint("Edit it, or run `vecops init --force` to overwrite it, or `vecops init --dry-run` to see the new one."));
    }
    let ask = std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && !context.consents();
    let answers = Answers::gather(context, args, ask)?;
    let text = answers.text();
    check(context, &path, &text)?;
    if !args.dry_run {
        write(&path, &text, args.force)?;
    }
    context.finish(&InitReport {
        path,
        written: !args.dry_run,
        profile: answers.profile,
        collection: answers.collection,
        builtin: answers.dimensions == builtin::DIMENSIONS,
        text,
    })
}

/// Everything that the file says.
struct Answers {
    profile: String,
    url: Option<Url>,
    protected: bool,
    collection: String,
    dimensions: u32,
    element: String,
    metric: String,
    policy: String,
    model: Option<String>,
    normalized: bool,
}

/// A new profile's URL without its password, and the variable that holds the password.
struct Url {
    without_password: String,
    password_variable: String,
}

impl Answers {
    /// Takes each answer from its flag, from the user, or by default.
    fn gather(context: &Context, args: &InitArgs, ask: bool) -> Result<Self> {
        let profile = match &args.profile_name {
            Some(name) => name.clone(),
            None => choose(
                ask,
                "Database that commands use unless told otherwise",
                BUILT_IN,
                &usual(context)?,
            )?,
        };
        let url = match &args.url {
            Some(url) => Some(Url::new(&profile, url)?),
            None if BUILT_IN.contains(&profile.as_str()) => None,
            None => {
                return Err(Error::usage(format!("the new profile `{profile}` has no URL")).hint(format!(
                    "Run `vecops init --profile-name {profile} --url postgresql://USER@HOST:PORT/DATABASE`."
                )));
            }
        };
        let collection = type_in(
            ask,
            "Name of the first collection",
            args.collection.as_ref(),
            DEFAULT_COLLECTION,
        )?;
        let dimensions = type_in(
            ask,
            "Length of its vectors",
            args.dimensions.as_ref(),
            &builtin::DIMENSIONS,
        )?;
        let pick = |given: &Option<String>, question: &str, all: &[&str], usual: &str| match given {
            Some(given) => Ok(given.clone()),
            None => choose(ask, question, all, usual),
        };
        // What an index holds decides: 2,000 dimensions of `vector`, 4,000 of `halfvec`.
        let usual_element = if dimensions > 2_000 { "halfvec" } else { "vector" };
        let of_the_passages = dimensions == builtin::DIMENSIONS && args.model.is_none();
        let model = if of_the_passages {
            Some(builtin::MODEL.to_owned())
        } else {
            args.model.clone()
        };
        Ok(Self {
            element: pick(&args.element, "Element type", &ELEMENTS, usual_element)?,
            metric: pick(&args.metric, "How distance is measured", &METRICS, "cosine")?,
            policy: pick(
                &args.policy,
                "Who may read and write through the API",
                &POLICIES,
                "service",
            )?,
            normalized: of_the_passages,
            protected: args.protected,
            profile,
            url,
            collection,
            dimensions,
            model,
        })
    }

    /// The file.
    fn text(&self) -> String {
        let mut text = format!(
            "# What vecops works on. No secret belongs here: passwords come from the environment, from .env files or\n\
             # from a command.\n\ndefault_profile = {}\n",
            quoted(&self.profile)
        );
        let mut add = |line: String| writeln!(text, "{line}").unwrap_or_default();
        if let Some(url) = &self.url {
            add(format!("\n[profiles.{}]", self.profile));
            add(format!("url = {}", quoted(&url.without_password)));
            add(format!("password_env = {}", quoted(&url.password_variable)));
            if self.protected {
                add("protected = true".to_owned());
            }
        }
        add(format!("\n[collections.{}]", quoted_key(&self.collection)));
        add(format!("dimensions = {}", self.dimensions));
        add(format!(
            "element = {}               # vector, halfvec",
            quoted(&self.element)
        ));
        add(format!(
            "metric = {}                # cosine, inner-product, l2, l1",
            quoted(&self.metric)
        ));
        if let Some(model) = &self.model {
            add(format!("model = {}", quoted(model)));
        }
        if self.normalized {
            add("normalized = true".to_owned());
        }
        add(format!(
            "policy = {}               # service, owner, public-read",
            quoted(&self.policy)
        ));
        add(format!("\n[collections.{}.index]", quoted_key(&self.collection)));
        add("method = \"hnsw\"".to_owned());
        add("m = 16".to_owned());
        add("ef_construction = 64".to_owned());
        text
    }
}

impl Url {
    /// Takes the password out of a URL.
    fn new(profile: &str, url: &str) -> Result<Self> {
        let wrong = |_| {
            Error::usage("`--url` is not a URL").hint("Write it as postgresql://USER@HOST:PORT/DATABASE.")
        };
        let mut parsed = url::Url::parse(url).map_err(wrong)?;
        parsed.set_password(None).unwrap_or_default();
        let letters = profile.chars().map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        });
        Ok(Self {
            without_password: parsed.to_string(),
            password_variable: format!("{}_DB_PASSWORD", letters.collect::<String>()),
        })
    }
}

/// The profile that is chosen where nobody says: what vecops itself would choose.
fn usual(context: &Context) -> Result<String> {
    let configuration = Configuration::read(None, context.environment())?;
    let found = configuration
        .list(&context.selection(), None)?
        .into_iter()
        .find(|profile| profile.chosen);
    Ok(found.map_or_else(|| "embedded".to_owned(), |profile| profile.name))
}

fn choose(ask: bool, question: &str, all: &[&str], usual: &str) -> Result<String> {
    if !ask {
        return Ok(usual.to_owned());
    }
    let first = all.iter().position(|item| *item == usual).unwrap_or_default();
    let chosen = Select::new()
        .with_prompt(question)
        .items(all)
        .default(first)
        .interact()
        .map_err(unanswered)?;
    Ok(all.get(chosen).copied().unwrap_or(usual).to_owned())
}

fn type_in<T>(
    ask: bool,
    question: &str,
    given: Option<&T>,
    usual: &(impl ToOwned<Owned = T> + ?Sized),
) -> Result<T>
where
    T: Clone + std::fmt::Display + std::str::FromStr,
    T::Err: std::fmt::Display,
{
    match given {
        Some(given) => Ok(given.clone()),
        None if ask => Input::new()
            .with_prompt(question)
            .default(usual.to_owned())
            .interact_text()
            .map_err(unanswered),
        None => Ok(usual.to_owned()),
    }
}

/// Reads the new file as every command will, so that what is wrong with an answer is said now.
fn check(context: &Context, path: &Path, text: &str) -> Result<()> {
    let manifest = ManifestFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    Collections::read(&manifest)?;
    Configuration::read(Some(&manifest), context.environment())?;
    Ok(())
}

/// Puts the file in its place at once, so that a half-written one is never there.
fn write(path: &Path, text: &str, overwrite: bool) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let failed = |source: std::io::Error| Error::failed(format!("write `{}`", path.display())).cause(source);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".vecops-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    let persisted = if overwrite {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    };
    persisted.map_err(|error| failed(error.error))?;
    Ok(())
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A TOML key, bare where it may be.
fn quoted_key(text: &str) -> String {
    match Ident::new(text) {
        Ok(ident) if ident.plain() == text => text.to_owned(),
        _ => quoted(text),
    }
}

#[derive(Debug, Serialize)]
struct InitReport {
    path: PathBuf,
    written: bool,
    profile: String,
    collection: String,
    /// Whether the passages that come with vecops fit into the collection.
    #[serde(skip)]
    builtin: bool,
    text: String,
}

impl Report for InitReport {
    const KIND: &'static str = "init";

    fn human(&self, page: &mut Page) {
        if !self.written {
            self.text.lines().for_each(|line| page.line(line));
            return;
        }
        page.line(format!("wrote {}", self.path.display()));
        page.blank();
        page.heading("try next");
        if self.profile == "embedded" {
            page.line("  vecops embedded start");
        }
        page.line("  vecops profile check");
        page.line("  vecops setup apply");
        if self.builtin {
            page.line(format!("  vecops seed {} --builtin", self.collection));
            page.line(format!("  vecops search {} --query onion-tears", self.collection));
        } else {
            page.line(format!("  vecops seed {} --from FILE.jsonl", self.collection));
        }
    }
}
