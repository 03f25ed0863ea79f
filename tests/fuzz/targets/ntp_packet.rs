//! Answers of time servers are bounded, and an offset is an interval.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use regauth::probe::clock::packet::{NtpTime, parse};

fuzz_target!(|input: (u64, i32, i32, &[u8])| {
    let (nonce, sent, away_us, bytes) = input;
    let Ok(packet) = parse(bytes, NtpTime(nonce)) else { return };
    assert!(packet.stratum <= 16 && packet.leap <= 3);
    assert!(packet.reference_text().chars().all(|letter| letter.is_ascii_graphic()));
    assert!(packet.kiss().is_none() || !packet.is_time());
    if packet.is_time() {
        assert!((0..16_000_000).contains(&packet.root_distance_us()));
    }
    let sent = Timestamp::from_second(sent.into()).expect("within jiff's range");
    if let Ok(offset) = packet.offset(sent, away_us.unsigned_abs().into()) {
        assert!(offset.low_us <= offset.high_us);
    }
});
