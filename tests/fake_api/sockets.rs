//! Exec and port-forward against an API server whose WebSockets follow a script.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, Uri};
use regauth::api::exec::End;
use regauth::api::{Api, ApiError, forward};
use regauth::collect::harbor::checksums;
use regauth::evidence::Outcome;
use regauth::evidence::harbor::{CorePod, Harbor, KeyFile, KeyPath};
use regauth::secret::{RunKey, Secret};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::server::status_json;

type Socket = WebSocketStream<TcpStream>;

/// What was asked: paths with their queries.
type Log = Arc<Mutex<Vec<Uri>>>;

/// A server that answers each upgrade as `script` says: a refusal, or frames.
async fn server<F>(
    script: impl Fn(Uri, Socket) -> F + Send + Sync + 'static,
    refusal: Option<u16>,
) -> (Api, Log)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let log = Log::default();
    let asked = log.clone();
    #[allow(clippy::result_large_err)]
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut uri = Uri::default();
            let accepted = accept_hdr_async(stream, |request: &Request, response: Response| {
                uri = request.uri().clone();
                asked.lock().unwrap().push(uri.clone());
                shake(response, refusal)
            });
            if let Ok(socket) = accepted.await {
                tokio::spawn(script(uri, socket));
            }
        }
    });
    (api(address), log)
}

#[allow(clippy::result_large_err)]
fn shake(mut response: Response, refusal: Option<u16>) -> Result<Response, ErrorResponse> {
    let Some(code) = refusal else {
        let protocol = HeaderValue::from_static("v4.channel.k8s.io");
        response.headers_mut().insert("sec-websocket-protocol", protocol);
        return Ok(response);
    };
    let body = status_json(code, "Forbidden", "pods \"core-1\" is forbidden: no exec for you").to_string();
    let refused = http::Response::builder().status(code).header("content-length", body.len());
    Err(refused.body(Some(body)).unwrap())
}

fn api(address: SocketAddr) -> Api {
    let config = kube::Config::new(format!("http://{address}").parse().unwrap());
    Api::new(kube::Client::try_from(config).unwrap(), "https://fake", None)
}

async fn send(socket: &mut Socket, channel: u8, bytes: &[u8]) {
    let frame: Vec<u8> = [channel].into_iter().chain(bytes.iter().copied()).collect();
    let _ = socket.send(Message::binary(frame)).await;
}

/// Ends an exec with a status, as the kubelet does.
async fn exit(socket: &mut Socket, code: i32) {
    let status = match code {
        0 => json!({"metadata": {}, "status": "Success"}),
        code => {
            json!({"metadata": {}, "status": "Failure", "reason": "NonZeroExitCode", "message": "non-zero",
            "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]}})
        }
    };
    send(socket, 3, status.to_string().as_bytes()).await;
    let _ = socket.close(None).await;
}

async fn not_started(socket: &mut Socket) {
    let message = "exec: \"sha256sum\": executable file not found in $PATH: unknown";
    let status = json!({"metadata": {}, "status": "Failure", "reason": "InternalError", "message": message});
    send(socket, 3, status.to_string().as_bytes()).await;
    let _ = socket.close(None).await;
}

const AT: (&str, &str, &str) = ("harbor", "core-1", "core");
const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[tokio::test]
async fn a_command_gets_its_input_and_gives_its_output_and_status() {
    let script = |_, mut socket: Socket| async move {
        let frame = socket.next().await.unwrap().unwrap().into_data();
        assert_eq!(&frame[..], b"\0the input\n");
        send(&mut socket, 1, b"out").await;
        send(&mut socket, 2, b"words \x1b[31m").await;
        exit(&mut socket, 7).await;
    };
    let (api, log) = server(script, None).await;
    let input = Secret::new("the input\n".into());
    let ran = api.exec(AT, &["sh", "-c", "x y"], Some(&input)).await.unwrap();
    assert_eq!((ran.stdout.as_str(), ran.end), ("out", End::Exit(7)));
    assert!(!ran.stderr.as_str().contains('\x1b'));
    let asked = log.lock().unwrap()[0].to_string();
    assert!(asked.starts_with("/api/v1/namespaces/harbor/pods/core-1/exec?"), "{asked}");
    assert!(asked.contains("container=core") && asked.contains("command=x+y"), "{asked}");
    assert!(!asked.contains("input"), "{asked}");
}

#[tokio::test]
async fn an_exec_that_is_refused_is_the_api_servers_words() {
    let (api, _) = server(|_, _| async {}, Some(403)).await;
    let error = api.exec(AT, &["sha256sum", "/x"], None).await.unwrap_err();
    assert_eq!(error.code(), Some(403));
    assert_eq!(error.message().as_str(), "pods \"core-1\" is forbidden: no exec for you");
}

#[tokio::test]
async fn output_without_end_is_read_to_a_bound() {
    let script = |_, mut socket: Socket| async move {
        while socket.send(Message::binary([vec![1], vec![b'x'; 4096]].concat())).await.is_ok() {}
    };
    let (api, _) = server(script, None).await;
    let reading = api.exec(AT, &["yes"], None);
    let ran = tokio::time::timeout(Duration::from_secs(20), reading).await.unwrap().unwrap();
    assert_eq!((ran.stdout.len(), ran.end), (16 << 10, End::Unknown));
}

fn harbor() -> Harbor {
    let core = CorePod {
        name: "core-1".into(),
        started_at: Some("2026-07-01T10:00:00Z".parse().unwrap()),
        key: KeyPath { path: "/etc/core/private_key.pem".into(), ..KeyPath::default() },
        ..CorePod::default()
    };
    Harbor { namespace: "harbor".into(), cores: vec![core], ..Harbor::default() }
}

async fn checked<F>(
    script: impl Fn(Uri, Socket) -> F + Send + Sync + 'static,
    refusal: Option<u16>,
) -> (Harbor, Log)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (api, log) = server(script, refusal).await;
    let mut harbor = harbor();
    checksums(&api, &mut harbor, &RunKey::random().unwrap()).await;
    (harbor, log)
}

#[tokio::test]
async fn the_checksum_comes_from_the_first_program_that_the_image_has() {
    let script = |uri: Uri, mut socket: Socket| async move {
        let query = uri.query().unwrap().to_string();
        if query.contains("command=sha256sum&") {
            return not_started(&mut socket).await;
        }
        assert!(query.contains("command=openssl&command=dgst&command=-sha256&command=-r&"), "{query}");
        send(&mut socket, 1, format!("{DIGEST} */etc/core/private_key.pem\n").as_bytes()).await;
        exit(&mut socket, 0).await;
    };
    let (harbor, log) = checked(script, None).await;
    let value = KeyFile { sha256: DIGEST.into(), by: "openssl".into() };
    assert_eq!(harbor.cores[0].file, Some(Outcome::Seen { value }));
    assert_eq!(log.lock().unwrap().len(), 2);
    assert_eq!(harbor.unread, []);
}

#[tokio::test]
async fn a_key_file_that_is_not_there_is_absent() {
    let script = |_, mut socket: Socket| async move {
        send(&mut socket, 2, b"sha256sum: /etc/core/private_key.pem: No such file or directory\n").await;
        exit(&mut socket, 1).await;
    };
    let (harbor, _) = checked(script, None).await;
    assert!(matches!(harbor.cores[0].file, Some(Outcome::Absent { .. })), "{:?}", harbor.cores[0].file);
}

#[tokio::test]
async fn an_image_without_any_program_says_so() {
    let (harbor, log) =
        checked(|_, mut socket: Socket| async move { not_started(&mut socket).await }, None).await;
    let Some(Outcome::Failed { message, .. }) = &harbor.cores[0].file else {
        panic!("{:?}", harbor.cores[0].file)
    };
    assert!(message.as_str().contains("no program for checksums"), "{message}");
    assert_eq!(log.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn checksums_that_may_not_be_asked_are_denied_and_the_right_is_named() {
    let (harbor, log) = checked(|_, _| async {}, Some(403)).await;
    assert!(matches!(harbor.cores[0].file, Some(Outcome::Denied { status: 403, .. })));
    assert_eq!(harbor.unread[0].settled_by.as_str(), "get and create pods/exec");
    assert_eq!(log.lock().unwrap().len(), 1, "a refusal is not asked for again");
}

/// A pod's port that answers in capitals.
async fn shout(socket: &mut Socket) {
    for channel in [0, 1] {
        send(socket, channel, &8080u16.to_le_bytes()).await;
    }
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Binary(frame) = message {
            send(socket, 0, &frame[1..].to_ascii_uppercase()).await;
        }
    }
}

async fn talk(address: SocketAddr, words: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(words).await.unwrap();
    let mut answer = vec![0; words.len()];
    stream.read_exact(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn connections_to_the_listener_end_at_the_pods_port_side_by_side() {
    let (api, log) = server(|_, mut socket: Socket| async move { shout(&mut socket).await }, None).await;
    let forward = forward(&api, "harbor", "core-1", 8080).await.unwrap();
    assert!(forward.address().ip().is_loopback());
    let (one, two) = tokio::join!(talk(forward.address(), b"hello"), talk(forward.address(), b"again"));
    assert_eq!((one.as_slice(), two.as_slice()), (b"HELLO".as_slice(), b"AGAIN".as_slice()));
    let asked = log.lock().unwrap().clone();
    assert!(asked.iter().all(|uri| uri.path() == "/api/v1/namespaces/harbor/pods/core-1/portforward"));
    assert_eq!(forward.problem(), None);
}

#[tokio::test]
async fn a_dropped_forward_closes_its_listener_and_its_connections() {
    let (api, _) = server(|_, mut socket: Socket| async move { shout(&mut socket).await }, None).await;
    let forward = forward(&api, "harbor", "core-1", 8080).await.unwrap();
    let address = forward.address();
    let mut open = TcpStream::connect(address).await.unwrap();
    open.write_all(b"x").await.unwrap();
    let mut answer = [0];
    open.read_exact(&mut answer).await.unwrap();
    drop(forward);
    let rest = open.read(&mut answer).await;
    assert!(matches!(rest, Ok(0)) || rest.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_forward_that_is_refused_is_an_error_at_once() {
    let (api, _) = server(|_, _| async {}, Some(403)).await;
    let Err(error) = forward(&api, "harbor", "core-1", 8080).await else { panic!("it was not refused") };
    assert!(matches!(error, ApiError::Status { code: 403, .. }), "{error}");
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_ends_the_connection_and_is_told() {
    let script = |_, mut socket: Socket| async move {
        for channel in [0, 1] {
            send(&mut socket, channel, &8080u16.to_le_bytes()).await;
        }
        send(&mut socket, 1, b"failed to connect to localhost:8080: connection refused").await;
        while let Some(Ok(_)) = socket.next().await {}
    };
    let (api, _) = server(script, None).await;
    let forward = forward(&api, "harbor", "core-1", 8080).await.unwrap();
    let mut stream = TcpStream::connect(forward.address()).await.unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    let told = forward.problem().unwrap().to_string();
    assert!(told.starts_with("port 8080 of pod core-1 cannot be reached: failed to connect"), "{told}");
}

#[tokio::test]
async fn a_server_that_speaks_no_websocket_is_told_as_such() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    let error = api(address).exec(AT, &["true"], None).await.unwrap_err().to_string();
    assert!(error.contains("takes no WebSocket connection"), "{error}");
}
