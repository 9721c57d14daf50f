//! Which certificates the user trusts: `vecops profile trust FILE`, kept in the configuration folder.
//!
//! Supabase's servers are signed by its own CA, which no system trusts and which vecops does not bring along:
//! the user downloads it from the dashboard, and it is checked here against the fingerprints of the two roots
//! that the Supabase CLI carries. Any other CA is trusted for one profile only, when asked for.

use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::endpoint::is_supabase;
use super::provenance::{Resolved, Source};
use crate::error::{Context as _, Error, Result};

/// SHA-256 of the two certificates `Supabase Root 2021 CA`, and the day on which each ends.
const SUPABASE_ROOTS: &[(&str, &str)] = &[
    (
        "80:70:25:AD:50:D4:ED:21:9D:2C:9C:7D:29:9C:00:4F:82:4E:B0:0C:F7:F6:5A:FE:F6:07:D0:7B:72:E6:CA:FA",
        "2031-04-26",
    ),
    (
        "5F:9B:77:95:1A:7A:A1:30:3F:9B:58:EE:A9:BF:A8:9E:35:8C:FD:C1:5F:97:86:FF:10:D4:93:0A:72:2C:9A:E2",
        "2035-09-01",
    ),
];

/// For whom a CA is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// For every Supabase host.
    Supabase,
    /// For one profile.
    Profile(String),
}

/// A certificate of the file.
#[derive(Debug, Clone, Serialize)]
pub struct TrustedCertificate {
    /// SHA-256 of its bytes, as OpenSSL writes it.
    pub sha256: String,
    /// The day on which it ends, where it is one of Supabase's known roots.
    pub supabase_root_until: Option<&'static str>,
}

/// What `vecops profile trust` did.
#[derive(Debug, Serialize)]
pub struct TrustReport {
    /// Where the certificates are kept now.
    pub path: PathBuf,
    /// For whom they are trusted.
    pub scope: Scope,
    /// The certificates.
    pub certificates: Vec<TrustedCertificate>,
}

/// Checks the certificates of `file` and keeps them. A private CA needs a profile's scope.
pub fn trust(config_folder: &Path, file: &Path, scope: Scope) -> Result<TrustReport> {
    let pem = fs_err::read(file).map_err(|source| Error::configuration(source.to_string()))?;
    let chain = certificates(&pem).with_context(|| format!("read `{}`", file.display()))?;
    let certificates: Vec<_> = chain.iter().map(describe).collect();
    if scope == Scope::Supabase
        && let Some(unknown) = certificates.iter().find(|it| it.supabase_root_until.is_none())
    {
        return Err(not_supabase(file, unknown));
    }
    let path = stored_path(config_folder, &scope);
    store(&path, &pem)?;
    Ok(TrustReport {
        path,
        scope,
        certificates,
    })
}

/// The stored CA for a host of a profile, the profile's own first.
pub(super) fn stored_ca(config_folder: &Path, host: &str, profile: &str) -> Option<Resolved<PathBuf>> {
    let own = stored_path(config_folder, &Scope::Profile(profile.to_owned()));
    let shared = is_supabase(host).then(|| stored_path(config_folder, &Scope::Supabase));
    let found = [Some(own), shared]
        .into_iter()
        .flatten()
        .find(|path| path.is_file())?;
    Some(Resolved::new(found.clone(), Source::File(found)))
}

/// The certificates in a PEM text; an empty one is an error.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|source| Error::configuration(format!("it is no PEM file: {source}")))?;
    if chain.is_empty() {
        return Err(Error::configuration(
            "it holds no certificate (`-----BEGIN CERTIFICATE-----`)",
        ));
    }
    let mut roots = rustls::RootCertStore::empty();
    for certificate in &chain {
        let added = roots.add(certificate.clone());
        added.map_err(|source| {
            Error::configuration(format!("a certificate in it cannot be read: {source}"))
        })?;
    }
    Ok(chain)
}

/// SHA-256 of a certificate as OpenSSL writes it: pairs of capitals with colons.
pub(super) fn fingerprint(certificate: &[u8]) -> String {
    let digest = Sha256::digest(certificate);
    let pairs: Vec<_> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// Whether a fingerprint is one of Supabase's roots, and until when it is valid.
pub(super) fn supabase_root_until(sha256: &str) -> Option<&'static str> {
    let found = SUPABASE_ROOTS.iter().find(|(known, _)| *known == sha256);
    found.map(|(_, until)| *until)
}

fn describe(certificate: &CertificateDer<'_>) -> TrustedCertificate {
    let sha256 = fingerprint(certificate);
    TrustedCertificate {
        supabase_root_until: supabase_root_until(&sha256),
        sha256,
    }
}

fn not_supabase(file: &Path, certificate: &TrustedCertificate) -> Error {
    let mut error = Error::refused(format!(
        "`{}` is not Supabase's CA; nothing is trusted",
        file.display()
    ))
    .cause(format!("its SHA-256 is {}", certificate.sha256));
    for (known, until) in SUPABASE_ROOTS {
        error = error.cause(format!("Supabase's root until {until} is {known}"));
    }
    error.hint(
        "Download the certificate again from the dashboard (Database settings, SSL configuration); for a CA of \
         your own, run `vecops profile trust FILE --any --profile NAME`.",
    )
}

fn stored_path(config_folder: &Path, scope: &Scope) -> PathBuf {
    let folder = config_folder.join("ca");
    match scope {
        Scope::Supabase => folder.join("supabase.pem"),
        Scope::Profile(name) => folder.join(format!("profile-{name}.pem")),
    }
}

/// Writes the certificates, with those that are there already, in one step.
fn store(path: &Path, pem: &[u8]) -> Result<()> {
    use std::io::Write as _;
    let folder = path.parent().unwrap_or(Path::new("."));
    fs_err::create_dir_all(folder).map_err(|source| Error::configuration(source.to_string()))?;
    let mut blocks = fs_err::read(path)
        .map(|present| blocks(&present))
        .unwrap_or_default();
    for block in self::blocks(pem) {
        if !blocks.contains(&block) {
            blocks.push(block);
        }
    }
    // A temporary file is readable by its owner alone.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(blocks.concat().as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)
        .map_err(|source| Error::failed(format!("write `{}`", path.display())).cause(source.error))?;
    Ok(())
}

/// The certificate blocks of a PEM text; keys and remarks stay behind.
fn blocks(pem: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(pem);
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines().map(str::trim) {
        if line == "-----BEGIN CERTIFICATE-----" {
            open = Some(String::new());
        }
        if let Some(block) = &mut open {
            block.push_str(line);
            block.push('\n');
        }
        if line == "-----END CERTIFICATE-----" {
            blocks.extend(open.take());
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private_ca(folder: &Path) -> PathBuf {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["ca".to_owned()]).unwrap();
        let certificate = certificate.self_signed(&key).unwrap();
        let file = folder.join("ca.pem");
        fs_err::write(&file, format!("{}{}", certificate.pem(), key.serialize_pem())).unwrap();
        file
    }

    #[test]
    fn a_private_ca_is_trusted_for_one_profile_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = private_ca(folder.path());
        let refused = trust(folder.path(), &file, Scope::Supabase).unwrap_err();
        assert_eq!(refused.kind(), crate::error::Kind::Refused);
        assert!(stored_ca(folder.path(), "db.abcdefghijklmnopqrst.supabase.co", "p").is_none());

        let scope = Scope::Profile("p".to_owned());
        let report = trust(folder.path(), &file, scope.clone()).unwrap();
        trust(folder.path(), &file, scope).unwrap();
        let kept = fs_err::read_to_string(&report.path).unwrap();
        assert_eq!(
            kept.matches("BEGIN CERTIFICATE").count(),
            1,
            "trusting twice keeps one"
        );
        assert!(!kept.contains("PRIVATE KEY"));
        assert!(stored_ca(folder.path(), "any.example", "p").is_some());
        assert!(stored_ca(folder.path(), "any.example", "q").is_none());
    }

    #[test]
    fn a_file_without_a_certificate_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("no.pem");
        fs_err::write(&file, "hello").unwrap();
        let error = trust(folder.path(), &file, Scope::Supabase).unwrap_err();
        assert_eq!(error.kind(), crate::error::Kind::Configuration);
    }
}
