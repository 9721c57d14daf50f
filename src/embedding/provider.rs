//! What a provider is, and choosing one.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::manifest;
use crate::error::{Error, Result, nearest};
use crate::manifest::ManifestFile;

/// Something that makes vectors of texts, as `[providers.NAME]` declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its name in the manifest.
    pub name: String,
    /// Where it is declared: file and line.
    pub declared_at: String,
    /// The model that makes the vectors.
    pub model: String,
    /// The length of the vectors, where it is declared.
    pub dimensions: Option<u32>,
    /// How many texts go into one request.
    pub batch_size: usize,
    /// How long an answer may take.
    pub timeout: Duration,
    /// What stands in front of a question.
    pub query_prefix: String,
    /// What stands in front of a text that is stored.
    pub document_prefix: String,
    /// How it is reached.
    pub via: Via,
}

/// How a provider is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// By HTTP.
    Http(Endpoint),
    /// By a program on this machine.
    Command(Command),
}

/// A server that speaks OpenAI's protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The URL that `/embeddings` is put behind.
    pub base_url: Url,
    /// The variable that holds the key; none where the server wants no key.
    pub api_key_env: Option<String>,
    /// How many requests may be under way at once.
    pub concurrency: usize,
    /// How often a request is tried again.
    pub retries: usize,
    /// The form in which vectors are asked for.
    pub encoding: Option<Encoding>,
}

/// The form in which vectors travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Arrays of numbers.
    Float,
    /// The bytes of 32-bit floats.
    Base64,
}

impl Encoding {
    /// The word of the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float => "float",
            Self::Base64 => "base64",
        }
    }
}

/// A program that reads `{"text": ...}` and writes `{"embedding": [...]}`, one a line, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// The folder it runs in: the manifest's.
    pub folder: PathBuf,
    /// Whether it is started anew for each batch, and reads that to its end before it answers.
    pub one_shot: bool,
}

/// What a text is embedded for; models may want a word in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To search with.
    Query,
    /// To be found.
    Document,
}

impl Provider {
    /// The prefix for a purpose.
    pub fn prefix(&self, purpose: Purpose) -> &str {
        match purpose {
            Purpose::Query => &self.query_prefix,
            Purpose::Document => &self.document_prefix,
        }
    }

    /// Where it is, for messages: no key is in it.
    pub fn place(&self) -> String {
        match &self.via {
            Via::Http(endpoint) => endpoint.base_url.as_str().trim_end_matches('/').to_owned(),
            Via::Command(command) => command.argv.join(" "),
        }
    }

    /// How many requests may be under way at once.
    pub fn concurrency(&self) -> usize {
        match &self.via {
            Via::Http(endpoint) => endpoint.concurrency,
            Via::Command(_) => 1,
        }
    }
}

/// The declared providers, in the order of their names.
#[derive(Debug, Clone, Default)]
pub struct Providers(Vec<Provider>);

impl Providers {
    /// Reads and checks the manifest's `[providers]`.
    pub fn read(file: &ManifestFile) -> Result<Self> {
        manifest::read(file).map(Self)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }

    /// The provider that a flag names, else the collection, else the only one there is.
    pub fn choose(&self, flag: Option<&str>, of_collection: Option<&str>) -> Result<&Provider> {
        if let Some(name) = flag.or(of_collection) {
            let found = self.0.iter().find(|provider| provider.name == name);
            return found.ok_or_else(|| self.unknown(name));
        }
        match self.0.as_slice() {
            [only] => Ok(only),
            [] => Err(Error::configuration("no embedding provider is declared").hint(
                "Declare one as `[providers.NAME]` in `vecops.toml`, with `base_url` and `model`, or with `command` and `model`.",
            )),
            _ => Err(Error::usage("several embedding providers are declared").hint(format!(
                "Choose one with `--provider NAME`, or with `provider = \"NAME\"` in the collection: {}.",
                self.names()
            ))),
        }
    }

    fn names(&self) -> String {
        let names: Vec<String> = self
            .0
            .iter()
            .map(|provider| format!("`{}`", provider.name))
            .collect();
        names.join(", ")
    }

    fn unknown(&self, name: &str) -> Error {
        let error = Error::configuration(format!("no embedding provider is called `{name}`"));
        let known = self.0.iter().map(|provider| provider.name.as_str());
        match nearest(name, known) {
            Some(near) => error.hint(format!("Did you mean `{near}`?")),
            None if self.0.is_empty() => {
                error.hint(format!("Declare `[providers.{name}]` in `vecops.toml`."))
            }
            None => error.hint(format!("`vecops.toml` declares {}.", self.names())),
        }
    }
}
