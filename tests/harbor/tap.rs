//! A listener that hands on what comes to it, and notes the requests.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request as it was seen. It has no `Debug`: it holds credentials.
#[derive(Clone, Default)]
pub struct Sent {
    /// The number of the tap.
    pub tap: usize,
    /// `GET /v2/`, with the query.
    pub line: String,
    /// The headers, as they came.
    pub head: String,
}

impl Sent {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// Whether it carries a password.
    pub fn is_login(&self) -> bool {
        self.header("authorization").is_some_and(|value| value.starts_with("Basic "))
    }
}

/// What all taps of a world saw.
#[derive(Default)]
pub struct Log {
    sent: Mutex<Vec<Sent>>,
    /// What came back, for tokens in it.
    answers: Mutex<String>,
    going_on: AtomicBool,
    overlaps: AtomicUsize,
    /// What happens when a request comes, before it is handed on.
    then: Mutex<Option<Then>>,
    /// Taps behind which nobody is any more.
    dead: Mutex<Vec<usize>>,
}

type Then = Box<dyn Fn(&Log, &Sent) + Send>;

impl Log {
    /// The requests in the order in which they came.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// How often a password was sent.
    pub fn logins(&self) -> usize {
        self.sent().iter().filter(|sent| sent.is_login()).count()
    }

    /// How many requests came while another was not answered yet.
    pub fn overlaps(&self) -> usize {
        self.overlaps.load(Ordering::SeqCst)
    }

    /// The tokens that were granted.
    pub fn tokens(&self) -> Vec<String> {
        let answers = self.answers.lock().unwrap();
        let word = |c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c));
        answers.split(word).filter(|word| word.starts_with("eyJ")).map(str::to_string).collect()
    }

    /// Does something when a request comes, before it is handed on.
    pub fn when(&self, then: impl Fn(&Log, &Sent) + Send + 'static) {
        *self.then.lock().unwrap() = Some(Box::new(then));
    }

    /// From now on nobody is behind a tap.
    pub fn kill(&self, tap: usize) {
        self.dead.lock().unwrap().push(tap);
    }

    fn is_dead(&self, tap: usize) -> bool {
        self.dead.lock().unwrap().contains(&tap)
    }

    fn request(&self, tap: usize, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        // What is encrypted comes in pieces that tell nothing.
        if !["GET ", "POST ", "DELETE "].iter().any(|method| text.starts_with(method)) {
            return;
        }
        let (line, head) = text.split_once("\r\n").unwrap_or((&text, ""));
        let line = line.strip_suffix(" HTTP/1.1").unwrap_or(line).to_string();
        let sent = Sent { tap, line, head: head.to_string() };
        self.sent.lock().unwrap().push(sent.clone());
        if let Some(then) = &*self.then.lock().unwrap() {
            then(self, &sent);
        }
        if self.going_on.swap(true, Ordering::SeqCst) {
            self.overlaps.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn answer(&self, bytes: &[u8]) {
        self.going_on.store(false, Ordering::SeqCst);
        self.answers.lock().unwrap().push_str(&String::from_utf8_lossy(bytes));
    }
}

/// Listens and hands each connection on to the next of `targets`; ends with the test's process.
pub fn tap(number: usize, targets: Vec<SocketAddr>, log: Arc<Log>) -> SocketAddr {
    tap_at("127.0.0.1:0", number, targets, log)
}

/// The same at an address.
pub fn tap_at(at: &str, number: usize, targets: Vec<SocketAddr>, log: Arc<Log>) -> SocketAddr {
    let listener = TcpListener::bind(at).expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for (count, stream) in listener.incoming().flatten().enumerate() {
            let target = targets[count % targets.len()];
            let log = log.clone();
            thread::spawn(move || connection(number, stream, target, &log));
        }
    });
    address
}

/// A request and its answer are each one piece here: heads and bodies are small.
fn connection(number: usize, client: TcpStream, target: SocketAddr, log: &Arc<Log>) -> Option<()> {
    let server = TcpStream::connect(target).ok()?;
    let (mut from_server, mut to_client) = (server.try_clone().ok()?, client.try_clone().ok()?);
    let end = client.try_clone().ok()?;
    let answers = log.clone();
    thread::spawn(move || {
        copy(&mut from_server, &mut to_client, |bytes| answers.answer(bytes));
        to_client.shutdown(Shutdown::Both).ok();
    });
    let (mut from_client, mut to_server) = (client, server);
    copy(&mut from_client, &mut to_server, |bytes| {
        log.request(number, bytes);
        if log.is_dead(number) {
            // An end is an answer, too.
            log.answer(&[]);
            end.shutdown(Shutdown::Both).ok();
        }
    });
    to_server.shutdown(Shutdown::Both).ok()
}

fn copy(from: &mut TcpStream, to: &mut TcpStream, note: impl Fn(&[u8])) -> Option<()> {
    let mut buffer = [0; 64 * 1024];
    loop {
        let count = from.read(&mut buffer).ok().filter(|count| *count > 0)?;
        note(&buffer[..count]);
        to.write_all(&buffer[..count]).ok()?;
    }
}
