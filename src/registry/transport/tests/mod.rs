//! The transport against real sockets on loopback.

mod credentials;
mod http;
mod names;
mod pinned;
mod pki;
mod proxies;
mod roots;
mod server;
mod targets;
mod tls;
mod world;
