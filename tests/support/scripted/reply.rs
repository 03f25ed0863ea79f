//! What is answered, and how the answer ends.

use serde_json::{Value, json};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// An answer.
#[derive(Clone, Default)]
pub struct Reply {
    status: u16,
    reason: Option<String>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// How it ends.
    pub end: End,
}

/// How an answer ends.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum End {
    /// As it should; the connection stays.
    #[default]
    Whole,
    /// As it should, and the connection is closed without a word.
    Close,
    /// In chunks.
    Chunked,
    /// Nothing comes, and the connection stays.
    Silence,
    /// The connection is closed without an answer.
    Nothing,
    /// In the middle of the head.
    InHead,
    /// In the middle of the body.
    InBody,
    /// The body goes on until the client leaves.
    Never,
    /// The connection becomes a tunnel to that port of this machine.
    Tunnel(u16),
}

/// What a connection is afterwards.
pub enum Next {
    /// Good for another request.
    Again,
    /// Closed.
    Closed,
    /// Open and silent.
    Silent,
    /// A tunnel.
    Tunnel(u16),
}

impl Reply {
    /// An answer without a body.
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// An answer with a body.
    pub fn with(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::new(status) }.header("Content-Type", media_type)
    }

    /// An answer of JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::with(status, "application/json", body.to_string())
    }

    /// A registry's error.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({"errors": [{"code": code, "message": message}]})).marked()
    }

    /// A web page.
    pub fn page(status: u16, title: &str) -> Self {
        let page =
            format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>");
        Self::with(status, "text/html", page)
    }

    /// Not an answer: the connection stays silent.
    pub fn silence() -> Self {
        Self { end: End::Silence, ..Self::default() }
    }

    /// A redirect.
    pub fn redirect(to: &str) -> Self {
        Self::new(307).header("Location", to)
    }

    /// The same with a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }

    /// The same with the mark of a registry.
    pub fn marked(self) -> Self {
        self.header("Docker-Distribution-Api-Version", "registry/2.0")
    }

    /// The same with another reason phrase.
    pub fn reason(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_string());
        self
    }

    /// The same with another end.
    pub fn ending(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    /// Writes it; `None` when the client has left.
    pub async fn write(&self, stream: &mut (impl AsyncWrite + Unpin), is_head: bool) -> Option<Next> {
        let head = self.head();
        let body = if is_head { &[] } else { self.body.as_slice() };
        let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
        let (bytes, next) = match &self.end {
            End::Silence => (Vec::new(), Next::Silent),
            End::Nothing => (Vec::new(), Next::Closed),
            End::InHead => (half(&head), Next::Closed),
            End::InBody => ([head, half(body)].concat(), Next::Closed),
            End::Close => ([head, body.to_vec()].concat(), Next::Closed),
            End::Chunked if !is_head => ([head, chunks(body)].concat(), Next::Again),
            End::Whole | End::Chunked | End::Never => ([head, body.to_vec()].concat(), Next::Again),
            End::Tunnel(port) => (head, Next::Tunnel(*port)),
        };
        stream.write_all(&bytes).await.ok()?;
        stream.flush().await.ok()?;
        if self.end == End::Never && !is_head {
            loop {
                stream.write_all(&[b' '; 16 * 1024]).await.ok()?;
            }
        }
        Some(next)
    }

    fn head(&self) -> Vec<u8> {
        let reason = self.reason.clone().or_else(|| {
            let known = http::StatusCode::from_u16(self.status).ok()?.canonical_reason();
            known.map(str::to_string)
        });
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason.unwrap_or_default());
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &match self.end {
            End::Chunked => "Transfer-Encoding: chunked\r\n".to_string(),
            End::Never | End::Tunnel(_) => String::new(),
            _ => format!("Content-Length: {}\r\n", self.body.len()),
        };
        (head + "\r\n").into_bytes()
    }
}

/// A body in two chunks.
fn chunks(body: &[u8]) -> Vec<u8> {
    let (first, second) = body.split_at(body.len() / 2);
    let chunk = |part: &[u8]| match part.is_empty() {
        true => Vec::new(),
        false => [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat(),
    };
    [chunk(first), chunk(second), b"0\r\n\r\n".to_vec()].concat()
}
