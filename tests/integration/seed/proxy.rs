//! A connection that breaks after so many bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Which bytes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    ToServer,
    ToClient,
}

/// A proxy in front of a server that lets so many bytes through in one direction, then nothing more in either. Cut, it
/// closes its connections, or resets them.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    to_server: Arc<AtomicUsize>,
    to_client: Arc<AtomicUsize>,
    reached: Arc<Notify>,
    cut: Arc<Notify>,
    new_ones_pass: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) async fn start(server: String, counted: Direction, limit: usize, reset: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            to_server: Arc::default(),
            to_client: Arc::default(),
            reached: Arc::default(),
            cut: Arc::default(),
            new_ones_pass: Arc::default(),
        };
        let limit_of = |direction| if direction == counted { limit } else { usize::MAX };
        let (up, down) = (limit_of(Direction::ToServer), limit_of(Direction::ToClient));
        let (to_server, to_client) = (Arc::clone(&proxy.to_server), Arc::clone(&proxy.to_client));
        let (reached, cut) = (Arc::clone(&proxy.reached), Arc::clone(&proxy.cut));
        let new_ones_pass = Arc::clone(&proxy.new_ones_pass);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else {
                    return;
                };
                let free = new_ones_pass.load(Ordering::SeqCst);
                let (up, down) = if free {
                    (usize::MAX, usize::MAX)
                } else {
                    (up, down)
                };
                if reset {
                    client.set_zero_linger().unwrap();
                    server.set_zero_linger().unwrap();
                }
                let (client_read, client_write) = client.into_split();
                let (server_read, server_write) = server.into_split();
                let forth = forward(
                    client_read,
                    server_write,
                    Arc::clone(&to_server),
                    up,
                    Arc::clone(&reached),
                );
                let back = forward(
                    server_read,
                    client_write,
                    Arc::clone(&to_client),
                    down,
                    Arc::clone(&reached),
                );
                let cut = Arc::clone(&cut);
                // Both halves are dropped, which closes the connection, as soon as one of them ends or it is cut.
                tokio::spawn(async move {
                    tokio::select! { () = forth => {}, () = back => {}, () = cut.notified() => {} }
                });
            }
        });
        proxy
    }

    /// Waits until the limit is reached.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets connections that come from now on pass without a limit.
    pub(crate) fn let_new_ones_pass(&self) {
        self.new_ones_pass.store(true, Ordering::SeqCst);
    }

    /// Closes the connections that wait.
    pub(crate) fn cut(&self) {
        self.cut.notify_waiters();
        self.cut.notify_one();
    }

    /// The bytes in both directions so far.
    pub(crate) fn bytes(&self, direction: Direction) -> usize {
        match direction {
            Direction::ToServer => self.to_server.load(Ordering::SeqCst),
            Direction::ToClient => self.to_client.load(Ordering::SeqCst),
        }
    }
}

async fn forward(
    mut from: impl tokio::io::AsyncRead + Unpin,
    mut to: impl tokio::io::AsyncWrite + Unpin,
    count: Arc<AtomicUsize>,
    limit: usize,
    reached: Arc<Notify>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        let before = count.fetch_add(read, Ordering::SeqCst);
        let passed = read.min(limit.saturating_sub(before));
        if to.write_all(&buffer[..passed]).await.is_err() {
            return;
        }
        if before + read >= limit {
            reached.notify_one();
            std::future::pending::<()>().await;
        }
    }
}
