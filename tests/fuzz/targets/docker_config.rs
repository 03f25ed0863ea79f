//! No configuration makes the reader panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regauth::registry::docker_config;

fuzz_target!(|data: &[u8]| {
    let _ = docker_config::parse(data);
    let _ = docker_config::parse_legacy(data);
});
