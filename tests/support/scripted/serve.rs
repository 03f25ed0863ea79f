//! Listeners, connections, and what speaks over them.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use super::accounts::Accounts;
use super::log::Log;
use super::reply::{Next, Reply};
use super::request::{NotHttp, Request};

/// How a listener is spoken to.
#[derive(Clone)]
pub enum Wire {
    /// HTTP.
    Http,
    /// HTTP over TLS.
    Https(Arc<ServerConfig>),
    /// Accepts, and says nothing.
    Silent,
    /// Waits for something, says this, and closes.
    Raw(&'static [u8]),
}

/// A port that is taken and not served yet, so that others can name it.
pub struct Bound {
    listener: TcpListener,
    /// The port.
    pub port: u16,
}

type Handler = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

/// Servers of one test; they end when it is dropped. They run on a thread of their own.
pub struct Servers {
    runtime: Option<Runtime>,
    connections: Arc<AtomicUsize>,
    /// Who may do what.
    pub accounts: Arc<Accounts>,
    /// What was asked.
    pub log: Log,
}

impl Servers {
    /// No server yet.
    pub fn new(accounts: Accounts) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
        Self {
            runtime: Some(runtime),
            connections: Arc::default(),
            accounts: Arc::new(accounts),
            log: Log::default(),
        }
    }

    /// A port of loopback.
    pub fn bind(&self) -> Bound {
        self.bind_at("127.0.0.1:0")
    }

    /// A port of that address.
    pub fn bind_at(&self, address: &str) -> Bound {
        let listener = TcpListener::bind(address).unwrap_or_else(|error| panic!("{address}: {error}"));
        let port = listener.local_addr().expect("an address").port();
        Bound { listener, port }
    }

    /// Answers there from now on; `name` is what the log calls it.
    pub fn serve(
        &self,
        bound: Bound,
        name: &str,
        wire: Wire,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) {
        bound.listener.set_nonblocking(true).expect("a listener");
        let shared = Shared {
            name: name.to_string(),
            wire,
            handler: Arc::new(handler),
            accounts: self.accounts.clone(),
            log: self.log.clone(),
        };
        let (shared, connections) = (Arc::new(shared), self.connections.clone());
        self.runtime.as_ref().expect("a runtime").spawn(async move {
            let listener = tokio::net::TcpListener::from_std(bound.listener).expect("a listener");
            while let Ok((stream, remote)) = listener.accept().await {
                let number = connections.fetch_add(1, Ordering::Relaxed);
                let shared = shared.clone();
                tokio::spawn(async move { shared.connection(stream, (number, remote)).await });
            }
        });
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

struct Shared {
    name: String,
    wire: Wire,
    handler: Handler,
    accounts: Arc<Accounts>,
    log: Log,
}

impl Shared {
    async fn connection(&self, mut stream: TcpStream, from: (usize, SocketAddr)) {
        match &self.wire {
            Wire::Http => self.talk(stream, from).await,
            Wire::Https(config) => {
                if let Ok(stream) = TlsAcceptor::from(config.clone()).accept(stream).await {
                    self.talk(stream, from).await;
                }
            }
            Wire::Silent => std::future::pending().await,
            Wire::Raw(bytes) => {
                if let Ok(1..) = stream.read(&mut [0; 4096]).await {
                    stream.write_all(bytes).await.ok();
                }
            }
        }
    }

    async fn talk(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin, from: (usize, SocketAddr)) {
        let mut buffer = Vec::new();
        loop {
            let request = match Request::read(&mut stream, &mut buffer, &self.name, from).await {
                Ok(Some(request)) => request,
                Ok(None) => break,
                // As Go's servers answer a TLS handshake.
                Err(NotHttp) => {
                    Reply::with(400, "text/plain", "400 Bad Request").write(&mut stream, false).await;
                    break;
                }
            };
            self.log.note(&request, self.accounts.presented(&request));
            let reply = (self.handler)(&request);
            match reply.write(&mut stream, request.method == "HEAD").await {
                Some(Next::Again) => {}
                Some(Next::Silent) => std::future::pending().await,
                Some(Next::Tunnel(port)) => {
                    let Ok(mut target) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                    tokio::io::copy_bidirectional(&mut stream, &mut target).await.ok();
                    return;
                }
                Some(Next::Closed) | None => break,
            }
        }
        stream.shutdown().await.ok();
    }
}
