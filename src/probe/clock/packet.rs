//! The packets of SNTP: 48 bytes in either direction (RFC 5905, section 7.3; RFC 4330, sections 4 and 5).
//!
//! A pure function from bytes to what they say: what arrives at a UDP port is as hostile as it gets.

use std::ops::Range;

use jiff::Timestamp;

use crate::evidence::clock::ClockBounds;

/// The length of a packet without extensions, in bytes. Longer ones carry extension fields or a signature, which an
/// answer to this client has no reason to.
pub const LENGTH: usize = 48;
/// The largest datagram that is read: extensions are ignored, and more is no answer to what was asked.
pub const LONGEST: usize = 1024;

/// The version that is spoken: 4. Servers of version 3 answer with theirs.
const VERSION: u8 = 4;
/// Association modes (RFC 5905, figure 10).
const CLIENT: u8 = 3;
const SERVER: u8 = 4;
/// "Clock unsynchronised" (RFC 5905, figure 9).
const UNSYNCHRONISED: u8 = 3;

/// Seconds from the beginning of NTP's first era (1900) to that of Unix time (1970).
const UNIX_EPOCH: i64 = 2_208_988_800;
/// Between a server's two stamps of one request there may be no more than the whole round trip; coarse clocks (15.6 ms
/// of older Windows) make it look longer by up to one of their steps, in microseconds.
const COARSEST_STEP_US: i64 = 20_000;

/// A time of NTP: seconds since the beginning of an era, and 32 bits of their fraction. Eras last 136 years and are
/// not told apart on the wire: the second begins on 7 February 2036.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NtpTime(pub u64);

impl NtpTime {
    /// The stamp of a time, in whatever era it lies.
    pub fn of(at: Timestamp) -> Self {
        let micros = i128::from(at.as_microsecond()) + i128::from(UNIX_EPOCH) * 1_000_000;
        // What does not fit is the era.
        let stamp = (micros << 32).div_euclid(1_000_000).rem_euclid(1 << 64);
        Self(u64::try_from(stamp).unwrap_or_default())
    }

    /// No time: what a server leaves empty.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// This one minus the other, in microseconds, taken as less than 68 years either way: so the era does not matter
    /// (RFC 5905, section 6).
    pub fn minus_us(self, other: Self) -> i64 {
        let difference = i128::from(self.0.wrapping_sub(other.0).cast_signed());
        i64::try_from((difference * 1_000_000) >> 32).unwrap_or_default()
    }
}

/// What is sent: nothing but the version, the mode, and a random number in the place of the transmit time, which an
/// answer must repeat. The own time is nobody's business, and a number that cannot be guessed keeps those out who do
/// not see the request (draft-ietf-ntp-data-minimization).
pub fn request(nonce: NtpTime) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    bytes[0] = VERSION << 3 | CLIENT;
    bytes[40..].copy_from_slice(&nonce.0.to_be_bytes());
    bytes
}

/// Why a datagram is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Shorter than a packet, or far longer.
    #[error("its length is not that of an NTP packet")]
    Length,
    /// Neither version 3 nor 4.
    #[error("it speaks another version of NTP")]
    Version,
    /// A request, a broadcast or a control message.
    #[error("it is no server's answer, by its mode")]
    Mode,
    /// It does not repeat the number of the request: it answers another one, or is forged.
    #[error("it does not answer the request that was sent")]
    Origin,
    /// A field has a value that the specification does not allow.
    #[error("its fields contradict the specification")]
    Fields,
    /// The server claims to have worked longer on it than it was away.
    #[error("its times contradict each other")]
    Times,
}

/// A server's answer, as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The leap indicator; 3 is "not synchronised".
    pub leap: u8,
    /// 1 to 15; 0 and 16 are no time.
    pub stratum: u8,
    /// The reference: an IPv4 address, a part of a hash, or letters.
    pub reference: [u8; 4],
    /// The round trip to the reference clock, in microseconds.
    pub root_delay_us: i64,
    /// How far the server may be off beside that, in microseconds.
    pub root_dispersion_us: i64,
    /// When the request came, by the server's clock.
    pub received: NtpTime,
    /// When the answer went, by the server's clock.
    pub sent: NtpTime,
}

/// Reads the answer to the request with that number.
///
/// # Errors
///
/// What keeps it from being one: it is then as if nothing had come.
pub fn parse(bytes: &[u8], nonce: NtpTime) -> Result<Packet, NoAnswer> {
    if !(LENGTH..=LONGEST).contains(&bytes.len()) {
        return Err(NoAnswer::Length);
    }
    let (leap, version, mode) = (bytes[0] >> 6, bytes[0] >> 3 & 7, bytes[0] & 7);
    if !(3..=VERSION).contains(&version) {
        return Err(NoAnswer::Version);
    }
    if mode != SERVER {
        return Err(NoAnswer::Mode);
    }
    if time(bytes, 24..32) != nonce {
        return Err(NoAnswer::Origin);
    }
    let packet = Packet {
        leap,
        stratum: bytes[1],
        reference: word(bytes, 12..16).to_be_bytes(),
        root_delay_us: short(word(bytes, 4..8)),
        root_dispersion_us: short(word(bytes, 8..12)),
        received: time(bytes, 32..40),
        sent: time(bytes, 40..48),
    };
    match packet.is_sane() {
        true => Ok(packet),
        false => Err(NoAnswer::Fields),
    }
}

impl Packet {
    /// The four letters of a kiss-of-death (RFC 5905, section 7.4): a packet without time that says what the server
    /// wants instead. One that is merely not synchronised (chrony, before it has a source) has no letters there.
    pub fn kiss(&self) -> Option<&str> {
        let letters = self.stratum == 0 && self.reference.iter().all(u8::is_ascii_uppercase);
        std::str::from_utf8(&self.reference).ok().filter(|_| letters)
    }

    /// Whether it tells the time.
    pub fn is_time(&self) -> bool {
        (1..16).contains(&self.stratum) && self.leap != UNSYNCHRONISED
    }

    /// The root dispersion plus half the root delay, in microseconds (RFC 5905, section 11.1, without what grows on
    /// the way to this client).
    pub fn root_distance_us(&self) -> i64 {
        self.root_dispersion_us.saturating_add(self.root_delay_us / 2)
    }

    /// The reference as people write it: letters for stratum 0 and 1, else an IPv4 address, which for a server that
    /// asks over IPv6 is the beginning of a hash (RFC 5905, section 7.3).
    pub fn reference_text(&self) -> String {
        let letters: String =
            self.reference.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
        match self.stratum {
            0 | 1 if letters.chars().all(|letter| letter.is_ascii_graphic()) => letters,
            _ => std::net::Ipv4Addr::from(self.reference).to_string(),
        }
    }

    /// The server's clock minus the own: between `sent`, by the own clock, and `away_us` later it had the request.
    ///
    /// # Errors
    ///
    /// [`NoAnswer::Times`].
    pub fn offset(&self, sent: Timestamp, away_us: i64) -> Result<ClockBounds, NoAnswer> {
        let sent = NtpTime::of(sent);
        // Both stamps were made between the two ends; so the clock is off by at least one and at most the other.
        let low_us = self.sent.minus_us(sent).saturating_sub(away_us);
        let high_us = self.received.minus_us(sent);
        let worked_us = self.sent.minus_us(self.received);
        if worked_us < -COARSEST_STEP_US || worked_us > away_us.saturating_add(COARSEST_STEP_US) {
            return Err(NoAnswer::Times);
        }
        Ok(ClockBounds { low_us: low_us.min(high_us), high_us: high_us.max(low_us) })
    }

    /// What no server says that keeps to RFC 5905: strata beyond 16, a negative or boundless root distance, and a time
    /// without stamps.
    fn is_sane(&self) -> bool {
        if self.stratum > 16 {
            return false;
        }
        let bounded = self.root_delay_us >= 0
            && self.root_dispersion_us >= 0
            && self.root_distance_us() < MAX_ROOT_DISTANCE_US;
        let stamped = !self.received.is_zero() && !self.sent.is_zero();
        !self.is_time() || (stamped && bounded)
    }
}

/// `MAXDISP`: beyond this, nothing is known of the server's time (RFC 5905, appendix A.1), in microseconds.
const MAX_ROOT_DISTANCE_US: i64 = 16_000_000;

fn word(bytes: &[u8], range: Range<usize>) -> u32 {
    bytes[range].iter().fold(0, |all, byte| all << 8 | u32::from(*byte))
}

fn time(bytes: &[u8], range: Range<usize>) -> NtpTime {
    NtpTime(bytes[range].iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
}

/// NTP's short format, in microseconds: 16 bits of seconds, 16 of their fraction. RFC 5905 has it unsigned; the delay
/// was signed before, which shows as an impossibly large one.
fn short(bits: u32) -> i64 {
    (i64::from(bits.cast_signed()) * 1_000_000) >> 16
}
