//! Servers that do as they are told.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::registry::transport::stream::Io;

/// A server on loopback; it ends with its test.
pub struct Server {
    pub port: u16,
    log: Log,
    task: JoinHandle<()>,
}

/// What came in: one entry a connection, each with the heads of its requests.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<Vec<String>>>>);

impl Server {
    /// Serves each connection with `serve`, which is told the connection's number.
    pub async fn with<F>(serve: impl Fn(TcpStream, Session) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let log = Log::default();
        let own = log.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = own.begin();
                tokio::spawn(serve(stream, Session { number, log: own.clone() }));
            }
        });
        Self { port, log, task }
    }

    /// Answers the requests of each connection with these, in order, and then closes it.
    pub async fn plain(answers: &'static [&'static str]) -> Self {
        Self::with(move |stream, session| async move { session.answer(stream, answers).await }).await
    }

    /// The same over TLS.
    pub async fn tls(config: Arc<rustls::ServerConfig>, answers: &'static [&'static str]) -> Self {
        Self::with(move |stream, session| {
            let acceptor = TlsAcceptor::from(config.clone());
            async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    session.answer(stream, answers).await;
                }
            }
        })
        .await
    }

    /// Reads once, writes `bytes`, and closes.
    pub async fn raw(bytes: &'static [u8]) -> Self {
        Self::with(move |mut stream, _| async move {
            if let Ok(1..) = stream.read(&mut [0; 4096]).await {
                stream.write_all(bytes).await.ok();
            }
        })
        .await
    }

    /// Accepts and never says anything.
    pub async fn silent() -> Self {
        Self::with(|stream, _| async move {
            std::future::pending::<()>().await;
            drop(stream);
        })
        .await
    }

    /// An HTTP proxy that lets everybody through to loopback, whatever name is asked for.
    pub async fn proxy() -> Self {
        Self::with(|mut stream, session| async move {
            let Some(head) = session.read_head(&mut stream).await else { return };
            let port = head
                .lines()
                .next()
                .and_then(|line| line.split([':', ' ']).find_map(|word| word.parse().ok()));
            let port: u16 = port.expect("a port in CONNECT");
            let mut target = TcpStream::connect(("127.0.0.1", port)).await.expect("the target");
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok();
            tokio::io::copy_bidirectional(&mut stream, &mut target).await.ok();
        })
        .await
    }

    /// The heads of the requests of each connection.
    pub fn seen(&self) -> Vec<Vec<String>> {
        self.log.0.lock().expect("the log").clone()
    }

    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Log {
    fn begin(&self) -> usize {
        let mut log = self.0.lock().expect("the log");
        log.push(Vec::new());
        log.len() - 1
    }
}

/// One connection of a server.
pub struct Session {
    pub number: usize,
    log: Log,
}

impl Session {
    /// Answers requests in order, then closes.
    pub async fn answer(&self, mut stream: impl Io, answers: &[&str]) {
        for answer in answers {
            if self.read_head(&mut stream).await.is_none() {
                return;
            }
            stream.write_all(answer.as_bytes()).await.ok();
        }
        stream.shutdown().await.ok();
    }

    /// Reads up to the empty line, and notes it.
    pub async fn read_head(&self, stream: &mut impl Io) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        self.log.0.lock().expect("the log")[self.number].push(head.clone());
        Some(head)
    }
}

/// A port on which nothing listens.
pub async fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address").port()
}

pub const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: Sat, 21 Nov 2026 07:00:00 GMT\r\n\r\nok";
