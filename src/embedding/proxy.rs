//! Which proxy a request goes through: what `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in either case.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::manifest::is_loopback;
use crate::error::{Error, Result};

/// The proxies that the environment names; their URLs may hold passwords.
#[derive(Clone, Default)]
pub struct ProxySettings {
    /// For `https`.
    pub https: Option<SecretString>,
    /// For `http`.
    pub http: Option<SecretString>,
    /// The hosts that are reached without one, with commas between them.
    pub except: Option<String>,
}

impl ProxySettings {
    /// Takes the settings from variables; the lower-case names win, as in curl.
    pub fn from_variables<'v>(get: impl Fn(&str) -> Option<&'v str>) -> Self {
        let either = |upper: &str| get(&upper.to_lowercase()).or_else(|| get(upper));
        let secret = |text: &str| SecretString::from(text.to_owned());
        let all = either("ALL_PROXY");
        Self {
            https: either("HTTPS_PROXY").or(all).map(secret),
            // A CGI server sets HTTP_PROXY from a request's header, so only the lower-case name counts, as in curl.
            http: get("http_proxy").or(all).map(secret),
            except: either("NO_PROXY").map(str::to_owned),
        }
    }

    /// The proxy for a URL; this machine is reached without one.
    pub(super) fn of(&self, url: &Url) -> Result<Option<ureq::Proxy>> {
        let proxy = match url.scheme() {
            "https" => &self.https,
            _ => &self.http,
        };
        let Some(proxy) = proxy else { return Ok(None) };
        if is_loopback(url) || self.excepts(url.host_str().unwrap_or_default()) {
            return Ok(None);
        }
        let text = proxy.expose_secret();
        let wrong = || {
            Error::configuration(format!(
                "the proxy that the environment names for `{}` is no `http` or `https` URL",
                url.scheme()
            ))
            .hint("Correct `HTTPS_PROXY`, or name the host in `NO_PROXY`.")
        };
        let is_known = !text.contains("://") || text.starts_with("http://") || text.starts_with("https://");
        if !is_known {
            return Err(wrong());
        }
        ureq::Proxy::new(text).map(Some).map_err(|_| wrong())
    }

    fn excepts(&self, host: &str) -> bool {
        let entries = self.except.as_deref().unwrap_or_default().split(',');
        entries
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .any(|entry| {
                let domain = entry.trim_start_matches("*.").trim_start_matches('.');
                entry == "*"
                    || host.eq_ignore_ascii_case(domain)
                    || host
                        .to_lowercase()
                        .strip_suffix(&domain.to_lowercase())
                        .is_some_and(|before| before.ends_with('.'))
            })
    }
}

impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxySettings")
            .field("https", &self.https.is_some())
            .field("http", &self.http.is_some())
            .field("except", &self.except)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let get = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| *value)
        };
        let proxy = ProxySettings::from_variables(get)
            .of(&Url::parse(url).unwrap())
            .unwrap()?;
        Some(format!("{}:{}", proxy.host(), proxy.port()))
    }

    #[test]
    fn the_environment_chooses_the_proxy() {
        let https = ("HTTPS_PROXY", "http://user:secret@proxy.lan:3128");
        assert_eq!(
            through(&[https], "https://api.openai.com/v1").as_deref(),
            Some("proxy.lan:3128")
        );
        assert_eq!(through(&[https], "http://api.lan/v1"), None);
        assert_eq!(through(&[https], "https://127.0.0.1/v1"), None);
        for except in ["*", "openai.com", ".openai.com", "a, API.openai.com"] {
            assert_eq!(
                through(&[https, ("no_proxy", except)], "https://api.openai.com"),
                None,
                "{except}"
            );
        }
        for except in ["nai.com", "x.api.openai.com", ""] {
            assert!(
                through(&[https, ("no_proxy", except)], "https://api.openai.com").is_some(),
                "{except}"
            );
        }
        assert_eq!(through(&[("HTTP_PROXY", "http://evil")], "http://api.lan"), None);
        assert_eq!(
            through(&[("all_proxy", "http://p:1")], "http://api.lan").as_deref(),
            Some("p:1")
        );
    }

    #[test]
    fn a_wrong_proxy_is_told_without_its_password() {
        let settings = ProxySettings::from_variables(|name| {
            (name == "HTTPS_PROXY").then_some("socks5://user:hunter2@proxy")
        });
        let error = settings.of(&Url::parse("https://h").unwrap()).unwrap_err();
        assert!(!format!("{error:?} {settings:?}").contains("hunter2"));
    }
}
