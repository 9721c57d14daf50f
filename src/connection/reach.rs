//! Whether a host can be reached at all, and if not, why: no name, IPv6 only, refused, timed out.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::net::TcpStream;

/// What came of trying to reach a host and port.
#[derive(Debug, Clone, Serialize)]
pub struct Reach {
    /// The IPv4 addresses of the name (A).
    pub ipv4: Vec<IpAddr>,
    /// The IPv6 addresses of the name (AAAA).
    pub ipv6: Vec<IpAddr>,
    /// The address that answered.
    pub answered: Option<SocketAddr>,
    /// Why none did.
    pub failure: Option<Unreachable>,
    /// Seconds it took.
    pub seconds: f64,
}

/// Why a host cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "reason", content = "detail")]
pub enum Unreachable {
    /// The name has no address.
    NoAddress(String),
    /// The name has IPv6 addresses only, and this network has no way to them.
    Ipv6Only(String),
    /// The host answered that nobody listens.
    Refused,
    /// Nobody answered.
    TimedOut,
    /// Something else.
    Other(String),
}

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoAddress(why) => write!(f, "the name has no address ({why})"),
            Self::Ipv6Only(why) => write!(
                f,
                "it has IPv6 addresses only, and this network does not reach them ({why})"
            ),
            Self::Refused => f.write_str("connection refused"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

/// Resolves a name and opens a TCP connection to the first of its addresses that answers.
pub(super) async fn reach(host: &str, port: u16, time_limit: Duration) -> (Reach, Option<TcpStream>) {
    let start = Instant::now();
    let mut reach = Reach {
        ipv4: Vec::new(),
        ipv6: Vec::new(),
        answered: None,
        failure: None,
        seconds: 0.0,
    };
    let stream = tokio::time::timeout(time_limit, connect(host, port, &mut reach)).await;
    let stream = stream.unwrap_or(Err(Unreachable::TimedOut));
    reach.seconds = start.elapsed().as_secs_f64();
    match stream {
        Ok(stream) => (reach, Some(stream)),
        Err(failure) => {
            let only_ipv6 = reach.ipv4.is_empty() && !reach.ipv6.is_empty();
            let is_literal = host.parse::<IpAddr>().is_ok();
            reach.failure = Some(match failure {
                Unreachable::TimedOut if only_ipv6 && !is_literal => {
                    Unreachable::Ipv6Only("no answer in time".to_owned())
                }
                Unreachable::Other(why) if only_ipv6 && !is_literal => Unreachable::Ipv6Only(why),
                other => other,
            });
            (reach, None)
        }
    }
}

async fn connect(host: &str, port: u16, reach: &mut Reach) -> Result<TcpStream, Unreachable> {
    let found = tokio::net::lookup_host((host, port)).await;
    let found: Vec<_> = found
        .map_err(|source| Unreachable::NoAddress(source.to_string()))?
        .collect();
    let (ipv4, ipv6): (Vec<IpAddr>, Vec<IpAddr>) =
        found.iter().map(SocketAddr::ip).partition(IpAddr::is_ipv4);
    (reach.ipv4, reach.ipv6) = (ipv4, ipv6);
    let mut failure = Unreachable::NoAddress("none was returned".to_owned());
    for address in found {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                reach.answered = Some(address);
                return Ok(stream);
            }
            Err(source) => failure = why(&source),
        }
    }
    Err(failure)
}

fn why(source: &std::io::Error) -> Unreachable {
    match source.kind() {
        ErrorKind::ConnectionRefused => Unreachable::Refused,
        ErrorKind::TimedOut => Unreachable::TimedOut,
        _ => Unreachable::Other(source.to_string()),
    }
}
