//! The HTTP client: rustls with ring and the system's certificates, no redirects, a limit on every wait.

use std::sync::Arc;
use std::time::Duration;

use ureq::tls::{Certificate, RootCerts, TlsConfig};
use url::Url;

use super::proxy::ProxySettings;
use crate::error::Result;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How many bytes an answer may have.
pub(super) const LONGEST_ANSWER: u64 = 512 * 1024 * 1024;

/// A client for one endpoint. A redirect is not followed: it could carry the key to somebody else.
pub(super) fn new(url: &Url, timeout: Duration, proxies: &ProxySettings) -> Result<ureq::Agent> {
    let tls = TlsConfig::builder()
        .root_certs(roots())
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(proxies.of(url)?)
        .tls_config(tls)
        .timeout_global(Some(timeout))
        .timeout_connect(Some(CONNECT_TIMEOUT.min(timeout)))
        .user_agent(concat!("vecops/", env!("CARGO_PKG_VERSION")))
        .max_idle_connections_per_host(32)
        .build();
    Ok(config.new_agent())
}

/// The system's certificates, or those of `SSL_CERT_FILE`.
fn roots() -> RootCerts {
    let found = rustls_native_certs::load_native_certs().certs;
    let certificates: Vec<Certificate<'static>> = found
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    RootCerts::Specific(Arc::new(certificates))
}
