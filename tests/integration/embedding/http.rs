//! What the client makes of every answer that a server can give.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use vecops::embedding::{Cache, Column, Embedder, Options, Outcome, Providers, ProxySettings, Purpose};
use vecops::error::{Error, Kind, Result};
use vecops::manifest::ManifestFile;
use vecops::progress::Silent;

use super::server::{DIMENSIONS, Reply, Server, vector};

const KEY: &str = "sk-hunter2-secret";

fn embedder_with(server: &Server, more: &str, cache: Option<Cache>) -> Embedder {
    let file = ManifestFile {
        path: PathBuf::from("vecops.toml"),
        text: server.manifest(&format!("api_key_env = \"FAKE_KEY\"\n{more}")),
    };
    let providers = Providers::read(&file).unwrap();
    let options = Options {
        key: Some(SecretString::from(KEY)),
        proxies: ProxySettings::default(),
        cache,
        column: Column {
            name: "public.docs.embedding".to_owned(),
            dimensions: Some(8),
            ..Column::default()
        },
        progress: Arc::new(Silent),
    };
    Embedder::new(providers.choose(None, None).unwrap(), options).unwrap()
}

fn embedder(server: &Server, more: &str) -> Embedder {
    embedder_with(server, more, None)
}

fn ask(embedder: &Embedder, texts: &[&str]) -> Result<Vec<Outcome>> {
    embedder.embed(texts, Purpose::Document)
}

fn expected(texts: &[&str]) -> Vec<Outcome> {
    texts.iter().map(|text| Ok(vector(text, DIMENSIONS))).collect()
}

/// The error of a server that does this, and how many requests it took.
fn refused(reply: Reply) -> (Error, usize) {
    let server = Server::start([]);
    server.usually(reply);
    let error = ask(&embedder(&server, "retries = 1"), &["a", "b"]).unwrap_err();
    let text = format!("{error:?}");
    assert!(!text.contains("hunter2"), "{text}");
    (error, server.requests().len())
}

#[test]
fn a_request_is_what_the_protocol_says_and_the_key_stands_in_its_header_only() {
    let server = Server::start([Reply::Shuffled]);
    let embedder = embedder(
        &server,
        "dimensions = 8\nencoding = \"base64\"\ndocument_prefix = \"passage: \"\nquery_prefix = \"query: \"",
    );
    let texts = ["one", "zwei\n\"", "one"];
    assert_eq!(ask(&embedder, &texts).unwrap(), expected(&texts));
    let question = embedder.embed(&["one"], Purpose::Query).unwrap();
    assert_eq!(question, expected(&["one"]));

    let requests = server.requests();
    assert_eq!(requests[0].line, "POST /v1/embeddings HTTP/1.1");
    let bearer = format!("Bearer {KEY}");
    assert_eq!(requests[0].header("authorization"), Some(bearer.as_str()));
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    let body = serde_json::json!({
        "model": "fake-model", "input": ["passage: one", "passage: zwei\n\""], "dimensions": 8, "encoding_format": "base64"
    });
    assert_eq!(requests[0].body, body);
    assert_eq!(requests[1].texts(), ["query: one"]);
    for request in &requests {
        let mut others = request.headers.iter().filter(|(name, _)| name != "authorization");
        assert!(others.all(|(_, value)| !value.contains("hunter2")));
        assert!(!request.body.to_string().contains("hunter2") && !request.line.contains("hunter2"));
    }
    let usage = embedder.usage();
    assert_eq!((usage.texts, usage.cached, usage.embedded), (4, 1, 3));
    assert_eq!((usage.requests, usage.retries), (2, 0));
}

#[test]
fn what_passes_is_tried_again() {
    for fault in [
        Reply::Status(
            429,
            "retry-after: 0",
            r#"{"error":{"message":"Rate limit reached"}}"#,
        ),
        Reply::Status(500, "retry-after-ms: 1", "oops"),
        Reply::Status(503, "", ""),
        Reply::Cut,
        Reply::Close,
        Reply::Hang,
    ] {
        let server = Server::start([fault.clone(), fault.clone()]);
        let embedder = embedder(&server, "timeout = \"1s\"\nconcurrency = 1");
        assert_eq!(ask(&embedder, &["a"]).unwrap(), expected(&["a"]), "{fault:?}");
        let usage = embedder.usage();
        assert_eq!((usage.requests, usage.retries), (3, 2), "{fault:?}");
    }
}

#[test]
fn the_wait_that_is_asked_for_holds_for_every_request() {
    let server = Server::start([Reply::Status(429, "retry-after: 1", "")]);
    let embedder = embedder(&server, "concurrency = 1\nbatch_size = 1");
    let begun = Instant::now();
    ask(&embedder, &["a", "b"]).unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));

    let long = Reply::Status(
        429,
        "retry-after: 86400",
        r#"{"error":{"message":"daily limit"}}"#,
    );
    let (error, requests) = refused(long);
    assert_eq!((error.kind(), requests), (Kind::Connection, 1));
    assert!(error.to_string().contains("asks to wait 1day"), "{error}");
    assert!(error.to_string().contains("daily limit"), "{error}");
}

#[test]
fn a_server_that_goes_on_failing_is_given_up_with_its_own_words() {
    let (error, requests) = refused(Reply::Status(
        502,
        "retry-after: 0",
        "<html>\u{1b}[31mBad\ngateway",
    ));
    assert_eq!((error.kind(), requests), (Kind::Connection, 2));
    assert!(error.message().contains("gave no vectors in 2 tries"), "{error}");
    assert!(
        error
            .to_string()
            .contains("502 Bad Gateway: <html> [31mBad gateway"),
        "{error}"
    );
    assert!(error.hints()[0].contains("nothing is paid twice"), "{error:?}");
}

#[test]
fn what_the_same_request_would_meet_again_is_not_tried_again() {
    let echoed =
        r#"{"error":{"message":"Incorrect API key provided: sk-hunter2-secret","code":"invalid_api_key"}}"#;
    let quota = r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#;
    for (reply, kind, hint) in [
        (
            Reply::Status(401, "", echoed),
            Kind::Connection,
            "Check the key in `FAKE_KEY`",
        ),
        (
            Reply::Status(403, "", ""),
            Kind::Connection,
            "Check the key in `FAKE_KEY`",
        ),
        (
            Reply::Status(404, "", r#"{"error":"model not found"}"#),
            Kind::Configuration,
            "Check `base_url` and `model`",
        ),
        (
            Reply::Status(400, "", r#"{"error":{"message":"dimensions is not supported"}}"#),
            Kind::Configuration,
            "`dimensions`",
        ),
        (Reply::Status(429, "", quota), Kind::Connection, "quota"),
        (
            Reply::Status(307, "location: http://127.0.0.1:1/x", ""),
            Kind::Configuration,
            "leads to http://127.0.0.1:1/x",
        ),
        (Reply::Status(418, "", "teapot"), Kind::Failed, ""),
    ] {
        let (error, requests) = refused(reply.clone());
        assert_eq!((error.kind(), requests), (kind, 1), "{reply:?}: {error:?}");
        let text = format!("{error:?}");
        assert!(
            text.contains(hint) && text.contains("fake-model"),
            "{reply:?}: {text}"
        );
    }
}

#[test]
fn an_answer_that_is_wrong_is_no_vector() {
    for (reply, expected) in [
        (Reply::Body("<html>hello</html>"), "is not what the protocol says"),
        (Reply::Body(r#"{"data":[]}"#), "0 vectors for 2 texts"),
        (
            Reply::Body(r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#),
            "two vectors",
        ),
        (
            Reply::Body(r#"{"data":[{"embedding":[1e39,1,1,1,1,1,1,1]},{"embedding":[1]}]}"#),
            "number out of range",
        ),
        (
            Reply::Dimensions(7),
            "makes vectors of 7 dimensions, `public.docs.embedding` holds 8",
        ),
    ] {
        let (error, requests) = refused(reply.clone());
        assert_eq!(requests, 1, "{reply:?}");
        assert!(error.to_string().contains(expected), "{error}");
        let kind = if matches!(reply, Reply::Dimensions(_)) {
            Kind::Precondition
        } else {
            Kind::Failed
        };
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[test]
fn too_much_at_once_is_halved_and_a_text_that_is_too_long_is_refused_alone() {
    let server = Server::start([]);
    server.usually(Reply::AtMost(3));
    let texts = ["a", "b", "c", "d", "e", "f", "g"];
    assert_eq!(ask(&embedder(&server, ""), &texts).unwrap(), expected(&texts));

    let long = Reply::Status(
        400,
        "",
        r#"{"error":{"message":"This model's maximum context length is 8192 tokens, however you requested 9000"}}"#,
    );
    let server = Server::start([long.clone(), Reply::Good, long]);
    let outcomes = ask(&embedder(&server, "concurrency = 1"), &["short", "too long"]).unwrap();
    assert_eq!(outcomes[0], Ok(vector("short", DIMENSIONS)));
    assert!(outcomes[1].as_ref().unwrap_err().contains("8192 tokens"));
}

#[test]
fn requests_at_once_keep_the_order() {
    let server = Server::start([]);
    let texts: Vec<String> = (0..500).map(|number| format!("text {number}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let embedder = embedder(&server, "concurrency = 8\nbatch_size = 7");
    assert_eq!(ask(&embedder, &texts).unwrap(), expected(&texts));
    assert_eq!(embedder.usage().requests, 72);
}

#[test]
fn what_was_embedded_is_kept_even_where_the_rest_fails() {
    let folder = tempfile::tempdir().unwrap();
    let cache = || Some(Cache::below(folder.path()));
    let server = Server::start([Reply::Good, Reply::Good, Reply::Status(401, "", "")]);
    let more = "batch_size = 2\nconcurrency = 1";
    let texts = ["a", "b", "c", "d", "e", "f"];
    let error = ask(&embedder_with(&server, more, cache()), &texts).unwrap_err();
    assert_eq!(error.kind(), Kind::Connection);

    let again = embedder_with(&server, more, cache());
    assert_eq!(ask(&again, &texts).unwrap(), expected(&texts));
    assert_eq!((again.usage().cached, again.usage().requests), (4, 1));
    assert_eq!(server.requests()[3].texts(), ["e", "f"]);

    let third = embedder_with(&server, more, cache());
    assert_eq!(ask(&third, &texts).unwrap(), expected(&texts));
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn a_server_that_is_not_there_and_a_key_that_is_not_set_are_told_at_once() {
    let server = Server::start([]);
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let gone = Server::start([]);
    let text = gone
        .manifest("")
        .replace(&gone.port.to_string(), &port.to_string());
    let options = |key: Option<&str>| Options {
        key: key.map(SecretString::from),
        proxies: ProxySettings::default(),
        cache: None,
        column: Column::default(),
        progress: Arc::new(Silent),
    };
    let open = |text: String, key| {
        let file = ManifestFile {
            path: PathBuf::from("vecops.toml"),
            text,
        };
        let providers = Providers::read(&file).unwrap();
        Embedder::new(providers.choose(None, None).unwrap(), options(key)).unwrap()
    };
    let begun = Instant::now();
    let error = ask(&open(text, None), &["a"]).unwrap_err();
    assert_eq!(error.kind(), Kind::Connection);
    assert!(error.message().contains("cannot be reached"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10));

    for key in [None, Some("two\nlines\u{7f}")] {
        let error = ask(&open(server.manifest("api_key_env = \"FAKE_KEY\""), key), &["a"]).unwrap_err();
        assert_eq!(error.kind(), Kind::Configuration);
        assert!(error.message().contains("`FAKE_KEY`"), "{error}");
    }
    assert!(server.requests().is_empty());
}
