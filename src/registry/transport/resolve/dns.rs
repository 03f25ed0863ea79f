//! Questions to name servers, one by one.
//!
//! hickory's codec with an exchange of our own: its resolver tells neither which server failed nor a closed port
//! from a server that is silent, and that difference is what a probe is for. Which server is asked next after
//! which answer is as in Go's `net/dnsclient_unix.go`.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use crate::evidence::endpoint::ResolveFailureKind as Kind;

/// What a question came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Addresses, never none.
    Addresses(Vec<IpAddr>),
    /// None, and why, in words.
    Failure(Kind, String),
}

/// One question of a look-up.
pub(super) struct Question<'a> {
    /// The name, without its final dot.
    pub name: &'a str,
    /// `A` or `AAAA`.
    pub kind: RecordType,
    /// How long one server gets.
    pub patience: Duration,
    /// Over TCP only.
    pub tcp: bool,
}

impl Question<'_> {
    /// Asks the servers in turn, twice over, until one knows: a name that is not there, or has no address, is
    /// knowledge; a failure or refusal is none.
    pub async fn ask(&self, servers: &[SocketAddr]) -> Answer {
        let mut first = None;
        for server in servers.iter().chain(servers) {
            let failure = match self.ask_one(*server).await {
                Answer::Failure(kind, words) if !is_knowledge(kind) => Answer::Failure(kind, words),
                answer => return answer,
            };
            // What the first server said is what other clients of this machine see first.
            first.get_or_insert(failure);
        }
        first.unwrap_or_else(|| Answer::Failure(Kind::NoServer, "no name server is configured".to_string()))
    }

    async fn ask_one(&self, server: SocketAddr) -> Answer {
        let Some(query) = self.message() else {
            return Answer::Failure(Kind::Other, "not a name that DNS can hold".to_string());
        };
        match timeout(self.patience, self.exchange(server, &query)).await {
            Ok(Ok(response)) => self.read(server, &response),
            Ok(Err(error)) => io_failure(server, &error),
            Err(_) => Answer::Failure(Kind::TimedOut, format!("no answer from {server}")),
        }
    }

    fn message(&self) -> Option<Message> {
        let mut name = Name::from_ascii(self.name).ok()?;
        name.set_fqdn(true);
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(name, self.kind));
        Some(message)
    }

    async fn exchange(&self, server: SocketAddr, query: &Message) -> io::Result<Message> {
        let bytes = query.to_vec().map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        if self.tcp {
            return over_tcp(server, query, &bytes).await;
        }
        let response = over_udp(server, query, &bytes).await?;
        if !response.metadata.truncation {
            return Ok(response);
        }
        // A truncated answer with an address is enough where TCP is blocked.
        over_tcp(server, query, &bytes).await.or(Ok(response))
    }

    fn read(&self, server: SocketAddr, response: &Message) -> Answer {
        let address = |data: &RData| match data {
            RData::A(a) => Some(IpAddr::V4(a.0)),
            RData::AAAA(a) => Some(IpAddr::V6(a.0)),
            _ => None,
        };
        let addresses: Vec<IpAddr> =
            response.answers.iter().filter_map(|record| address(&record.data)).collect();
        let failure = |kind, words: &str| Answer::Failure(kind, format!("{server} {words}"));
        match response.metadata.response_code {
            ResponseCode::NoError if !addresses.is_empty() => Answer::Addresses(addresses),
            ResponseCode::NoError => failure(Kind::NoAddress, "knows the name, but no address of it"),
            ResponseCode::NXDomain => failure(Kind::NoSuchName, "says that there is no such name (NXDOMAIN)"),
            ResponseCode::Refused => failure(Kind::ServerRefused, "refuses the question (REFUSED)"),
            ResponseCode::ServFail => failure(Kind::ServerFailed, "failed (SERVFAIL)"),
            code => failure(Kind::ServerFailed, &format!("answers {}", code.to_str())),
        }
    }
}

fn is_knowledge(kind: Kind) -> bool {
    matches!(kind, Kind::NoAddress | Kind::NoSuchName)
}

fn io_failure(server: SocketAddr, error: &io::Error) -> Answer {
    let (kind, words) = match error.kind() {
        io::ErrorKind::ConnectionRefused => (Kind::ServerRefused, "nothing listens there (port closed)"),
        io::ErrorKind::TimedOut => (Kind::TimedOut, "no answer"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            (Kind::TimedOut, "no route to it")
        }
        io::ErrorKind::PermissionDenied => (Kind::Other, "the system does not allow to ask it"),
        io::ErrorKind::InvalidData => (Kind::ServerFailed, "its answer is not DNS"),
        _ => (Kind::Other, "the exchange with it failed"),
    };
    Answer::Failure(kind, format!("{server}: {words}"))
}

async fn over_udp(server: SocketAddr, query: &Message, bytes: &[u8]) -> io::Result<Message> {
    let own = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(own).await?;
    // Connected: only this server's datagrams arrive, and a closed port is told.
    socket.connect(server).await?;
    socket.send(bytes).await?;
    let mut buffer = vec![0; 4096];
    loop {
        let size = socket.recv(&mut buffer).await?;
        let Ok(response) = Message::from_vec(&buffer[..size]) else { continue };
        if answers(&response, query) {
            return Ok(response);
        }
    }
}

async fn over_tcp(server: SocketAddr, query: &Message, bytes: &[u8]) -> io::Result<Message> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(bytes.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(bytes).await?;
    let mut response = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut response).await?;
    let not_dns = || io::Error::from(io::ErrorKind::InvalidData);
    let response = Message::from_vec(&response).map_err(|_| not_dns())?;
    if answers(&response, query) { Ok(response) } else { Err(not_dns()) }
}

/// Whether a message answers the query: anything else may be forged.
fn answers(response: &Message, query: &Message) -> bool {
    response.metadata.id == query.metadata.id
        && response.metadata.message_type == MessageType::Response
        && (response.queries == query.queries || response.queries.is_empty())
}
