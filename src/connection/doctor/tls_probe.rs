//! A handshake of the doctor's own: it takes any certificate, and remembers what a verifier says about it.
//!
//! The connection that commands use verifies for itself; nothing is sent through this one. How a PostgreSQL
//! client asks for TLS: PostgreSQL documentation, 54.2.11 "SSL Session Encryption".

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use serde::Serialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::target::Address;
use super::super::tls_failure::Verdict;
use super::super::trust;
use crate::error::{Error, Result};

/// `SSLRequest`: its length, and the code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// What a server's TLS looks like.
#[derive(Debug, Serialize)]
pub struct TlsReport {
    /// Whether the server offers TLS at all.
    pub offered: bool,
    /// The protocol, such as `TLSv1_3`.
    pub protocol: Option<String>,
    /// What a full verification with the CA at hand says.
    pub verdict: Option<Verdict>,
    /// The verifier's own words, where they say more.
    pub detail: Option<String>,
    /// The certificates that the server sent, its own first.
    pub chain: Vec<Certificate>,
    /// Why the handshake failed.
    pub error: Option<String>,
    /// Seconds it took.
    pub seconds: f64,
}

/// A certificate that the server sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// The day on which it ends, where it is one of Supabase's known roots.
    pub supabase_root_until: Option<&'static str>,
}

impl TlsReport {
    /// What is wrong, in a few words.
    pub fn problem(&self) -> Option<String> {
        match self.verdict {
            Some(Verdict::Trusted) => None,
            Some(verdict) => Some(verdict.describe().to_owned()),
            None if self.offered => self.error.clone(),
            None => None,
        }
    }
}

/// Asks a server for TLS and looks at what it shows.
pub(super) async fn probe(stream: TcpStream, address: &Address, time_limit: Duration) -> TlsReport {
    let start = Instant::now();
    let mut report = TlsReport {
        offered: false,
        protocol: None,
        verdict: None,
        detail: None,
        chain: Vec::new(),
        error: None,
        seconds: 0.0,
    };
    match tokio::time::timeout(time_limit, shake_hands(stream, address, &mut report)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => report.error = Some(error.to_string()),
        Err(_) => report.error = Some("no answer in time".to_owned()),
    }
    report.seconds = start.elapsed().as_secs_f64();
    report
}

async fn shake_hands(mut stream: TcpStream, address: &Address, report: &mut TlsReport) -> Result<()> {
    stream.write_all(&SSL_REQUEST).await?;
    let mut answer = [0_u8];
    stream.read_exact(&mut answer).await?;
    report.offered = answer == *b"S";
    if !report.offered {
        return Ok(());
    }
    let seen = Arc::new(Mutex::new(Seen::default()));
    let config = configuration(address, Arc::clone(&seen))?;
    let name = ServerName::try_from(address.host.value.clone())
        .map_err(|source| Error::configuration("the host is no name that TLS knows").cause(source))?;
    let connected = tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await;
    let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    (report.verdict, report.detail, report.chain) = (seen.verdict, seen.detail, seen.chain);
    let connected = connected.map_err(|source| Error::connection(source.to_string()))?;
    let protocol = connected.get_ref().1.protocol_version();
    report.protocol = protocol.map(|protocol| format!("{protocol:?}"));
    Ok(())
}

fn configuration(address: &Address, seen: Arc<Mutex<Seen>>) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(ca) = &address.tls.ca {
        let pem = fs_err::read(&ca.value)?;
        roots.add_parsable_certificates(trust::certificates(&pem)?);
    }
    // Without any root there is no verifier, and then nobody is known.
    let inner = if roots.is_empty() {
        None
    } else {
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let built = builder.build();
        Some(built.map_err(|source| Error::failed("build the verifier").caused_by(&source))?)
    };
    let verifier = Witness {
        inner,
        provider: Arc::clone(&provider),
        seen,
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| Error::failed("choose the TLS versions").caused_by(&source))?;
    Ok(config
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// What the witness saw.
#[derive(Debug, Default)]
struct Seen {
    chain: Vec<Certificate>,
    verdict: Option<Verdict>,
    detail: Option<String>,
}

/// A verifier that lets everything pass and remembers what a real one says.
#[derive(Debug)]
struct Witness {
    inner: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<rustls::crypto::CryptoProvider>,
    seen: Arc<Mutex<Seen>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let says = match &self.inner {
            Some(inner) => {
                inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            None => Err(rustls::CertificateError::UnknownIssuer.into()),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let chain = std::iter::once(end_entity).chain(intermediates);
        seen.chain = chain.map(|certificate| describe(certificate)).collect();
        match says {
            Ok(_) => seen.verdict = Some(Verdict::Trusted),
            Err(error) => {
                seen.verdict = Some(Verdict::of(&error).unwrap_or(Verdict::Invalid));
                seen.detail = Some(error.to_string());
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn describe(certificate: &CertificateDer<'_>) -> Certificate {
    let sha256 = trust::fingerprint(certificate);
    Certificate {
        supabase_root_until: trust::supabase_root_until(&sha256),
        sha256,
    }
}
