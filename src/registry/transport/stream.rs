//! The byte stream under TLS and HTTP, which remembers how the other side began.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// As much as is remembered.
const KEPT: usize = 128;

/// Anything that carries bytes both ways: TCP, a tunnel through a proxy, TLS.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A byte stream that remembers its first bytes.
pub(super) struct Stream {
    inner: Box<dyn Io>,
    first: FirstBytes,
}

/// The first bytes that came from the other side.
#[derive(Clone, Default)]
pub(super) struct FirstBytes(Arc<Mutex<Vec<u8>>>);

impl Stream {
    pub fn new(inner: impl Io + 'static) -> Self {
        Self { inner: Box::new(inner), first: FirstBytes::default() }
    }

    /// What is remembered of it, also after it is gone.
    pub fn first(&self) -> FirstBytes {
        self.first.clone()
    }
}

impl FirstBytes {
    /// Whether they are the beginning of an HTTP answer.
    pub fn is_http(&self) -> bool {
        self.get().starts_with(b"HTTP/")
    }

    /// Whether they are the beginning of a TLS record: an alert or a handshake, of any version since SSL 3.
    pub fn is_tls(&self) -> bool {
        matches!(self.get()[..], [0x15 | 0x16, 3, ..])
    }

    /// The first line, as text.
    pub fn line(&self) -> String {
        let bytes = self.get();
        let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
        String::from_utf8_lossy(line).into_owned()
    }

    fn get(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, bytes: &[u8]) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT - first.len().min(KEPT);
        first.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.first.add(&buf.filled()[before..]);
        result
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
