//! TLS for real: the embedded server has none, so a proxy with a private CA stands in front of it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Output;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::{Sandbox, TestDatabase, database, majors};

/// What PostgreSQL clients send to ask for TLS: length 8, code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

type Ca = CertifiedIssuer<'static, KeyPair>;

/// A new CA. All of them have one name, as Supabase's two roots do: only the key tells them apart.
fn ca() -> Ca {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A proxy that speaks TLS with a certificate for `name`, signed by `ca`, and passes everything on.
async fn proxy(ca: &Ca, name: &str, expires: i32, backend: SocketAddr) -> SocketAddr {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(expires, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, ca).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone(), ca.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(client, acceptor.clone(), backend));
        }
    });
    address
}

/// One connection; a client that turns away in the handshake ends it.
async fn serve(mut client: TcpStream, acceptor: TlsAcceptor, backend: SocketAddr) {
    let mut request = [0; 8];
    if client.read_exact(&mut request).await.is_err() || request != SSL_REQUEST {
        return;
    }
    client.write_all(b"S").await.unwrap();
    let Ok(mut client) = acceptor.accept(client).await else {
        return;
    };
    let mut server = TcpStream::connect(backend).await.unwrap();
    // A peer that goes away without a closing alert is no failure of the proxy.
    drop(copy_bidirectional(&mut client, &mut server).await);
}

struct Stand {
    database: TestDatabase,
    sandbox: Sandbox,
    ca: Ca,
    ca_file: PathBuf,
}

impl Stand {
    async fn new() -> Self {
        let sandbox = Sandbox::new();
        let ca = ca();
        let ca_file = sandbox.path().join("ca.pem");
        fs_err::write(&ca_file, ca.pem()).unwrap();
        Self {
            database: database(majors()[0]).await,
            sandbox,
            ca,
            ca_file,
        }
    }

    fn backend(&self) -> SocketAddr {
        let url = url::Url::parse(&self.database.url()).unwrap();
        SocketAddr::from(([127, 0, 0, 1], url.port().unwrap()))
    }

    /// The database's URL through a proxy, by the name `localhost`.
    fn url(&self, proxy: SocketAddr, parameters: &str) -> String {
        let mut url = url::Url::parse(&self.database.url()).unwrap();
        url.set_host(Some("localhost")).unwrap();
        url.set_port(Some(proxy.port())).unwrap();
        url.set_query(Some(parameters));
        url.to_string()
    }

    async fn vecops(&self, url: String, arguments: &[&str]) -> Output {
        let mut command = self.sandbox.vecops(arguments);
        command.env("VECOPS_DB_URL", url);
        // The proxy runs on this test's runtime, which must not be held up.
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }

    /// The end of a command that needs only a login: no such table, or the reason for no login.
    async fn log_in(&self, url: String) -> (Option<i32>, String) {
        let output = self.vecops(url, &["search", "nothing", "--like", "1"]).await;
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    fn verified(&self) -> String {
        format!("sslmode=verify-full&sslrootcert={}", self.ca_file.display())
    }
}

/// Nothing to search in: the login succeeded.
const LOGGED_IN: Option<i32> = Some(12);
const NOT_CONNECTED: Option<i32> = Some(11);

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_the_known_ca_for_the_right_name_is_accepted() {
    let stand = Stand::new().await;
    let proxy = proxy(&stand.ca, "localhost", 2100, stand.backend()).await;
    let (code, stderr) = stand.log_in(stand.url(proxy, &stand.verified())).await;
    assert_eq!(code, LOGGED_IN, "{stderr}");
    assert!(!stderr.contains("warning"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_refused() {
    let stand = Stand::new().await;
    let proxy = proxy(&stand.ca, "db.example.org", 2100, stand.backend()).await;
    let (code, stderr) = stand.log_in(stand.url(proxy, &stand.verified())).await;
    assert_eq!(code, NOT_CONNECTED, "{stderr}");
    assert!(
        stderr.contains("the certificate belongs to another host"),
        "{stderr}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_an_unknown_ca_is_refused() {
    let stand = Stand::new().await;
    let proxy = proxy(&ca(), "localhost", 2100, stand.backend()).await;
    let (code, stderr) = stand.log_in(stand.url(proxy, &stand.verified())).await;
    assert_eq!(code, NOT_CONNECTED, "{stderr}");
    assert!(
        stderr.contains("the certificate is signed by nobody known here"),
        "{stderr}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_refused() {
    let stand = Stand::new().await;
    let proxy = proxy(&stand.ca, "localhost", 2021, stand.backend()).await;
    let (code, stderr) = stand.log_in(stand.url(proxy, &stand.verified())).await;
    assert_eq!(code, NOT_CONNECTED, "{stderr}");
    assert!(stderr.contains("the certificate has expired"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ca_can_come_from_the_environment_and_from_the_profile() {
    let stand = Stand::new().await;
    let proxy = proxy(&stand.ca, "localhost", 2100, stand.backend()).await;
    let mut command = stand.sandbox.vecops(&["search", "nothing", "--like", "1"]);
    command
        .env("VECOPS_DB_URL", stand.url(proxy, "sslmode=verify-full"))
        .env("PGSSLROOTCERT", &stand.ca_file);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    assert_eq!(output.status.code(), LOGGED_IN, "{output:?}");

    let url = url::Url::parse(&stand.url(proxy, "")).unwrap();
    let manifest = format!(
        "[profiles.private]\nurl = \"postgresql://postgres@localhost:{}{}\"\npassword_env = \"PRIVATE_PASSWORD\"\n\
         tls = \"verify-full\"\ntls_ca = \"ca.pem\"\n",
        proxy.port(),
        url.path()
    );
    fs_err::write(stand.sandbox.path().join("vecops.toml"), manifest).unwrap();
    let mut command = stand
        .sandbox
        .vecops(&["search", "nothing", "--like", "1", "--profile", "private"]);
    command.env("PRIVATE_PASSWORD", url.password().unwrap());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    assert_eq!(output.status.code(), LOGGED_IN, "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_was_trusted_for_a_profile_verifies_that_profile_and_no_other() {
    let stand = Stand::new().await;
    let proxy = proxy(&stand.ca, "localhost", 2100, stand.backend()).await;
    let url = stand.url(proxy, "");
    let parsed = url::Url::parse(&url).unwrap();
    let place = format!(
        "postgresql://postgres@localhost:{}{}",
        proxy.port(),
        parsed.path()
    );
    let keys = format!("url = \"{place}\"\npassword_env = \"PRIVATE_PASSWORD\"\ntls = \"verify-full\"\n");
    let manifest = format!("[profiles.private]\n{keys}[profiles.other]\n{keys}");
    fs_err::write(stand.sandbox.path().join("vecops.toml"), manifest).unwrap();
    let trust = ["profile", "trust", "ca.pem", "--any", "--profile", "private"];
    assert!(stand.sandbox.vecops(&trust).output().unwrap().status.success());
    for (profile, code) in [("private", LOGGED_IN), ("other", NOT_CONNECTED)] {
        let mut command = stand
            .sandbox
            .vecops(&["search", "nothing", "--like", "1", "--profile", profile]);
        command.env("PRIVATE_PASSWORD", parsed.password().unwrap());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        assert_eq!(output.status.code(), code, "{profile}: {output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let hint = format!("vecops profile trust FILE --any --profile {profile}");
        assert_eq!(stderr.contains(&hint), code == NOT_CONNECTED, "{stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn require_encrypts_and_never_falls_back_to_plain_text() {
    let stand = Stand::new().await;
    let proxy = proxy(&ca(), "db.example.org", 2100, stand.backend()).await;
    let (code, stderr) = stand.log_in(stand.url(proxy, "sslmode=require")).await;
    assert_eq!(code, LOGGED_IN, "{stderr}");
    // The embedded server itself answers that it has no TLS.
    let (code, stderr) = stand.log_in(stand.url(stand.backend(), "sslmode=require")).await;
    assert_eq!(code, NOT_CONNECTED, "{stderr}");
    assert!(stderr.contains("TLS"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_shows_the_chain_and_its_verdict() {
    let stand = Stand::new().await;
    let proxy = proxy(&stand.ca, "localhost", 2100, stand.backend()).await;
    let output = stand
        .vecops(
            stand.url(proxy, &stand.verified()),
            &["profile", "check", "--json"],
        )
        .await;
    let document: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let tls = &document["data"]["ways"][0]["tls"];
    assert_eq!(tls["verdict"], "trusted", "{document:#}");
    assert_eq!(tls["chain"].as_array().unwrap().len(), 2, "{document:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_of_ones_own_is_trusted_for_one_profile_and_then_verified() {
    use std::os::unix::fs::PermissionsExt as _;

    let stand = Stand::new().await;
    let good = proxy(&stand.ca, "localhost", 2100, stand.backend()).await;
    let planted = proxy(&ca(), "localhost", 2100, stand.backend()).await;
    let url = url::Url::parse(&stand.database.url()).unwrap();
    let profile = |name: &str, proxy: SocketAddr| {
        format!(
            "[profiles.{name}]\nurl = \"postgresql://postgres@localhost:{}{}\"\npassword_env = \"P\"\n",
            proxy.port(),
            url.path()
        )
    };
    let declare = |own: SocketAddr| {
        let manifest = format!("{}{}", profile("own", own), profile("other", good));
        fs_err::write(stand.sandbox.path().join("vecops.toml"), manifest).unwrap();
    };
    let run = async |arguments: &[&str]| {
        let mut command = stand.sandbox.vecops(arguments);
        command.env("P", url.password().unwrap());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await;
        let output = output.unwrap();
        let text = [output.stdout.as_slice(), &output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let log_in = ["search", "nothing", "--like", "1", "--profile", "own"];

    declare(planted);
    assert_eq!(
        run(&log_in).await.0,
        LOGGED_IN,
        "on this machine nobody verifies without a CA"
    );
    for (arguments, code, said) in [
        (&["profile", "trust", "ca.pem"][..], 15, "is not Supabase's CA"),
        (&["profile", "trust", "ca.pem", "--any"], 2, "--profile"),
        (
            &["profile", "trust", "ca.pem", "--any", "--profile", "../own"],
            10,
            "not declared",
        ),
        (
            &["profile", "trust", "gone.pem", "--any", "--profile", "own"],
            10,
            "gone.pem",
        ),
    ] {
        let (ended, text) = run(arguments).await;
        assert_eq!(ended, Some(code), "{text}");
        assert!(text.contains(said), "{text}");
    }

    let (ended, text) = run(&["profile", "trust", "ca.pem", "--any", "--profile", "own"]).await;
    assert_eq!(ended, Some(0), "{text}");
    let kept = stand
        .sandbox
        .path()
        .join("home/.config/vecops/ca/profile-own.pem");
    let mode = fs_err::metadata(&kept).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (_, shown) = run(&["profile", "show", "own"]).await;
    assert!(
        shown.contains("verify-full") && shown.contains("profile-own.pem"),
        "{shown}"
    );
    let (_, other) = run(&["profile", "show", "other"]).await;
    assert!(!other.contains("profile-own.pem"), "{other}");

    let (ended, text) = run(&log_in).await;
    assert_eq!(ended, NOT_CONNECTED, "{text}");
    assert!(text.contains("signed by nobody known here"), "{text}");
    declare(good);
    let (ended, text) = run(&log_in).await;
    assert_eq!(ended, LOGGED_IN, "{text}");
}
