//! An embeddings endpoint on this machine: real HTTP, deterministic vectors, faults on request.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The length of the vectors.
pub(super) const DIMENSIONS: usize = 8;

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// Answers with vectors.
    Good,
    /// Answers with vectors, the last one first, in base64.
    Shuffled,
    /// Answers with a status, headers such as `retry-after: 1`, and a body.
    Status(u16, &'static str, &'static str),
    /// Answers with this body and 200.
    Body(&'static str),
    /// Begins to answer and cuts the connection.
    Cut,
    /// Closes the connection without a word.
    Close,
    /// Never answers.
    Hang,
    /// Answers with vectors of another length.
    Dimensions(usize),
    /// Answers with vectors that are a little different.
    Drifted,
    /// Refuses more texts than this with 413.
    AtMost(usize),
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Value,
}

impl Request {
    pub(super) fn texts(&self) -> Vec<String> {
        let input = self.body["input"].as_array().unwrap();
        input
            .iter()
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    replies: VecDeque<Reply>,
    usual: Option<Reply>,
}

type Shared = (Mutex<State>, Condvar);

/// The server; it ends with the process.
pub(super) struct Server {
    pub(super) port: u16,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Server {
    /// Starts one that does these things in turn, and then answers with vectors.
    pub(super) fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::start_with(replies, serve)
    }

    /// The same by TLS.
    pub(super) fn start_tls(config: Arc<rustls::ServerConfig>) -> Self {
        Self::start_with([], move |stream, state| {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            serve(rustls::StreamOwned::new(connection, stream), state);
        })
    }

    fn start_with(
        replies: impl IntoIterator<Item = Reply>,
        serve: impl Fn(TcpStream, &Shared) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State {
            replies: replies.into_iter().collect(),
            ..State::default()
        };
        let state = Arc::new((Mutex::new(state), Condvar::new()));
        let (shared, serve) = (Arc::clone(&state), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, serve) = (Arc::clone(&shared), Arc::clone(&serve));
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { port, state }
    }

    /// What is done when nothing else is left to do.
    pub(super) fn usually(&self, reply: Reply) {
        self.state.0.lock().unwrap().usual = Some(reply);
    }

    pub(super) fn then(&self, replies: impl IntoIterator<Item = Reply>) {
        self.state.0.lock().unwrap().replies.extend(replies);
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.state.0.lock().unwrap().requests.clone()
    }

    /// All texts that were asked for, in the order of the requests.
    pub(super) fn texts(&self) -> Vec<String> {
        self.requests().iter().flat_map(Request::texts).collect()
    }

    /// Waits until there were so many requests.
    pub(super) fn wait_for(&self, requests: usize) {
        let (state, changed) = &*self.state;
        let enough = |state: &mut State| state.requests.len() < requests;
        let (state, waited) = changed
            .wait_timeout_while(state.lock().unwrap(), Duration::from_mins(1), enough)
            .unwrap();
        assert!(
            !waited.timed_out(),
            "{} of {requests} requests came",
            state.requests.len()
        );
    }

    /// A manifest that declares it as the provider `fake`.
    pub(super) fn manifest(&self, more: &str) -> String {
        format!(
            "[providers.fake]\nbase_url = \"http://127.0.0.1:{}/v1\"\nmodel = \"fake-model\"\n{more}\n",
            self.port
        )
    }
}

/// The vector of a text; what stands in front of `: ` makes no difference.
pub(super) fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let text = text.rsplit(": ").next().unwrap();
    let digest = Sha256::digest(text.as_bytes());
    let elements = digest.iter().cycle().take(dimensions);
    elements.map(|byte| f32::from(*byte) / 256.0 - 0.5).collect()
}

fn serve<S: Read + Write>(stream: S, state: &Shared) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = receive(&mut reader) {
        let reply = {
            let mut state = state.0.lock().unwrap();
            state.requests.push(request.clone());
            let next = state.replies.pop_front();
            next.or_else(|| state.usual.clone()).unwrap_or(Reply::Good)
        };
        state.1.notify_all();
        let Some(answer) = answer(&request, &reply) else {
            if matches!(reply, Reply::Hang) {
                // Until the client goes away.
                reader.read_to_end(&mut Vec::new()).unwrap_or_default();
            }
            return;
        };
        if reader.get_mut().write_all(&answer).is_err() || matches!(reply, Reply::Cut) {
            return;
        }
    }
}

fn receive(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else {
            break;
        };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?;
    let mut body = vec![0; length.1.parse().unwrap()];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        line: line.trim().to_owned(),
        headers,
        body: serde_json::from_slice(&body).unwrap(),
    })
}

fn answer(request: &Request, reply: &Reply) -> Option<Vec<u8>> {
    let texts = request.texts();
    let vectors = |dimensions| {
        texts
            .iter()
            .map(|text| vector(text, dimensions))
            .collect::<Vec<_>>()
    };
    let tokens: usize = texts.iter().map(|text| text.len().div_ceil(4)).sum();
    let good = |vectors: Vec<Vec<f32>>| {
        let data: Vec<Value> = vectors
            .iter()
            .enumerate()
            .map(|(index, vector)| json!({"object": "embedding", "index": index, "embedding": vector}))
            .collect();
        let body = json!({"object": "list", "data": data, "model": "fake-model", "usage": {"prompt_tokens": tokens, "total_tokens": tokens}});
        http(200, "", &body.to_string())
    };
    Some(match reply {
        Reply::Dimensions(dimensions) => good(vectors(*dimensions)),
        Reply::AtMost(most) if texts.len() > *most => http(413, "", r#"{"error":"batch too large"}"#),
        Reply::Good | Reply::AtMost(_) => good(vectors(DIMENSIONS)),
        Reply::Drifted => {
            let mut drifted = vectors(DIMENSIONS);
            for vector in &mut drifted {
                vector[0] += 1e-3;
            }
            good(drifted)
        }
        Reply::Shuffled => {
            let data: Vec<Value> = vectors(DIMENSIONS)
                .iter()
                .enumerate()
                .rev()
                .map(|(index, vector)| json!({"index": index, "embedding": base64(vector)}))
                .collect();
            http(200, "", &json!({"data": data}).to_string())
        }
        Reply::Status(status, headers, body) => http(*status, headers, body),
        Reply::Body(body) => http(200, "", body),
        Reply::Cut => b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"data\": [".to_vec(),
        Reply::Close | Reply::Hang => return None,
    })
}

fn http(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    for header in headers.lines() {
        write!(head, "{header}\r\n").unwrap();
    }
    format!("{head}\r\n{body}").into_bytes()
}

fn base64(vector: &[f32]) -> String {
    use ::base64::Engine as _;
    let bytes: Vec<u8> = vector.iter().flat_map(|element| element.to_le_bytes()).collect();
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}
