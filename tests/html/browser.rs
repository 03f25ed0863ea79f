//! A real Chromium without a window, spoken to by its DevTools protocol.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// The programs that are looked for, in this order.
const PROGRAMS: &[&str] = &["chromium", "chromium-browser", "google-chrome", "chromium-headless-shell"];

/// How long the browser may take for anything at all.
const PATIENCE: Duration = Duration::from_secs(60);

/// The browser that `REGAUTH_CHROMIUM` names, else the first on PATH; `Err` says why there is none.
pub fn program() -> Result<OsString, String> {
    if let Some(named) = std::env::var_os("REGAUTH_CHROMIUM").filter(|named| !named.is_empty()) {
        return Ok(named);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let found = PROGRAMS.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    found
        .filter(|file| file.is_file())
        .map(PathBuf::into_os_string)
        .next()
        .ok_or_else(|| format!("none of {} is on PATH, and REGAUTH_CHROMIUM names none", PROGRAMS.join(", ")))
}

/// A browser with one page. It ends when it is dropped.
pub struct Browser {
    process: Child,
    socket: WebSocketStream<TcpStream>,
    session: Option<String>,
    next: u64,
    /// What the page did that a complete page does not: requests, errors, messages.
    pub deeds: Vec<String>,
    /// Events that were heard while something else was waited for.
    heard: Vec<String>,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Browser {
    /// Starts the browser with a profile of its own in `folder`.
    pub async fn start(program: &OsString, folder: &Path) -> Self {
        let profile = format!("--user-data-dir={}", folder.display());
        let mut process = Command::new(program)
            .args(["--headless", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0", &profile])
            // The sandbox cannot be had as root; the only page is the project's own.
            .args([
                "--no-sandbox",
                "--disable-background-networking",
                "--disable-component-update",
                "about:blank",
            ])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the browser starts");
        let lines = BufReader::new(process.stderr.take().expect("its stderr"));
        let address = lines.lines().map_while(Result::ok).find_map(|line| {
            line.split_once("DevTools listening on ").map(|(_, address)| address.trim().to_string())
        });
        let address = address.expect("the browser says where it listens");
        let host = address.trim_start_matches("ws://").split('/').next().expect("a host").to_string();
        let stream = TcpStream::connect(host).await.expect("the browser listens");
        let (socket, _) = tokio_tungstenite::client_async(address, stream).await.expect("a web socket");
        let mut browser =
            Self { process, socket, session: None, next: 0, deeds: Vec::new(), heard: Vec::new() };
        let target = browser.ask("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.ask("Target.attachToTarget", attach).await;
        browser.session = session["sessionId"].as_str().map(str::to_string);
        for domain in ["Page", "Network", "Log", "Runtime"] {
            browser.ask(&format!("{domain}.enable"), json!({})).await;
        }
        browser
    }

    /// Opens a file and waits until it is loaded.
    pub async fn open(&mut self, file: &Path) {
        self.heard.clear();
        self.ask("Page.navigate", json!({ "url": format!("file://{}", file.display()) })).await;
        while !self.heard.iter().any(|method| method == "Page.loadEventFired") {
            self.listen().await;
        }
    }

    /// What an expression comes to on the page.
    pub async fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.ask("Runtime.evaluate", asked).await;
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Presses and lets go of a key.
    pub async fn press(&mut self, key: &str, code: u32) {
        for kind in ["rawKeyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            self.ask("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Sends a command and waits for its answer.
    pub async fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).await.expect("the browser listens");
        loop {
            let answer = self.listen().await;
            if answer["id"] == id {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    async fn listen(&mut self) -> Value {
        let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        let message = next.expect("the browser answers").expect("it does not hang up").expect("a message");
        let event: Value = serde_json::from_str(message.to_text().expect("text")).expect("JSON");
        if let Some(method) = event["method"].as_str() {
            self.heard.push(method.to_string());
            self.deeds.extend(deed(method, &event["params"]));
        }
        event
    }
}

/// A request, an error or a message, in words; the file itself is no such request.
fn deed(method: &str, event: &Value) -> Option<String> {
    match method {
        "Network.requestWillBeSent" => {
            let url = event["request"]["url"].as_str().unwrap_or_default();
            let is_page = url.starts_with("file://") && event["type"] == "Document";
            (!is_page && url != "about:blank").then(|| format!("request: {url}"))
        }
        "Log.entryAdded" => Some(format!("log: {}", event["entry"])),
        "Runtime.exceptionThrown" => Some(format!("exception: {}", event["exceptionDetails"])),
        "Runtime.consoleAPICalled" => Some(format!("console: {}", event["args"])),
        _ => None,
    }
}
