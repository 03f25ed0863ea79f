//! Servers that are no Harbor, and front doors that lead elsewhere.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use regauth::evidence::harbor::seen::Via;

use super::tap::tap;
use super::world::{Core, Harbor, PASSWORD};

/// Answers every request alike, and keeps what it was sent; ends with the test's process.
fn server(answer: String) -> (SocketAddr, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let all = Arc::new(Mutex::new(String::new()));
    let sent = all.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut buffer = [0; 16 * 1024];
            let count = stream.read(&mut buffer).unwrap_or_default();
            sent.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
            stream.write_all(answer.as_bytes()).ok();
        }
    });
    (address, all)
}

fn page(status: &str, headers: &str) -> String {
    let body = "<html><body>It works</body></html>";
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn what_shows_no_mark_of_a_registry_is_sent_no_password() {
    for (status, headers) in [
        ("404 Not Found", "Server: SimpleHTTP/0.6\r\n"),
        ("200 OK", ""),
        ("401 Unauthorized", "WWW-Authenticate: Basic realm=\"router\"\r\n"),
    ] {
        let (address, sent) = server(page(status, headers));
        let mut harbor = Harbor::start(&[]);
        harbor.ask.front = Some(format!("http://harbor.test:{}", address.port()));
        (harbor.ask.front_plain_http, harbor.ask.front_tokens, harbor.ask.via) = (true, 3, Via::Url);
        harbor.ask.repository = Some("team/app".into());
        let seen = harbor.look_as("dev", PASSWORD).await;
        let login = seen.seen.login.as_ref().unwrap();
        let why = login.withheld.as_ref().unwrap().as_str();
        assert_eq!(why, "front: what answers there shows no mark of a Harbor, or of any registry, at /v2/");
        assert!(login.exchange.is_none() && seen.seen.decision.is_none(), "{}", seen.shown());
        let sent = sent.lock().unwrap();
        assert!(sent.contains("GET /v2/") && !sent.to_lowercase().contains("authorization: basic"), "{sent}");
    }
}

#[tokio::test]
async fn a_core_that_is_another_server_is_sent_no_password() {
    let (address, sent) = server(page("404 Not Found", ""));
    let mut harbor = Harbor::start(&[super::world::key(0)]);
    harbor.ask.cores.insert(
        0,
        regauth::plan::CoreAddress { name: "stranger".into(), address: address.to_string(), tls: false },
    );
    let seen = harbor.look_as("dev", PASSWORD).await;
    assert!(seen.seen.login.as_ref().unwrap().is_good(), "{}", seen.shown());
    assert!(!sent.lock().unwrap().to_lowercase().contains("authorization: basic"));
    assert_eq!(seen.picture()[1], "?A");
}

#[tokio::test]
async fn a_front_door_that_is_not_there_has_no_password_either() {
    let mut harbor = Harbor::start(&[]);
    harbor.ask.front = Some("http://harbor.test:1".into());
    (harbor.ask.front_plain_http, harbor.ask.via) = (true, Via::Url);
    let seen = harbor.look_as("dev", PASSWORD).await;
    let login = seen.seen.login.as_ref().unwrap();
    assert_eq!(login.withheld.as_ref().unwrap().as_str(), "front: it does not answer");
    assert!(seen.seen.front.as_ref().unwrap().ping.as_ref().unwrap().answer().is_none());
}

#[tokio::test]
async fn a_front_door_is_named_where_it_was_asked_and_what_led_there_beside_it() {
    let mut harbor = Harbor::start(&[]);
    let issued = rcgen::generate_simple_self_signed(["harbor.test".to_string()]).unwrap();
    let files = (harbor.folder.join("tls.crt"), harbor.folder.join("tls.key"));
    std::fs::write(&files.0, issued.cert.pem()).unwrap();
    std::fs::write(&files.1, issued.signing_key.serialize_pem()).unwrap();
    harbor.start_core(&Core { tls: Some(files), ..Core::default() });
    harbor.ask.cores.clear();
    let secure = tap(1000, harbor.cores.clone(), harbor.log.clone());
    let to = format!("https://harbor.test:{}", secure.port());
    let (address, sent) = server(page("308 Permanent Redirect", &format!("Location: {to}/v2/\r\n")));
    let named = format!("http://harbor.test:{}", address.port());
    harbor.ask.front = Some(named.clone());
    // What is said of the one is no word about the other.
    (harbor.ask.front_plain_http, harbor.ask.front_tokens, harbor.ask.via) = (true, 3, Via::Url);
    let seen = harbor.look_as("dev", PASSWORD).await;
    let front = seen.seen.front.as_ref().unwrap();
    assert_eq!(front.url.as_str(), to, "{}", seen.shown());
    assert_eq!(front.redirected_from.as_ref().map(|url| url.as_str()), Some(named.as_str()));
    assert_eq!(front.ping.as_ref().unwrap().answer().unwrap().status, 401);
    assert_eq!(front.kids.len(), 1);
    let login = seen.seen.login.as_ref().unwrap();
    assert!(login.withheld.as_ref().unwrap().as_str().contains("not to be trusted"), "{login:?}");
    assert_eq!(sent.lock().unwrap().matches("GET /").count(), 1, "it is asked once");
}
