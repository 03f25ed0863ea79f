use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::packet::{LENGTH, LONGEST, NoAnswer, NtpTime, Packet, parse, request};
use crate::evidence::clock::ClockBounds;

const NONCE: NtpTime = NtpTime(0x0123_4567_89ab_cdef);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn later(at: Timestamp, micros: i64) -> Timestamp {
    at + SignedDuration::from_micros(micros)
}

/// A sound answer of a stratum 2 server whose clock shows these.
fn answer(received: Timestamp, sent: Timestamp) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    bytes[0] = 4 << 3 | 4;
    bytes[1] = 2;
    bytes[2..4].copy_from_slice(&[6, 0xe8]);
    // 10 ms and 20 ms, in 65,536ths of a second.
    bytes[4..8].copy_from_slice(&655_u32.to_be_bytes());
    bytes[8..12].copy_from_slice(&1_311_u32.to_be_bytes());
    bytes[12..16].copy_from_slice(&[192, 0, 2, 7]);
    bytes[24..32].copy_from_slice(&NONCE.0.to_be_bytes());
    bytes[32..40].copy_from_slice(&NtpTime::of(received).0.to_be_bytes());
    bytes[40..48].copy_from_slice(&NtpTime::of(sent).0.to_be_bytes());
    bytes
}

fn read(bytes: &[u8]) -> Packet {
    parse(bytes, NONCE).unwrap()
}

/// The sound answer with one byte set.
fn with(index: usize, byte: u8) -> [u8; LENGTH] {
    let now = at("2026-11-21T10:00:00Z");
    let mut bytes = answer(now, now);
    bytes[index] = byte;
    bytes
}

#[test]
fn a_request_says_nothing_but_that_it_is_one() {
    let bytes = request(NONCE);
    assert_eq!((bytes[0], &bytes[40..]), (0x23, &NONCE.0.to_be_bytes()[..]));
    assert!(bytes[1..40].iter().all(|byte| *byte == 0));
}

#[test]
fn stamps_are_what_the_specification_says() {
    assert_eq!(NtpTime::of(Timestamp::UNIX_EPOCH).0, 2_208_988_800 << 32);
    // RFC 5905, figure 4: the first day of NTP's second era.
    assert_eq!(NtpTime::of(at("2036-02-07T06:28:16Z")).0, 0);
    assert_eq!(NtpTime::of(at("1999-12-31T00:00:00.5Z")).0, 3_155_587_200 << 32 | 1 << 31);
}

#[test]
fn a_server_that_is_seven_seconds_ahead() {
    let sent = at("2026-11-21T10:00:00Z");
    let bytes = answer(later(sent, 7_002_000), later(sent, 7_003_000));
    let packet = read(&bytes);
    // Away for 5 ms, of which the server had 1: 2 ms to either side.
    let offset = packet.offset(sent, 5_000).unwrap();
    assert!((offset.low_us - 6_998_000).abs() <= 1 && (offset.high_us - 7_002_000).abs() <= 1, "{offset:?}");
    assert!((offset.uncertainty_us() - 2_000).abs() <= 1);
    assert!(packet.is_time() && packet.kiss().is_none());
    assert_eq!((packet.stratum, packet.leap, packet.reference_text().as_str()), (2, 0, "192.0.2.7"));
    assert!((packet.root_distance_us() - 25_000).abs() < 20, "{}", packet.root_distance_us());
}

#[test]
fn the_era_of_2036_does_not_matter() {
    let end = at("2036-02-07T06:28:16Z");
    for (own, theirs) in [(-1_000_000, 1_000_000), (1_000_000, -1_000_000), (5_000_000, 5_500_000)] {
        let bytes = answer(later(end, theirs), later(end, theirs + 1_000));
        let offset = read(&bytes).offset(later(end, own), 1_000).unwrap();
        assert!((offset.middle_us() - (theirs - own)).abs() <= 2, "{offset:?}");
    }
    // A machine without a battery wakes up in 1970.
    let now = at("2026-11-21T10:00:00Z");
    let offset = read(&answer(now, now)).offset(Timestamp::UNIX_EPOCH, 0).unwrap();
    assert_eq!(offset, ClockBounds::around(now.as_microsecond(), 0));
}

#[test]
fn what_answers_another_request_is_no_answer() {
    assert_eq!(parse(&with(31, 0), NONCE), Err(NoAnswer::Origin));
    let reflected = request(NONCE);
    assert_eq!(parse(&reflected, NONCE), Err(NoAnswer::Mode));
}

#[test]
fn what_is_no_server_of_version_3_or_4_is_no_answer() {
    for version in 0..8 {
        let expected = if version == 3 || version == 4 { Ok(()) } else { Err(NoAnswer::Version) };
        assert_eq!(parse(&with(0, version << 3 | 4), NONCE).map(drop), expected, "version {version}");
    }
    for mode in [0, 1, 2, 3, 5, 6, 7] {
        assert_eq!(parse(&with(0, 4 << 3 | mode), NONCE), Err(NoAnswer::Mode), "mode {mode}");
    }
}

#[test]
fn a_packet_has_its_length() {
    let bytes = with(1, 2);
    for length in [0, 1, 47] {
        assert_eq!(parse(&bytes[..length], NONCE), Err(NoAnswer::Length));
    }
    let mut long = bytes.to_vec();
    long.resize(LONGEST, 0xff);
    assert!(parse(&long, NONCE).is_ok(), "extensions are nobody's business here");
    long.push(0);
    assert_eq!(parse(&long, NONCE), Err(NoAnswer::Length));
}

#[test]
fn a_kiss_of_death_is_told_from_a_server_that_waits_for_its_own() {
    for code in ["RATE", "DENY", "RSTR"] {
        let mut bytes = with(1, 0);
        bytes[0] |= 3 << 6;
        bytes[12..16].copy_from_slice(code.as_bytes());
        bytes[32..].fill(0);
        let packet = read(&bytes);
        assert_eq!((packet.kiss(), packet.is_time()), (Some(code), false));
        assert_eq!(packet.reference_text(), code);
    }
    // chrony without a source and without `local`.
    let mut bytes = with(1, 0);
    bytes[0] |= 3 << 6;
    bytes[12..16].fill(0);
    let packet = read(&bytes);
    assert_eq!((packet.kiss(), packet.is_time(), packet.leap), (None, false, 3));
}

#[test]
fn not_synchronised_is_no_time_whichever_field_says_so() {
    assert!(!read(&with(1, 16)).is_time());
    assert!(!read(&with(0, 3 << 6 | 4 << 3 | 4)).is_time());
    assert!(read(&with(0, 1 << 6 | 4 << 3 | 4)).is_time(), "a leap second is announced");
}

#[test]
fn fields_that_no_server_has_are_no_answer() {
    for (index, byte) in [(1, 17), (1, 255), (4, 0x80), (8, 0xff), (4, 0x7f)] {
        assert_eq!(parse(&with(index, byte), NONCE), Err(NoAnswer::Fields), "byte {index}");
    }
    for stamp in [32..40, 40..48] {
        let mut bytes = with(1, 2);
        bytes[stamp].fill(0);
        assert_eq!(parse(&bytes, NONCE), Err(NoAnswer::Fields));
    }
}

#[test]
fn a_server_cannot_have_worked_longer_than_the_answer_took() {
    let sent = at("2026-11-21T10:00:00Z");
    let offset = |worked| read(&answer(sent, later(sent, worked))).offset(sent, 5_000);
    assert_eq!(offset(1_000_000), Err(NoAnswer::Times));
    assert_eq!(offset(-1_000_000), Err(NoAnswer::Times));
    let coarse = offset(15_600).unwrap();
    assert!(coarse.low_us <= coarse.high_us, "{coarse:?}");
}

#[test]
fn letters_of_a_reference_are_shown_only_where_they_are_some() {
    let mut bytes = with(1, 1);
    bytes[12..16].copy_from_slice(b"GPS\0");
    assert_eq!(read(&bytes).reference_text(), "GPS");
    bytes[12..16].copy_from_slice(b"\x1b[2J");
    assert_eq!(read(&bytes).reference_text(), "27.91.50.74");
}

proptest! {
    #[test]
    fn whatever_comes_it_is_read_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..120), sent: i32, away in 0_i64..10_000_000) {
        if bytes.len() >= LENGTH {
            bytes[0] = bytes[0] & 0xc0 | 4 << 3 | 4;
            bytes[24..32].copy_from_slice(&NONCE.0.to_be_bytes());
        }
        if let Ok(packet) = parse(&bytes, NONCE) {
            prop_assert!(packet.stratum <= 16 && packet.leap <= 3);
            prop_assert!(packet.reference_text().chars().all(|letter| letter.is_ascii_graphic()));
            if packet.is_time() {
                prop_assert!((0..16_000_000).contains(&packet.root_distance_us()));
            }
            if let Ok(offset) = packet.offset(Timestamp::from_second(sent.into()).unwrap(), away) {
                prop_assert!(offset.low_us <= offset.high_us);
            }
        }
    }

    #[test]
    fn the_true_offset_is_within_the_bounds(
        own in 0_i64..4_000_000_000, offset in -1_000_000_000_000_i64..1_000_000_000_000,
        there in 0_i64..500_000, worked in 0_i64..500_000, back in 0_i64..500_000,
    ) {
        let sent = Timestamp::from_second(own).unwrap();
        let received = later(sent, offset + there);
        let bytes = answer(received, later(received, worked));
        let bounds = read(&bytes).offset(sent, there + worked + back).unwrap();
        // A stamp's fraction is cut off.
        prop_assert!(bounds.low_us - 2 <= offset && offset <= bounds.high_us + 2, "{bounds:?}");
        prop_assert!((bounds.high_us - bounds.low_us - there - back).abs() <= 2);
    }
}
