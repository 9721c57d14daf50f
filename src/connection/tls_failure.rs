//! What a failed TLS handshake means: who did not trust whom, and the command to type next.

use rustls::CertificateError;

use super::endpoint::is_supabase;
use super::target::Address;
use crate::error::Error;

/// The TLS error inside an input/output error.
pub(super) fn of(io: &std::io::Error) -> Option<&rustls::Error> {
    io.get_ref()?.downcast_ref()
}

/// What is wrong with a certificate, in the doctor's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Chain and name are right.
    Trusted,
    /// Nobody known signed it.
    UnknownIssuer,
    /// It belongs to another host.
    WrongName,
    /// It is not valid any more.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// Something else is wrong with it.
    Invalid,
}

impl Verdict {
    /// What an error of rustls says about the certificate; none where it is not about the certificate.
    pub(super) fn of(error: &rustls::Error) -> Option<Self> {
        let rustls::Error::InvalidCertificate(certificate) = error else {
            return None;
        };
        Some(match certificate {
            // Another key than that of the known CA of the same name: Supabase's two roots share theirs.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongName
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            _ => Self::Invalid,
        })
    }

    /// The verdict as part of a sentence.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Trusted => "the certificate is trusted",
            Self::UnknownIssuer => "the certificate is signed by nobody known here",
            Self::WrongName => "the certificate belongs to another host",
            Self::Expired => "the certificate has expired",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::Invalid => "the certificate is not valid",
        }
    }
}

/// A handshake's failure as our error.
pub(super) fn explain(io: &std::io::Error, address: &Address, profile: Option<&str>) -> Error {
    let host = &address.host.value;
    let Some(error) = of(io) else {
        return Error::connection(io.to_string());
    };
    let Some(verdict) = Verdict::of(error) else {
        return Error::connection("the TLS handshake failed").cause(error);
    };
    let connection = Error::connection(verdict.describe());
    let connection = match verdict {
        Verdict::Trusted | Verdict::Invalid => connection.cause(error),
        _ => connection,
    };
    connection.hint(advice(verdict, host, profile))
}

/// What to do about a verdict.
pub(super) fn advice(verdict: Verdict, host: &str, profile: Option<&str>) -> String {
    match verdict {
        Verdict::UnknownIssuer if is_supabase(host) => {
            "Download Supabase's CA from the dashboard (Database settings, SSL configuration), then run `vecops profile \
             trust FILE`; behind a proxy that inspects TLS, set `PGSSLROOTCERT` to its CA."
                .to_owned()
        }
        Verdict::UnknownIssuer => match profile {
            Some(profile) => {
                format!("If the CA is your own, run `vecops profile trust FILE --any --profile {profile}`, or set `tls_ca`.")
            }
            None => "If the CA is your own, add `?sslrootcert=FILE` to the URL, or set `PGSSLROOTCERT`.".to_owned(),
        },
        Verdict::WrongName => format!("Connect by the name in the certificate instead of `{host}`; `vecops profile check` shows it."),
        Verdict::Expired => "Renew the server's certificate, and check this machine's clock.".to_owned(),
        Verdict::NotYetValid => "Check this machine's clock.".to_owned(),
        Verdict::Trusted | Verdict::Invalid => "Run `vecops profile check` to see the chain.".to_owned(),
    }
}
