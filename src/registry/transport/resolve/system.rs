//! The system's own resolver, where there is no file that says whom to ask. It tells less of why there is no address.

use std::io;
use std::net::IpAddr;

use super::dns::Answer;
use crate::evidence::endpoint::ResolveFailureKind as Kind;

/// Asks for all addresses of a name.
pub(super) async fn ask(host: &str) -> Answer {
    match tokio::net::lookup_host((host, 0)).await {
        Ok(found) => answered(found.map(|address| address.ip()).collect()),
        Err(error) => Answer::Failure(kind(&error), error.to_string()),
    }
}

fn answered(addresses: Vec<IpAddr>) -> Answer {
    match addresses.is_empty() {
        true => Answer::Failure(Kind::NoAddress, "the system's resolver has no address".to_string()),
        false => Answer::Addresses(addresses),
    }
}

/// By Windows' codes (`WSAHOST_NOT_FOUND`, `WSATRY_AGAIN`, `WSANO_DATA`).
fn kind(error: &io::Error) -> Kind {
    match error.raw_os_error() {
        Some(11001) => Kind::NoSuchName,
        Some(11002) => Kind::ServerFailed,
        Some(11004) => Kind::NoAddress,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_system_knows_this_machine() {
        let Answer::Addresses(addresses) = ask("localhost").await else { panic!("no address") };
        assert!(addresses.iter().all(IpAddr::is_loopback), "{addresses:?}");
    }

    #[test]
    fn windows_codes_are_told_apart() {
        let of = |code| kind(&io::Error::from_raw_os_error(code));
        assert_eq!(
            [of(11001), of(11002), of(11004)],
            [Kind::NoSuchName, Kind::ServerFailed, Kind::NoAddress]
        );
        assert_eq!(kind(&io::Error::other("x")), Kind::Other);
        assert!(matches!(answered(Vec::new()), Answer::Failure(Kind::NoAddress, _)));
    }
}
