//! A transport whose names, roots and times are the test's own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ::http::Request;
use bytes::Bytes;

use crate::evidence::endpoint::{Endpoint, Role, Scheme};
use crate::registry::transport::{Origin, Response, SendError, Settings, Timeouts, Transport};

/// The name of the server in the hosts file of [`World::new`].
pub const HOST: &str = "registry.test";

/// A folder with a hosts file and a resolver's configuration, gone at the end.
pub struct World {
    folder: PathBuf,
    pub settings: Settings,
}

impl World {
    /// [`HOST`] is on loopback by the hosts file; there is no name server, and no wait is longer than a few
    /// seconds.
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("regauth-transport-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let seconds = Duration::from_secs;
        let settings = Settings {
            hosts_file: folder.join("hosts"),
            resolv_conf: folder.join("resolv.conf"),
            timeouts: Timeouts {
                resolve: seconds(3),
                connect: seconds(3),
                tls: seconds(3),
                first_byte: seconds(3),
                exchange: seconds(6),
            },
            ..Settings::bare()
        };
        let world = Self { folder, settings };
        world.write("hosts", &format!("127.0.0.1 {HOST} proxy.test other.test\n"));
        world.write("resolv.conf", "nameserver 127.0.0.1:9\n");
        world
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// Waits that are over soon, for servers that never answer.
    pub fn impatient(mut self) -> Self {
        let short = Duration::from_millis(300);
        self.settings.timeouts =
            Timeouts { resolve: short * 3, connect: short, tls: short, first_byte: short, exchange: short };
        self
    }

    pub fn transport(&self) -> Transport {
        Transport::new(self.settings.clone())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

pub fn https(port: u16) -> Origin {
    Origin::new(Scheme::Https, HOST, port)
}

pub fn http(port: u16) -> Origin {
    Origin::new(Scheme::Http, HOST, port)
}

/// `GET /v2/`, without credentials.
pub fn request() -> Request<Bytes> {
    Request::get("/v2/").body(Bytes::new()).expect("a request")
}

/// `GET /v2/` with a password.
pub fn with_password() -> Request<Bytes> {
    Request::get("/v2/").header("Authorization", "Basic aHVudGVyMg==").body(Bytes::new()).expect("a request")
}

pub async fn get(transport: &mut Transport, origin: &Origin) -> Result<Response, SendError> {
    transport.send(origin, Role::Registry, request(), 1024).await
}

/// The endpoint of an origin that was contacted.
pub fn endpoint<'a>(transport: &'a Transport, origin: &Origin) -> &'a Endpoint {
    &transport.endpoints()[transport.endpoint_index(origin).expect("an endpoint")]
}
