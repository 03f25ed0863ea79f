//! What is asked of a core (Harbor 2.16; see `docs/harbor.md`).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Characters of a repository's name stand for themselves in paths and queries.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'/');

/// Where it says how it wants to be asked, and verifies what it is sent.
pub(super) const V2: &str = "/v2/";
/// Answers everybody, from the core itself.
pub(super) const PING: &str = "/api/v2.0/ping";
/// Version, URL and time; only with a login.
pub(super) const SYSTEM_INFO: &str = "/api/v2.0/systeminfo";
/// A token that grants nothing. Without a credential it is 401, with a wrong one, too.
pub(super) const LOGIN: &str = "/service/token?service=harbor-registry";
/// A token that anybody gets.
pub(super) const ANONYMOUS: &str =
    "/service/token?service=harbor-registry&scope=repository:library/regauth:pull";
/// A token that anybody gets and that grants nothing, for its project does not exist.
pub(super) const NO_PROJECT: &str =
    "/service/token?service=harbor-registry&scope=repository:regauth-no-such-project/none:pull";
/// A manifest that does not exist, in the project that everybody may read unless it was made private.
pub(super) const LIBRARY: &str = "/v2/library/regauth/manifests/latest";

/// A token for pulls from and pushes to a repository.
pub(super) fn push_token(repository: &str) -> String {
    format!("{LOGIN}&scope=repository:{}:pull,push", utf8_percent_encode(repository, NAME))
}

/// Where an upload is started.
pub(super) fn uploads(repository: &str) -> String {
    format!("/v2/{}/blobs/uploads/", utf8_percent_encode(repository, NAME))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_repositorys_name_cannot_leave_its_place() {
        assert_eq!(super::uploads("team/app"), "/v2/team/app/blobs/uploads/");
        assert_eq!(
            super::push_token("team/a&scope=registry:catalog:*"),
            "/service/token?service=harbor-registry&scope=repository:team/a%26scope%3Dregistry%3Acatalog%3A%2A:pull,push"
        );
    }
}
