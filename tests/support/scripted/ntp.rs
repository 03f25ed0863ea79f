//! Time servers: one datagram comes, and what goes back is a function of it.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The length of a packet.
const LENGTH: usize = 48;
/// From NTP's first era to Unix time, in seconds.
const UNIX_EPOCH_SECONDS: i64 = 2_208_988_800;

/// A time server on loopback; it ends when it is dropped.
pub struct NtpServer {
    /// Where it listens.
    pub address: SocketAddr,
    requests: Arc<AtomicU32>,
    over: Arc<AtomicBool>,
}

impl NtpServer {
    /// Answers the request of that number (the first is 0) with these datagrams.
    pub fn start(answer: impl Fn(&[u8], u32) -> Vec<Vec<u8>> + Send + 'static) -> Self {
        Self::start_at("127.0.0.1:0", answer)
    }

    /// The same, at an address.
    pub fn start_at(address: &str, answer: impl Fn(&[u8], u32) -> Vec<Vec<u8>> + Send + 'static) -> Self {
        let socket = UdpSocket::bind(address).unwrap_or_else(|error| panic!("{address}: {error}"));
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a socket");
        let address = socket.local_addr().expect("an address");
        let (requests, over): (Arc<AtomicU32>, Arc<AtomicBool>) = Default::default();
        let server = Self { address, requests: requests.clone(), over: over.clone() };
        std::thread::spawn(move || {
            let mut bytes = [0; 1024];
            while !over.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut bytes) else { continue };
                let number = requests.fetch_add(1, Ordering::Relaxed);
                for datagram in answer(&bytes[..length], number) {
                    socket.send_to(&datagram, from).ok();
                }
            }
        });
        server
    }

    /// As users write it.
    pub fn name(&self) -> String {
        self.address.to_string()
    }

    /// How often it was asked.
    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }
}

impl Drop for NtpServer {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// The answer of a stratum 2 server whose clock is so many milliseconds ahead.
pub fn time(request: &[u8], ahead_ms: i64) -> Vec<u8> {
    let mut bytes = vec![0; LENGTH];
    bytes[0] = 4 << 3 | 4;
    bytes[1] = 2;
    bytes[2] = 6;
    bytes[3] = 0xe9;
    // 1 ms and 2 ms.
    bytes[4..8].copy_from_slice(&66_u32.to_be_bytes());
    bytes[8..12].copy_from_slice(&131_u32.to_be_bytes());
    bytes[12..16].copy_from_slice(&[192, 0, 2, 7]);
    bytes[24..32].copy_from_slice(&request[40..48]);
    for stamp in [32..40, 40..48] {
        bytes[stamp].copy_from_slice(&now(ahead_ms).to_be_bytes());
    }
    bytes
}

/// "Not synchronised", as chrony says it before it has a source.
pub fn unsynchronised(request: &[u8]) -> Vec<u8> {
    let mut bytes = time(request, 0);
    bytes[0] |= 3 << 6;
    bytes[1] = 0;
    bytes[12..16].fill(0);
    bytes
}

/// A kiss-of-death.
pub fn kiss(request: &[u8], code: &str) -> Vec<u8> {
    let mut bytes = unsynchronised(request);
    bytes[12..16].copy_from_slice(code.as_bytes());
    bytes
}

fn now(ahead_ms: i64) -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    let micros = i64::try_from(since.as_micros()).expect("a clock of our days") + ahead_ms * 1_000;
    let micros = i128::from(micros + UNIX_EPOCH_SECONDS * 1_000_000);
    u64::try_from((micros << 32).div_euclid(1_000_000).rem_euclid(1 << 64)).expect("64 bits")
}
