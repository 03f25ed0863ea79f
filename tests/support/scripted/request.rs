//! Requests as they come in.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt};

/// Longer heads and bodies are not read.
const MAX: usize = 1024 * 1024;

/// One request. It has no `Debug`: it holds credentials.
#[derive(Clone)]
pub struct Request {
    /// The name of the listener that it came to.
    pub listener: String,
    /// The number of its connection, over all listeners, from 0.
    pub connection: usize,
    /// Who sent it.
    pub remote: SocketAddr,
    /// `GET`.
    pub method: String,
    /// The path, without the query; of a request to a proxy, the whole target.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// The headers, as they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Request {
    /// Reads one; `None` when the connection ended, `NotHttp` when what came is no request.
    pub async fn read(
        stream: &mut (impl AsyncRead + Unpin),
        buffer: &mut Vec<u8>,
        listener: &str,
        (connection, remote): (usize, SocketAddr),
    ) -> Result<Option<Self>, NotHttp> {
        let (mut request, head) = loop {
            if let Some(found) = parse(buffer)? {
                break found;
            }
            if more(stream, buffer).await.is_none() {
                return Ok(None);
            }
        };
        let length = request.header("content-length").map_or(Some(0), |value| value.parse().ok());
        let length: usize = length.ok_or(NotHttp)?;
        while buffer.len() < head + length {
            if more(stream, buffer).await.is_none() {
                return Ok(None);
            }
        }
        request.body = String::from_utf8_lossy(&buffer[head..head + length]).into_owned();
        buffer.drain(..head + length);
        Ok(Some(Self { listener: listener.to_string(), connection, remote, ..request }))
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.as_str())
    }

    /// A value of the query or of a form, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.query.split('&').chain(self.body.split('&'));
        let mut values = pairs.filter_map(|pair| pair.split_once('=')).filter(|(known, _)| *known == name);
        values.next().map(|(_, value)| percent_encoding::percent_decode_str(value).decode_utf8_lossy().into())
    }
}

/// What came is no request: a TLS handshake, say.
pub struct NotHttp;

/// The head of a request and its length; `None` when it is not all there.
fn parse(buffer: &[u8]) -> Result<Option<(Request, usize)>, NotHttp> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut parsed = httparse::Request::new(&mut headers);
    let head = match parsed.parse(buffer).map_err(|_| NotHttp)? {
        httparse::Status::Partial => return Ok(None),
        httparse::Status::Complete(head) => head,
    };
    let target = parsed.path.ok_or(NotHttp)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let text = |header: &httparse::Header<'_>| {
        (header.name.to_string(), String::from_utf8_lossy(header.value).into_owned())
    };
    let request = Request {
        listener: String::new(),
        connection: 0,
        remote: ([0, 0, 0, 0], 0).into(),
        method: parsed.method.ok_or(NotHttp)?.to_string(),
        path: path.to_string(),
        query: query.to_string(),
        headers: parsed.headers.iter().map(text).collect(),
        body: String::new(),
    };
    Ok(Some((request, head)))
}

async fn more(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Option<()> {
    let count = stream.read_buf(buffer).await.ok()?;
    (count > 0 && buffer.len() < MAX).then_some(())
}
