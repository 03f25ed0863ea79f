//! Asks time servers: SNTP as RFC 4330 and RFC 5905 (section 14) have it, over UDP.
//!
//! A lone server that lies cannot be told from a clock that is off: several are compared by the rules.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time;

use super::packet::{self, NtpTime, Packet};
use super::server::TimeServer;
use crate::evidence::clock::{ClockBounds, NtpAnswer, NtpSeen};
use crate::evidence::{LastSeen, Outcome, Step};
use crate::registry::transport::Settings;
use crate::text::Clean;

/// No more addresses of a name than this are asked.
const MAX_ADDRESSES: usize = 3;
/// No more datagrams than this are read while an answer is awaited: others are forged, or late.
const MAX_STRAYS: usize = 32;

/// How servers are asked.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How many samples; the one with the shortest round trip counts.
    pub samples: u32,
    /// From one request to the next. ntpd refuses clients that ask more often than every two seconds
    /// (`discard minimum`), and many nodes of a cluster may look like one client to it.
    pub spacing: Duration,
    /// How long an answer is awaited.
    pub patience: Duration,
    /// How often a server is asked that does not answer: UDP loses packets.
    pub tries: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { samples: 4, spacing: Duration::from_secs(2), patience: Duration::from_millis(1_500), tries: 2 }
    }
}

/// Asks all servers at once; in their order.
pub(super) async fn ask_all(
    servers: &[String],
    settings: &Settings,
    pace: Pace,
    deadline: time::Instant,
) -> Vec<NtpSeen> {
    let mut asked = JoinSet::new();
    for (index, server) in servers.iter().cloned().enumerate() {
        let settings = settings.clone();
        asked.spawn(async move { (index, ask(server, &settings, pace, deadline).await) });
    }
    let mut seen: Vec<(usize, NtpSeen)> = asked.join_all().await;
    seen.sort_by_key(|(index, _)| *index);
    seen.into_iter().map(|(_, seen)| seen).collect()
}

/// What one server says, by the first of its addresses that answers.
async fn ask(server: String, settings: &Settings, pace: Pace, deadline: time::Instant) -> NtpSeen {
    let begun = Instant::now();
    let failed = |message: &str| Outcome::Failed { step: Step::Probe, message: Clean::new(message) };
    let addresses = match TimeServer::parse(&server) {
        Ok(parsed) => addresses(&parsed, settings).await,
        Err(error) => Err(Clean::new(&error.to_string())),
    };
    let addresses = match addresses {
        Ok(addresses) => addresses,
        Err(message) => {
            let outcome = Outcome::Failed { step: Step::Probe, message };
            return NtpSeen { server, address: String::new(), outcome };
        }
    };
    let mut last = (String::new(), failed("no address was asked"));
    for address in addresses {
        let came = time::timeout_at(deadline, samples(address, pace, deadline)).await;
        let outcome = match came {
            Ok(Ok(answer)) => Outcome::Seen { value: answer },
            Ok(Err(Silence::Failed(message))) => failed(&message),
            Ok(Err(Silence::TimedOut)) | Err(_) => Outcome::TimedOut {
                after_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
                last_seen: LastSeen::Running,
            },
        };
        let is_answer = matches!(outcome, Outcome::Seen { .. });
        last = (address.to_string(), outcome);
        if is_answer || time::Instant::now() >= deadline {
            break;
        }
    }
    NtpSeen { server, address: last.0, outcome: last.1 }
}

async fn addresses(server: &TimeServer, settings: &Settings) -> Result<Vec<SocketAddr>, Clean> {
    if let Ok(address) = server.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, server.port)]);
    }
    let resolve = settings.look_up(&server.host).await;
    if let Some(failure) = resolve.failure {
        return Err(Clean::new(&format!("its name has no address: {}", failure.message)));
    }
    let addresses = resolve.addresses.into_iter().take(MAX_ADDRESSES);
    Ok(addresses.map(|address| SocketAddr::new(address, server.port)).collect())
}

/// Why an address gave no answer.
enum Silence {
    TimedOut,
    Failed(String),
}

/// The samples of one address, made into one answer.
async fn samples(address: SocketAddr, pace: Pace, deadline: time::Instant) -> Result<NtpAnswer, Silence> {
    let mut best: Option<Sample> = None;
    let mut count = 0;
    for turn in 0..pace.samples.max(1) {
        let next = time::Instant::now() + pace.spacing;
        let tries = if turn == 0 { pace.tries.max(1) } else { 1 };
        match sample(address, pace, tries).await {
            Ok(sample) => {
                count += 1;
                // A server that has no time, or wants to be left alone, is asked no more.
                if sample.bounds.is_none() {
                    return Ok(last_word(best.as_ref(), &sample, count));
                }
                best = Some(best.take().filter(|best| best.away_us <= sample.away_us).unwrap_or(sample));
            }
            // One that has answered and now does not has lost a packet.
            Err(_) if best.is_some() => {}
            Err(silence) => return Err(silence),
        }
        // What there is counts more than one more that comes too late.
        if turn + 1 == pace.samples || next + pace.patience > deadline {
            break;
        }
        time::sleep_until(next).await;
    }
    best.map(|best| best.answer(count)).ok_or(Silence::TimedOut)
}

/// What the samples before a kiss-of-death said, or that nothing did.
fn last_word(best: Option<&Sample>, last: &Sample, count: u32) -> NtpAnswer {
    let kiss = last.packet.kiss().map(Clean::new);
    let answer = match best.filter(|_| kiss.is_some()) {
        Some(best) => best.answer(count - 1),
        None => last.answer(count),
    };
    NtpAnswer { kiss, ..answer }
}

/// One request and its answer.
struct Sample {
    packet: Packet,
    /// Where the server's clock is, if it tells the time.
    bounds: Option<ClockBounds>,
    /// From the request to the answer without the server's own share, in microseconds.
    away_us: i64,
}

impl Sample {
    fn answer(&self, samples: u32) -> NtpAnswer {
        let packet = &self.packet;
        NtpAnswer {
            offset: self.bounds.unwrap_or(ClockBounds::UNKNOWN),
            samples,
            stratum: packet.stratum,
            leap: packet.leap,
            root_distance_us: packet.root_distance_us(),
            reference: Clean::with_cap(&packet.reference_text(), 64),
            kiss: None,
        }
    }
}

/// Asks until there is an answer, at most `tries` times, each with a number of its own.
async fn sample(address: SocketAddr, pace: Pace, tries: u32) -> Result<Sample, Silence> {
    let mut silence = Silence::TimedOut;
    for _ in 0..tries {
        match exchange(address, pace.patience).await {
            Ok(sample) => return Ok(sample),
            Err(Silence::TimedOut) => {}
            Err(failure) => silence = failure,
        }
    }
    Err(silence)
}

/// One request from a port of its own, and the first datagram that answers it.
async fn exchange(address: SocketAddr, patience: Duration) -> Result<Sample, Silence> {
    let failed = |error: std::io::Error| Silence::Failed(words(&error));
    let own: SocketAddr = match address {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
    };
    let socket = UdpSocket::bind(own).await.map_err(failed)?;
    // From here on the kernel drops what comes from elsewhere.
    socket.connect(address).await.map_err(failed)?;
    let nonce = getrandom::u64().map_err(|_| Silence::Failed("the system has no random numbers".into()))?;
    let nonce = NtpTime(nonce);
    let until = time::Instant::now() + patience;
    // What the clock does from here on is not seen: the answer's arrival is told by another that only goes on.
    let (sent, begun) = (Timestamp::now(), Instant::now());
    socket.send(&packet::request(nonce)).await.map_err(failed)?;
    let mut bytes = [0; packet::LONGEST + 1];
    let mut stray = None;
    for _ in 0..MAX_STRAYS {
        let Ok(came) = time::timeout_at(until, socket.recv(&mut bytes)).await else { break };
        let length = came.map_err(failed)?;
        let elapsed_us = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
        match read(&bytes[..length], nonce, sent, elapsed_us) {
            Ok(sample) => return Ok(sample),
            // Anybody can send something; the answer may still come.
            Err(error) => stray = Some(error),
        }
    }
    Err(stray.map_or(Silence::TimedOut, |why| {
        Silence::Failed(format!("what it sends is no answer of a time server: {why}"))
    }))
}

fn read(bytes: &[u8], nonce: NtpTime, sent: Timestamp, elapsed_us: i64) -> Result<Sample, packet::NoAnswer> {
    let packet = packet::parse(bytes, nonce)?;
    let bounds = packet.is_time().then(|| packet.offset(sent, elapsed_us)).transpose()?;
    let away_us = bounds.map_or(elapsed_us, |bounds| bounds.high_us.saturating_sub(bounds.low_us));
    Ok(Sample { packet, bounds, away_us })
}

/// An error of the system in words that say what it means here.
fn words(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::ConnectionRefused => "nothing listens at the port: no time server".into(),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => "there is no way to it".into(),
        ErrorKind::PermissionDenied => "this machine does not let the request out".into(),
        kind => format!("it cannot be asked: {kind}"),
    }
}
