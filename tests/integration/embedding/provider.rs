//! `vecops provider`: no database is needed.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use serde_json::Value;

use super::loading::{Place, data};
use super::server::{Reply, Server};

const KEY: &str = "api_key_env = \"FAKE_KEY\"";

fn json(output: &std::process::Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    data(&output.stdout)
}

#[test]
fn a_check_embeds_one_sentence_and_says_what_is_wrong() {
    let server = Server::start([
        Reply::Good,
        Reply::Status(401, "", r#"{"error":{"message":"bad key sk-hunter2"}}"#),
    ]);
    let place = Place::new(&server.manifest(KEY));
    let report = json(&place.run(&["provider", "check", "--json"]));
    assert_eq!(
        (&report["dimensions"], &report["requests"]),
        (&8.into(), &1.into())
    );
    let output = place.run(&["provider", "check", "fake"]);
    assert_eq!(output.status.code(), Some(11));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("bad key ***") && stderr.contains("`FAKE_KEY`"),
        "{stderr}"
    );

    let unset = place
        .command(&["provider", "check"])
        .env_remove("FAKE_KEY")
        .output()
        .unwrap();
    assert_eq!(unset.status.code(), Some(10));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn the_key_is_found_in_env_files_and_never_shown() {
    let server = Server::start([]);
    let place = Place::new(&server.manifest(KEY));
    fs_err::write(place.path().join(".env"), "FAKE_KEY=sk-from-the-file\n").unwrap();
    let run = |arguments: &[&str]| place.command(arguments).env_remove("FAKE_KEY").output().unwrap();
    let list = run(&["provider", "list", "--json"]);
    assert_eq!(json(&list)["providers"][0]["key_is_set"], true);
    assert!(!format!("{list:?}").contains("sk-from"));
    assert!(run(&["provider", "check"]).status.success());
    assert_eq!(
        server.requests()[0].header("authorization"),
        Some("Bearer sk-from-the-file")
    );
}

#[test]
fn a_proxy_of_the_environment_is_not_used_for_this_machine() {
    let server = Server::start([]);
    let place = Place::new(&server.manifest(""));
    let mut command = place.command(&["provider", "check"]);
    let output = command.env("http_proxy", "http://127.0.0.1:1").output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn certificates_are_checked_against_the_authorities_that_are_trusted() {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned()];
    let certificate = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &ca)
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .unwrap();
    let server = Server::start_tls(Arc::new(config));
    let base = format!("https://localhost:{}/v1", server.port);
    let place = Place::new(&format!(
        "[providers.fake]\nbase_url = \"{base}\"\nmodel = \"m\"\nretries = 0\n{KEY}\n"
    ));
    let file = place.write("ca.pem", &ca.pem());

    let mut trusting = place.command(&["provider", "check", "--json"]);
    let output = trusting.env("SSL_CERT_FILE", &file).output().unwrap();
    assert_eq!(json(&output)["dimensions"], 8);
    let output = place.run(&["provider", "check"]);
    assert_eq!(output.status.code(), Some(11), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("UnknownIssuer") && stderr.contains("`SSL_CERT_FILE`"),
        "{stderr}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_proxy_is_asked_for_other_machines_and_its_password_is_not_shown() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = proxy.local_addr().unwrap().port();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = proxy.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        stream
            .write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
        String::from_utf8(head).unwrap()
    });
    let place = Place::new(
        "[providers.far]\nbase_url = \"https://embeddings.invalid/v1\"\nmodel = \"m\"\nretries = 0\n",
    );
    let url = format!("http://user:hunter2@127.0.0.1:{port}");
    let output = place
        .command(&["provider", "check"])
        .env("HTTPS_PROXY", url)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(11), "{output:?}");
    assert!(!format!("{output:?}").contains("hunter2"), "{output:?}");
    let head = asked.join().unwrap();
    assert!(
        head.starts_with("CONNECT embeddings.invalid:443 HTTP/1.1"),
        "{head}"
    );
}

#[test]
fn kept_embeddings_are_listed_and_removed_with_consent() {
    let place = Place::new("[providers.local]\ncommand = [\"true\"]\nmodel = \"m\"\n");
    let none = json(&place.run(&["provider", "cache", "--json"]));
    assert_eq!(none["spaces"], Value::Array(Vec::new()));
    let folder = place.path().join("cache/vecops/embeddings/0123");
    fs_err::create_dir_all(&folder).unwrap();
    let label = r#"{"model":"m","place":"x","dimensions":null,"kind":"command"}"#;
    fs_err::write(folder.join("space.json"), label).unwrap();
    let foreign = place.path().join("cache/vecops/embeddings/foreign");
    fs_err::create_dir_all(&foreign).unwrap();

    let clear = |more: &[&str]| place.run(&[&["provider", "clear"], more].concat());
    assert_eq!(clear(&[]).status.code(), Some(15));
    assert!(clear(&["--dry-run"]).status.success());
    assert!(clear(&["--model", "other", "--yes"]).status.success());
    assert!(folder.exists());
    assert_eq!(json(&clear(&["--yes", "--json"]))["removed"], true);
    assert!(!folder.exists() && foreign.exists());
}
