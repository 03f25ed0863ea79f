//! Names, with a name server that does as it is told.

use std::net::Ipv4Addr;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record, RecordType};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use super::server::{OK, Server, closed_port};
use super::world::{World, endpoint, get};
use crate::evidence::endpoint::{NameSource, Resolve, ResolveFailureKind, Scheme};
use crate::registry::transport::{Origin, SendError};

/// A name server on loopback; it ends with its test.
struct NameServer {
    port: u16,
    task: JoinHandle<()>,
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers each question (name without final dot, type) with a code and IPv4 addresses, or not at all.
async fn name_server(
    answer: impl Fn(&str, RecordType) -> Option<(ResponseCode, Vec<Ipv4Addr>)> + Send + 'static,
) -> NameServer {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let port = socket.local_addr().expect("an address").port();
    let task = tokio::spawn(async move {
        let mut buffer = [0; 1024];
        while let Ok((size, from)) = socket.recv_from(&mut buffer).await {
            let query = Message::from_vec(&buffer[..size]).expect("a question");
            let question = query.queries[0].clone();
            let name = question.name().to_ascii().trim_end_matches('.').to_string();
            let Some((code, addresses)) = answer(&name, question.query_type()) else { continue };
            let mut response = query.into_response();
            response.metadata.response_code = code;
            for address in addresses {
                response.add_answer(Record::from_rdata(question.name().clone(), 60, RData::A(A(address))));
            }
            socket.send_to(&response.to_vec().expect("a message"), from).await.expect("sent");
        }
    });
    NameServer { port, task }
}

fn code(code: ResponseCode) -> Option<(ResponseCode, Vec<Ipv4Addr>)> {
    Some((code, Vec::new()))
}

/// The look-up of `host` with this configuration, which must fail.
async fn failure(resolv_conf: &str, host: &str) -> Resolve {
    let world = World::new().impatient();
    world.write("resolv.conf", resolv_conf);
    let mut transport = world.transport();
    let origin = Origin::new(Scheme::Https, host, 443);
    assert_eq!(
        get(&mut transport, &origin).await.expect_err("no name"),
        SendError::Unreachable { endpoint: 0 }
    );
    let resolve = endpoint(&transport, &origin).resolve.clone().expect("a look-up");
    assert!(resolve.addresses.is_empty() && endpoint(&transport, &origin).connects.is_empty());
    resolve
}

#[tokio::test]
async fn failures_of_the_name_server_are_told_apart() {
    use ResolveFailureKind as Kind;
    for (response, kind, words) in [
        (code(ResponseCode::NXDomain), Kind::NoSuchName, "NXDOMAIN"),
        (code(ResponseCode::NoError), Kind::NoAddress, "no address"),
        (code(ResponseCode::ServFail), Kind::ServerFailed, "SERVFAIL"),
        (code(ResponseCode::NotImp), Kind::ServerFailed, "answers"),
        (code(ResponseCode::Refused), Kind::ServerRefused, "REFUSED"),
        (None, Kind::TimedOut, "no answer"),
    ] {
        let server = name_server(move |_, _| response.clone()).await;
        let failure = failure(&format!("nameserver 127.0.0.1:{}", server.port), "a.example").await.failure;
        let failure = failure.expect("a failure");
        assert_eq!(failure.kind, kind);
        assert!(failure.message.as_str().contains(words), "{}", failure.message);
        assert_eq!(failure.servers[0].as_str(), format!("127.0.0.1:{}", server.port));
    }
}

#[tokio::test]
async fn a_closed_port_is_told_from_silence() {
    let port = closed_port().await;
    let failure =
        failure(&format!("nameserver 127.0.0.1:{port}"), "a.example").await.failure.expect("a failure");
    assert_eq!(failure.kind, ResolveFailureKind::ServerRefused);
    assert!(failure.message.as_str().contains("port closed"), "{}", failure.message);
}

#[tokio::test]
async fn the_next_name_server_is_asked_when_one_does_not_know() {
    let web = Server::plain(&[OK]).await;
    let broken = name_server(|_, _| code(ResponseCode::ServFail)).await;
    let good = name_server(|name, kind| match (name, kind) {
        ("a.example", RecordType::A) => Some((ResponseCode::NoError, vec![Ipv4Addr::LOCALHOST])),
        _ => code(ResponseCode::NoError),
    })
    .await;
    let world = World::new();
    let servers = [closed_port().await, broken.port, good.port];
    world.write("resolv.conf", &servers.map(|port| format!("nameserver 127.0.0.1:{port}\n")).concat());
    let mut transport = world.transport();
    let origin = Origin::new(Scheme::Http, "a.example", web.port);
    get(&mut transport, &origin).await.expect("an answer");
    let resolve = endpoint(&transport, &origin).resolve.clone().expect("a look-up");
    assert_eq!((resolve.source, resolve.addresses), (NameSource::Dns, vec![Ipv4Addr::LOCALHOST.into()]));
    assert!(!resolve.private_for_public);
}

#[tokio::test]
async fn search_domains_are_tried() {
    let web = Server::plain(&[OK]).await;
    let server = name_server(|name, kind| match (name, kind) {
        ("registry.ns.local", RecordType::A) => Some((ResponseCode::NoError, vec![Ipv4Addr::LOCALHOST])),
        ("registry.ns.local", _) => code(ResponseCode::NoError),
        _ => code(ResponseCode::NXDomain),
    })
    .await;
    let world = World::new();
    world.write("resolv.conf", &format!("nameserver 127.0.0.1:{}\nsearch a.local ns.local", server.port));
    let origin = Origin::new(Scheme::Http, "registry", web.port);
    get(&mut world.transport(), &origin).await.expect("an answer");
}

#[tokio::test]
async fn the_hosts_file_comes_before_dns() {
    let server = name_server(|_, _| Some((ResponseCode::NoError, vec![Ipv4Addr::new(192, 0, 2, 1)]))).await;
    let web = Server::plain(&[OK]).await;
    let world = World::new();
    world.write("resolv.conf", &format!("nameserver 127.0.0.1:{}", server.port));
    world.write("hosts", "127.0.0.1 quay.io");
    let mut transport = world.transport();
    let origin = Origin::new(Scheme::Http, "quay.io", web.port);
    get(&mut transport, &origin).await.expect("an answer");
    let resolve = endpoint(&transport, &origin).resolve.clone().expect("a look-up");
    assert_eq!((resolve.source, resolve.private_for_public), (NameSource::HostsFile, true));
}

#[tokio::test]
async fn a_missing_configuration_is_no_server() {
    let world = World::new().impatient();
    let path = world.write("resolv.conf", "");
    std::fs::remove_file(path).expect("removed");
    let mut transport = world.transport();
    let origin = Origin::new(Scheme::Https, "a.invalid", 443);
    get(&mut transport, &origin).await.expect_err("no name");
    let failure = endpoint(&transport, &origin).resolve.clone().and_then(|resolve| resolve.failure);
    assert_eq!(failure.expect("a failure").kind, ResolveFailureKind::NoServer);
}
