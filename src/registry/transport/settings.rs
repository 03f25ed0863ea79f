//! What bounds a transport, and what it trusts and goes through.

use std::path::PathBuf;
use std::time::Duration;

use super::{ProxyRules, Roots, resolve};
use crate::evidence::endpoint::Resolve;

/// The machine's own names.
const HOSTS_FILE: &str = if cfg!(windows) { r"C:\Windows\System32\drivers\etc\hosts" } else { "/etc/hosts" };

/// Where names, roots and proxies come from, and how long each phase may take.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Certificates that are trusted to sign.
    pub roots: Roots,
    /// Which requests go through which proxy.
    pub proxies: ProxyRules,
    /// The hosts file, which comes before DNS.
    pub hosts_file: PathBuf,
    /// The resolver's configuration.
    pub resolv_conf: PathBuf,
    /// How long each phase may take.
    pub timeouts: Timeouts,
    /// How many addresses of a name are tried; 1 to 8.
    pub connect_addresses: usize,
    /// Host names to which a server may send clients although they are this machine's own (loopback): a token
    /// service or storage beside a registry that somebody runs for a try. None unless somebody names them; other
    /// refused targets stay refused.
    pub loopback_targets: Vec<String>,
}

/// How long each phase may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// The look-up of a name, all its servers and search domains together.
    pub resolve: Duration,
    /// A TCP connection; all addresses are tried at once.
    pub connect: Duration,
    /// A TLS handshake.
    pub tls: Duration,
    /// From the request to the head of the answer; also the answer of a proxy to CONNECT.
    pub first_byte: Duration,
    /// From the request to the end of the answer's body.
    pub exchange: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            resolve: seconds(5),
            connect: seconds(5),
            tls: seconds(5),
            first_byte: seconds(10),
            exchange: seconds(30),
        }
    }
}

impl Settings {
    /// The machine's own: its files, and roots and proxies as Go programs find them in `environment`.
    pub fn of_this_machine(environment: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            roots: Roots::system(&environment),
            proxies: ProxyRules::from_environment(&environment),
            ..Self::bare()
        }
    }

    /// Looks a host's name up, as for every connection; a failure is in the result.
    pub async fn look_up(&self, host: &str) -> Resolve {
        resolve::resolve(host, &self.hosts_file, &self.resolv_conf, self.timeouts.resolve).await
    }

    /// The machine's files, no roots, no proxies.
    pub fn bare() -> Self {
        Self {
            roots: Roots::none(),
            proxies: ProxyRules::none(),
            hosts_file: HOSTS_FILE.into(),
            resolv_conf: "/etc/resolv.conf".into(),
            timeouts: Timeouts::default(),
            connect_addresses: super::MAX_ADDRESSES,
            loopback_targets: Vec::new(),
        }
    }
}
