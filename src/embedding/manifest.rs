//! Reads `[providers.NAME]` of `vecops.toml`, and puts each error at the line of its key.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;
use url::{Host, Url};

use super::provider::{Command, Encoding, Endpoint, Provider, Via};
use crate::error::{Error, Result};
use crate::manifest::ManifestFile;

const TIMEOUT: Duration = Duration::from_mins(1);
const COMMAND_TIMEOUT: Duration = Duration::from_mins(5);
const BATCH: usize = 128;
const CONCURRENCY: usize = 4;
const RETRIES: usize = 6;

/// The manifest, as far as providers are concerned.
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    providers: BTreeMap<Spanned<String>, Section>,
    /// The misspelling that would otherwise declare nothing without a word.
    provider: Option<Spanned<IgnoredAny>>,
}

/// `[providers.NAME]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    base_url: Option<Spanned<String>>,
    api_key_env: Option<Spanned<String>>,
    allow_http: Option<Spanned<bool>>,
    concurrency: Option<Spanned<usize>>,
    retries: Option<Spanned<usize>>,
    encoding: Option<Spanned<String>>,
    command: Option<Spanned<Vec<String>>>,
    one_shot: Option<Spanned<bool>>,
    model: Option<Spanned<String>>,
    dimensions: Option<Spanned<u32>>,
    batch_size: Option<Spanned<usize>>,
    timeout: Option<Spanned<String>>,
    #[serde(default)]
    query_prefix: String,
    #[serde(default)]
    document_prefix: String,
}

/// Reads and checks every provider of the file.
pub(super) fn read(file: &ManifestFile) -> Result<Vec<Provider>> {
    let document: Document = file.parse()?;
    if let Some(misspelt) = document.provider {
        let message = "`provider` is not a section; providers are declared as `[providers.NAME]`";
        return Err(file.error_at(Some(misspelt.span()), message));
    }
    let sections = document.providers.iter();
    sections
        .map(|(name, section)| Place { file, name, section }.provider())
        .collect()
}

/// One section and where it stands.
struct Place<'a> {
    file: &'a ManifestFile,
    name: &'a Spanned<String>,
    section: &'a Section,
}

impl Place<'_> {
    fn provider(&self) -> Result<Provider> {
        let section = self.section;
        let via = match (&section.base_url, &section.command) {
            (Some(url), None) => Via::Http(self.endpoint(url)?),
            (None, Some(argv)) => Via::Command(self.command(argv)?),
            (Some(_), Some(command)) => {
                return Err(self.error(
                    Some(command.span()),
                    "command",
                    "a provider has one of `base_url` and `command`",
                ));
            }
            (None, None) => {
                let message = "a provider has `base_url`, or `command`";
                return Err(self.error(None, "", message));
            }
        };
        let model = match &section.model {
            Some(model) if !model.get_ref().trim().is_empty() => model.get_ref().clone(),
            Some(model) => return Err(self.error(Some(model.span()), "model", "it names no model")),
            None => {
                let message = "`model` is missing: vectors are kept, and compared with what a column holds, under its name";
                return Err(self.error(None, "", message));
            }
        };
        let usual_timeout = match via {
            Via::Http(_) => TIMEOUT,
            Via::Command(_) => COMMAND_TIMEOUT,
        };
        let dimensions = self.within("dimensions", section.dimensions.as_ref(), 1..=16_000)?;
        Ok(Provider {
            name: self.name.get_ref().clone(),
            declared_at: format!(
                "{}:{}",
                self.file.path.display(),
                self.file.line_at(self.name.span().start)
            ),
            model,
            dimensions,
            batch_size: self
                .within("batch_size", section.batch_size.as_ref(), 1..=2_048)?
                .unwrap_or(BATCH),
            timeout: self.timeout()?.unwrap_or(usual_timeout),
            query_prefix: section.query_prefix.clone(),
            document_prefix: section.document_prefix.clone(),
            via,
        })
    }

    fn endpoint(&self, text: &Spanned<String>) -> Result<Endpoint> {
        let section = self.section;
        self.expect_none(
            "a provider with `base_url`",
            &[("one_shot", span(section.one_shot.as_ref()))],
        )?;
        let wrong = |why: &str| self.error(Some(text.span()), "base_url", why);
        let base_url =
            Url::parse(text.get_ref()).map_err(|error| wrong(&format!("it is no URL: {error}")))?;
        if !base_url.username().is_empty() || base_url.password().is_some() {
            return Err(wrong("it holds a password; this file is no place for secrets")
                .hint("Take it out, and name the variable that holds the key with `api_key_env`."));
        }
        if base_url.query().is_some() || base_url.fragment().is_some() {
            return Err(wrong("it goes on behind its path").hint(
                "Leave `?` and what follows out; a key belongs into the variable that `api_key_env` names.",
            ));
        }
        let allow_http = section.allow_http.as_ref().is_some_and(|allow| *allow.get_ref());
        match base_url.scheme() {
            "https" => {}
            "http" if allow_http || is_loopback(&base_url) => {}
            "http" => {
                return Err(wrong("texts and the key would travel as plain text")
                    .hint("Use `https`, or say `allow_http = true` where the network is trusted."));
            }
            other => return Err(wrong(&format!("`{other}` is neither `https` nor `http`"))),
        }
        Ok(Endpoint {
            base_url,
            api_key_env: self.variable()?,
            concurrency: self
                .within("concurrency", section.concurrency.as_ref(), 1..=32)?
                .unwrap_or(CONCURRENCY),
            retries: self
                .within("retries", section.retries.as_ref(), 0..=20)?
                .unwrap_or(RETRIES),
            encoding: self.encoding()?,
        })
    }

    fn command(&self, argv: &Spanned<Vec<String>>) -> Result<Command> {
        let section = self.section;
        self.expect_none(
            "a provider with `command`",
            &[
                ("api_key_env", span(section.api_key_env.as_ref())),
                ("allow_http", span(section.allow_http.as_ref())),
                ("concurrency", span(section.concurrency.as_ref())),
                ("retries", span(section.retries.as_ref())),
                ("encoding", span(section.encoding.as_ref())),
            ],
        )?;
        if argv.get_ref().first().is_none_or(String::is_empty) {
            return Err(self.error(Some(argv.span()), "command", "it names no program"));
        }
        Ok(Command {
            argv: argv.get_ref().clone(),
            folder: self.file.folder().to_owned(),
            one_shot: section
                .one_shot
                .as_ref()
                .is_some_and(|one_shot| *one_shot.get_ref()),
        })
    }

    /// The name of the variable that holds the key. A key in its place is the likeliest mistake.
    fn variable(&self) -> Result<Option<String>> {
        let Some(variable) = &self.section.api_key_env else {
            return Ok(None);
        };
        let name = variable.get_ref();
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_name {
            return Ok(Some(name.clone()));
        }
        let message = "it is no name of a variable; this file is no place for keys";
        Err(self
            .error(Some(variable.span()), "api_key_env", message)
            .hint("Name the variable that holds the key, such as `OPENAI_API_KEY`, and change the key if the file was shared."))
    }

    fn encoding(&self) -> Result<Option<Encoding>> {
        let Some(encoding) = &self.section.encoding else {
            return Ok(None);
        };
        match encoding.get_ref().as_str() {
            "float" => Ok(Some(Encoding::Float)),
            "base64" => Ok(Some(Encoding::Base64)),
            other => {
                let message = format!("`{other}` is not one of `float`, `base64`");
                Err(self.error(Some(encoding.span()), "encoding", &message))
            }
        }
    }

    fn timeout(&self) -> Result<Option<Duration>> {
        let Some(timeout) = &self.section.timeout else {
            return Ok(None);
        };
        let parsed = humantime::parse_duration(timeout.get_ref());
        let in_range = parsed.ok().filter(|time| (1..=86_400).contains(&time.as_secs()));
        in_range.map(Some).ok_or_else(|| {
            let message = format!("`{}` is no time between 1s and 1day", timeout.get_ref());
            self.error(Some(timeout.span()), "timeout", &message)
        })
    }

    fn within<T: PartialOrd + Copy + std::fmt::Display>(
        &self,
        key: &str,
        value: Option<&Spanned<T>>,
        range: std::ops::RangeInclusive<T>,
    ) -> Result<Option<T>> {
        match value {
            Some(value) if !range.contains(value.get_ref()) => {
                let message = format!(
                    "{} is not between {} and {}",
                    value.get_ref(),
                    range.start(),
                    range.end()
                );
                Err(self.error(Some(value.span()), key, &message))
            }
            value => Ok(value.map(|value| *value.get_ref())),
        }
    }

    /// Refuses the keys of the other kind of provider.
    fn expect_none(&self, kind: &str, keys: &[(&str, Option<Range<usize>>)]) -> Result<()> {
        let given = keys.iter().find(|(_, span)| span.is_some());
        given.map_or(Ok(()), |(key, span)| {
            Err(self.error(span.clone(), key, &format!("{kind} has no such key")))
        })
    }

    /// An error at the key's line; at the section's name where no key is at fault.
    fn error(&self, span: Option<Range<usize>>, key: &str, message: &str) -> Error {
        let key = if key.is_empty() {
            String::new()
        } else {
            format!(".{key}")
        };
        let message = format!("`providers.{}{key}`: {message}", self.name.get_ref());
        self.file
            .error_at(Some(span.unwrap_or_else(|| self.name.span())), &message)
    }
}

fn span<T>(value: Option<&Spanned<T>>) -> Option<Range<usize>> {
    value.map(Spanned::span)
}

/// Whether a URL does not leave this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Providers;
    use super::*;

    fn read(text: &str) -> Result<Providers> {
        Providers::read(&ManifestFile {
            path: "vecops.toml".into(),
            text: text.to_owned(),
        })
    }

    #[test]
    fn every_key_is_read_and_what_is_left_out_has_a_default() {
        let providers = read(
            r#"
            [providers.openai]
            base_url = "https://api.openai.com/v1"
            api_key_env = "OPENAI_API_KEY"
            model = "text-embedding-3-small"
            dimensions = 512
            batch_size = 64
            timeout = "20s"
            concurrency = 2
            retries = 3
            encoding = "base64"
            query_prefix = "query: "
            document_prefix = "passage: "

            [providers.local]
            command = ["python3", "embed.py"]
            model = "all-MiniLM-L6-v2"
            one_shot = true
            "#,
        )
        .unwrap();
        let openai = providers.choose(Some("openai"), Some("local")).unwrap();
        assert_eq!((openai.batch_size, openai.dimensions), (64, Some(512)));
        assert_eq!(openai.timeout, Duration::from_secs(20));
        assert_eq!(
            (openai.query_prefix.as_str(), openai.concurrency()),
            ("query: ", 2)
        );
        let Via::Http(endpoint) = &openai.via else {
            panic!()
        };
        assert_eq!(endpoint.api_key_env.as_deref(), Some("OPENAI_API_KEY"));
        assert_eq!((endpoint.retries, endpoint.encoding), (3, Some(Encoding::Base64)));
        let local = providers.choose(None, Some("local")).unwrap();
        assert_eq!((local.batch_size, local.concurrency()), (BATCH, 1));
        assert_eq!(local.declared_at, "vecops.toml:15");
        let several = format!("{:?}", providers.choose(None, None).unwrap_err());
        assert!(several.contains("`local`, `openai`"), "{several}");
        let unknown = format!("{:?}", providers.choose(Some("opnai"), None).unwrap_err());
        assert!(unknown.contains("Did you mean `openai`?"), "{unknown}");
    }

    #[test]
    fn an_error_names_the_line_and_shows_no_secret() {
        for (text, expected) in [
            ("[providers.a]\nmodel = 'm'", "toml:1"),
            (
                "[providers.a]\nmodel = 'm'\nbase_url = 'https://h'\nbase_ulr = 1",
                "unknown field `base_ulr`",
            ),
            ("[provider.a]\nmodel = 'm'", "`[providers.NAME]`"),
            ("[providers.a]\nbase_url = 'https://h'", "`model` is missing"),
            ("[providers.a]\nmodel = 'm'\nbase_url = 'http://h/v1'", "toml:3"),
            (
                "[providers.a]\nmodel = 'm'\nbase_url = 'https://u:hunter2@h'",
                "no place for secrets",
            ),
            (
                "[providers.a]\nmodel = 'm'\nbase_url = 'https://h/?key=hunter2'",
                "goes on behind",
            ),
            (
                "[providers.a]\nmodel = 'm'\nbase_url = 'https://h'\napi_key_env = 'sk-hunter2'",
                "toml:4",
            ),
            (
                "[providers.a]\nmodel = 'm'\nbase_url = 'https://h'\none_shot = true",
                "toml:4",
            ),
            (
                "[providers.a]\nmodel = 'm'\ncommand = ['x']\nretries = 1",
                "toml:4",
            ),
            ("[providers.a]\nmodel = 'm'\ncommand = []", "names no program"),
            (
                "[providers.a]\nmodel = 'm'\ncommand = ['x']\nbatch_size = 0",
                "between 1 and 2048",
            ),
            (
                "[providers.a]\nmodel = 'm'\ncommand = ['x']\ntimeout = 'soon'",
                "toml:4",
            ),
            (
                "[providers.a]\nmodel = 'm'\ncommand = ['x']\nbase_url = 'https://h'",
                "one of `base_url` and `command`",
            ),
        ] {
            let error = format!("{:?}", read(text).unwrap_err());
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        for text in [
            "[providers.a]\nmodel = 'm'\nbase_url = 'http://127.0.0.1:11434/v1'",
            "[providers.a]\nmodel = 'm'\nbase_url = 'http://gpu.lan/v1'\nallow_http = true",
        ] {
            assert!(read(text).is_ok(), "{text}");
        }
    }
}
