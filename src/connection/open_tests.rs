//! Which way a connector takes: the next one where a host cannot be reached, and no other where a login fails.
//!
//! No PostgreSQL is needed to be refused: a port where nobody listens, and one that hangs up.

use std::net::{SocketAddr, TcpListener};
use std::sync::Mutex;
use std::time::Duration;

use secrecy::SecretString;

use super::cancel::Cancellation;
use super::endpoint::{EndpointKind, Need};
use super::open::Connector;
use super::password::Password;
use super::provenance::Resolved;
use super::target::{Address, Target};
use super::tls::Tls;
use crate::error::Kind;
use crate::progress::{Progress, Task, Unit};

/// Remembers the notes.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Progress for Notes {
    fn task(&self, _label: &str, _unit: Unit, _total: Option<u64>) -> Task {
        Task::silent()
    }

    fn note(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }

    fn warn(&self, _text: &str) {}
}

/// A port of this machine where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A port where somebody takes every connection and says nothing but goodbye.
fn one_who_hangs_up() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    address
}

fn address(kind: EndpointKind, at: SocketAddr) -> Address {
    Address {
        kind,
        host: Resolved::built_in(at.ip().to_string()),
        port: Resolved::built_in(at.port()),
        user: Resolved::built_in("u".to_owned()),
        database: Resolved::built_in("d".to_owned()),
        tls: Tls::none(),
        options: Vec::new(),
    }
}

fn connector(direct: SocketAddr, pooler: SocketAddr) -> Connector {
    let ways = [
        address(EndpointKind::Direct, direct),
        address(EndpointKind::SessionPooler, pooler),
    ];
    connector_of(ways.to_vec(), Duration::from_secs(5))
}

fn connector_of(addresses: Vec<Address>, connect_timeout: Duration) -> Connector {
    let password = SecretString::from("hunter2");
    let target = Target {
        addresses,
        password: Password::Known(Resolved::built_in(password)),
        connect_timeout: Resolved::built_in(connect_timeout),
        ..Target::at_nowhere()
    };
    Connector::new(target, "test", Cancellation::new())
}

#[tokio::test]
async fn where_the_direct_host_cannot_be_reached_the_pooler_is_tried_and_the_reason_is_said() {
    let (direct, pooler) = (nobody(), one_who_hangs_up());
    let notes = Notes::default();
    let error = connector(direct, pooler)
        .open(Need::Session, &notes)
        .await
        .unwrap_err();
    let said = notes.0.into_inner().unwrap();
    assert_eq!(
        said,
        [format!(
            "the direct endpoint {direct} cannot be reached: connection refused; trying the session pooler at {pooler}"
        )]
    );
    assert_eq!(error.kind(), Kind::Connection);
    let shown = format!("{error:?}");
    assert!(
        shown.contains(&format!("session pooler {pooler}"))
            && shown.contains(&format!("direct {direct}: connection refused")),
        "{shown}"
    );
    assert!(!shown.contains("hunter2"));
}

#[tokio::test]
async fn where_the_direct_host_answers_no_other_way_is_tried() {
    let (direct, pooler) = (one_who_hangs_up(), nobody());
    let notes = Notes::default();
    let error = connector(direct, pooler)
        .open(Need::Any, &notes)
        .await
        .unwrap_err();
    assert_eq!(notes.0.into_inner().unwrap(), Vec::<String>::new());
    assert!(error.message().contains(&format!("direct {direct}")), "{error:?}");
}

#[tokio::test]
async fn what_needs_the_server_itself_does_not_go_to_the_pooler() {
    let (direct, pooler) = (nobody(), one_who_hangs_up());
    let notes = Notes::default();
    let error = connector(direct, pooler)
        .open(Need::Direct, &notes)
        .await
        .unwrap_err();
    assert_eq!(notes.0.into_inner().unwrap(), Vec::<String>::new());
    assert!(error.message().contains(&format!("direct {direct}")), "{error:?}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_in_time() {
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = address(EndpointKind::Local, mute.local_addr().unwrap());
    let connector = connector_of(vec![address], Duration::from_secs(1));
    let error = connector.open(Need::Any, &Notes::default()).await.unwrap_err();
    assert!(error.to_string().contains("no answer in 1 s"), "{error}");
}
