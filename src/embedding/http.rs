//! Asking a server that speaks OpenAI's protocol: one request with its tries, and what each answer means.
//!
//! Tried again: 408, 409, 425, 429, 5xx, time-outs, broken connections. Not tried again: everything that the same
//! request would meet again. The key travels in one header and nowhere else.

use std::io::{ErrorKind, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use ureq::http::Response;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use url::Url;

use super::agent;
use super::answer::{self, Complaint};
use super::batch::{Backend, Failure};
use super::embedder::{Counts, Options, Outcome};
use super::provider::{Endpoint, Provider};
use super::retry::{self, LONGEST_WAIT, Pause};
use crate::error::{Error, Kind, Result, chain};
use crate::progress::Progress;

/// How much of an error's body is read.
const LONGEST_COMPLAINT: u64 = 64 * 1024;

/// From this wait on, the user is told.
const LONG_WAIT: Duration = Duration::from_secs(5);

/// A server.
pub(super) struct Server {
    provider: Provider,
    endpoint: Endpoint,
    url: Url,
    key: Option<SecretString>,
    agent: ureq::Agent,
    pause: Pause,
    has_answered: AtomicBool,
    counts: Arc<Counts>,
    progress: Arc<dyn Progress>,
}

/// Why one try brought nothing.
enum Trouble {
    /// It may be over soon.
    Passing { why: String, asked: Option<Duration> },
    /// It is too much for one request.
    TooLarge(String),
    /// It will not get better.
    Lasting(Error),
}

impl Server {
    /// A client of the endpoint; it asks nothing yet.
    pub(super) fn new(
        provider: &Provider,
        endpoint: &Endpoint,
        options: &Options,
        counts: &Arc<Counts>,
    ) -> Result<Self> {
        let mut url = endpoint.base_url.clone();
        url.set_path(&format!(
            "{}/embeddings",
            endpoint.base_url.path().trim_end_matches('/')
        ));
        Ok(Self {
            agent: agent::new(&url, provider.timeout, &options.proxies)?,
            provider: provider.clone(),
            endpoint: endpoint.clone(),
            url,
            key: options.key.clone(),
            pause: Pause::default(),
            has_answered: AtomicBool::new(false),
            counts: Arc::clone(counts),
            progress: Arc::clone(&options.progress),
        })
    }

    fn body(&self, texts: &[&str]) -> Vec<u8> {
        let mut body = json!({"model": self.provider.model, "input": texts});
        if let Some(fields) = body.as_object_mut() {
            if let Some(dimensions) = self.provider.dimensions {
                fields.insert("dimensions".to_owned(), dimensions.into());
            }
            if let Some(encoding) = self.endpoint.encoding {
                fields.insert("encoding_format".to_owned(), encoding.name().into());
            }
        }
        body.to_string().into_bytes()
    }

    /// One try.
    fn once(&self, body: &[u8]) -> Result<Vec<u8>, Trouble> {
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        let mut request = self
            .agent
            .post(self.url.as_str())
            .header(CONTENT_TYPE, "application/json");
        if let Some(key) = self.authorization().map_err(Trouble::Lasting)? {
            request = request.header(AUTHORIZATION, key);
        }
        let mut response = request.send(body).map_err(|error| self.broken(&error))?;
        self.has_answered.store(true, Ordering::Relaxed);
        if !response.status().is_success() {
            return Err(self.refused(&mut response));
        }
        let reader = response.body_mut().with_config().limit(agent::LONGEST_ANSWER);
        reader.read_to_vec().map_err(|error| self.broken(&error))
    }

    fn authorization(&self) -> Result<Option<HeaderValue>> {
        let Some(variable) = &self.endpoint.api_key_env else {
            return Ok(None);
        };
        let Some(key) = &self.key else {
            return Err(unset(&self.provider, variable));
        };
        let value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret().trim()));
        let mut value = value.map_err(|_| {
            Error::configuration(format!("`{variable}` holds something that is no key")).hint(format!(
                "Put the key of `{}` into `{variable}`, and nothing else.",
                self.provider.name
            ))
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// What an error of the connection means.
    fn broken(&self, error: &ureq::Error) -> Trouble {
        let why = answer::shown(&chain(error).join(": "), self.secret());
        let unreachable = || {
            Error::connection(format!("{} cannot be reached", self.name()))
                .cause(&why)
                .hint(format!(
                    "Is the server running? `base_url` stands at {}.",
                    self.provider.declared_at
                ))
        };
        let asked = None;
        match error {
            ureq::Error::Io(io) if io.kind() == ErrorKind::InvalidData => Trouble::Lasting(
                unreachable()
                    .hint("Where a company's certificate authority signs, name its file in `SSL_CERT_FILE`."),
            ),
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed
                if !self.has_answered.load(Ordering::Relaxed) =>
            {
                Trouble::Lasting(unreachable())
            }
            ureq::Error::Io(io)
                if io.kind() == ErrorKind::ConnectionRefused
                    && !self.has_answered.load(Ordering::Relaxed) =>
            {
                Trouble::Lasting(unreachable())
            }
            ureq::Error::Io(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::Protocol(_)
            | ureq::Error::HostNotFound
            | ureq::Error::BodyStalled
            | ureq::Error::ConnectionFailed => Trouble::Passing { why, asked },
            _ => Trouble::Lasting(unreachable()),
        }
    }

    /// What a status other than success means.
    fn refused(&self, response: &mut Response<ureq::Body>) -> Trouble {
        let status = response.status();
        let asked = retry::asked(response.headers(), SystemTime::now());
        let location = response
            .headers()
            .get(LOCATION)
            .and_then(|value| value.to_str().ok());
        let location = location.map(|location| answer::shown(location, self.secret()));
        let mut body = Vec::new();
        let read = response
            .body_mut()
            .as_reader()
            .take(LONGEST_COMPLAINT)
            .read_to_end(&mut body);
        if let Err(error) = read {
            tracing::debug!(%error, "the body of an error could not be read");
        }
        let complaint = Complaint::read(&body, self.secret());
        let why = match complaint.message.as_str() {
            "" => status.to_string(),
            message => format!("{status}: {message}"),
        };
        let error = |kind: Kind| Error::new(kind, format!("{} answered {why}", self.name()));
        Trouble::Lasting(match status.as_u16() {
            429 if complaint.code == "insufficient_quota" => {
                error(Kind::Connection).hint("The account's quota is used up: add credit, then run the command again; what was embedded is kept.")
            }
            408 | 409 | 425 | 429 | 500 | 502..=504 | 507..=599 => return Trouble::Passing { why, asked },
            413 => return Trouble::TooLarge(why),
            400 | 422 if complaint.is_about_size() => return Trouble::TooLarge(why),
            300..=399 => error(Kind::Configuration).hint(format!(
                "Put the endpoint's own URL into `base_url` ({}){}.",
                self.provider.declared_at,
                location.map_or_else(String::new, |location| format!("; it leads to {location}"))
            )),
            401 | 403 => error(Kind::Connection).hint(match &self.endpoint.api_key_env {
                Some(variable) => format!("Check the key in `{variable}`: does it belong to {}, and may it use the model?", self.place()),
                None => format!("Name the variable that holds the key with `api_key_env` ({}).", self.provider.declared_at),
            }),
            404 | 405 => error(Kind::Configuration).hint(format!(
                "Check `base_url` and `model` ({}): the request went to {}.",
                self.provider.declared_at, self.url
            )),
            400 | 422 => error(Kind::Configuration).hint(format!(
                "Check `model`, `dimensions` and `encoding` of the provider ({}).",
                self.provider.declared_at
            )),
            _ => error(Kind::Failed),
        })
    }

    /// Waits before the next try, or gives up.
    fn wait(&self, why: &str, asked: Option<Duration>, next: Option<Duration>) -> Result<()> {
        let given_up = |error: Error| {
            error.hint("Run the command again later: what was embedded is kept, so nothing is paid twice.")
        };
        if let Some(asked) = asked.filter(|asked| *asked > LONGEST_WAIT) {
            let asked = humantime::format_duration(Duration::from_secs(asked.as_secs()));
            let message = format!("{} asks to wait {asked}", self.name());
            return Err(given_up(Error::connection(message).cause(why)));
        }
        let Some(next) = next else {
            let tries = self.endpoint.retries + 1;
            let message = format!("{} gave no vectors in {tries} tries", self.name());
            return Err(given_up(Error::connection(message).cause(why)));
        };
        let wait = asked.unwrap_or(next);
        self.counts.retries.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(provider = self.provider.name, ?wait, why, "try again");
        if wait >= LONG_WAIT {
            let wait = humantime::format_duration(Duration::from_secs(wait.as_secs()));
            self.progress
                .note(&format!("waiting {wait} for `{}`: {why}", self.provider.name));
        }
        if asked.is_some() {
            self.pause.extend(wait);
        } else {
            std::thread::sleep(wait);
        }
        Ok(())
    }

    fn secret(&self) -> Option<&str> {
        self.key.as_ref().map(|key| key.expose_secret().trim())
    }

    fn place(&self) -> String {
        self.provider.place()
    }

    fn name(&self) -> String {
        let (name, model) = (&self.provider.name, &self.provider.model);
        format!("`{name}` ({}, model `{model}`)", self.place())
    }
}

impl Backend for Server {
    fn ask(&self, texts: &[&str]) -> Result<Vec<Outcome>, Failure> {
        let body = self.body(texts);
        let mut waits = retry::waits(self.endpoint.retries);
        loop {
            self.pause.wait();
            let answered = match self.once(&body) {
                Ok(answered) => answered,
                Err(Trouble::Lasting(error)) => return Err(Failure::Error(error)),
                Err(Trouble::TooLarge(why)) => return Err(Failure::TooLarge(why)),
                Err(Trouble::Passing { why, asked }) => {
                    self.wait(&why, asked, waits.next())?;
                    continue;
                }
            };
            let read = answer::read(&answered, texts.len()).map_err(|why| {
                let why = answer::shown(&why, self.secret());
                Error::failed(format!("the answer of {} {why}", self.name()))
                    .hint(format!("Does a server for embeddings stand at {}?", self.url))
            })?;
            self.counts
                .tokens
                .fetch_add(read.tokens.unwrap_or_default(), Ordering::Relaxed);
            return Ok(read.vectors.into_iter().map(Ok).collect());
        }
    }
}

/// The error for a key that is nowhere.
pub(super) fn unset(provider: &Provider, variable: &str) -> Error {
    Error::configuration(format!(
        "the key of `{}` is to stand in `{variable}`, which is not set",
        provider.name
    ))
    .hint(format!("Export `{variable}`, or put it into a `.env` file."))
}
