//! Kaniko (with go-containerregistry) and BuildKit.

use super::layers::Effect::{During, Fails, Pushes, Says};
use super::layers::{Program, Rule};
use super::reading::{FailureKind as F, Operation};
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "builders", rules: RULES };

const RULES: &[Rule] = &[
    Rule(
        r#"(?:error )?checking push permissions?(?: for "(?P<image>[^"]*)")?"#,
        &[During(Operation::Push), Pushes],
    ),
    Rule(
        r"error pushing image|[Ff]ailed to push to destination (?P<image>\S*[^\s:])",
        &[During(Operation::Push), Pushes],
    ),
    Rule(r"failed to push (?P<image>\S*[^\s:])", &[During(Operation::Push), Pushes]),
    Rule(
        concat!(
            r"(?i-u:(?:failed to|unable to|cannot|error|tried to) push(?:ing)? (?:docker )?(?:image|artifact|manifest)|",
            r"push failed)",
        ),
        &[During(Operation::Push), Pushes],
    ),
    // The step of a chain, as crane, Tekton, Tilt and others name it.
    Rule(r#"(?:docker )?push(?:ing)?(?: image)?(?: "?(?P<image>[^\s":]\S*?)"?)?: "#, &[Pushes]),
    // BuildKit's log: the number of the step, its time; then what it does.
    Rule(r"#\d+ (?:\d+\.\d+ )?(?:pushing (?:layers|manifest for)[^\n]*)", &[Pushes]),
    Rule(r"#\d+ (?:\d+\.\d+ )?", &[]),
    Rule(r"pushing (?:layers|manifest for \S+)[^\n]*", &[Pushes]),
    Rule(r"creating push check transport for \S+ failed", &[During(Operation::Ping)]),
    Rule(r"resolving authorization for \S+ failed", &[During(Operation::Authorize)]),
    Rule(r"unsupported status code (?P<status>\d{3})", &[]),
    // go-containerregistry's `name`
    Rule(
        concat!(
            r"could not parse reference(?:: .*)?|registries must be valid RFC 3986 URI authorities.*|",
            r"(?:repository|tag) can only contain the (?:characters|runes) .*|",
            r"a (?:repository|tag|digest|registry) (?:name )?must .*",
        ),
        &[Says(S::InvalidName)],
    ),
    // What a client that pushes says when the other side gave up and it cannot tell why.
    Rule(r"io: read/write on closed pipe|cannot reuse body, request must be retried", &[Fails(F::Closed)]),
    Rule(
        r"unexpected status code (?P<status>\d{3}) [A-Z][A-Za-z]*(?: [A-Z][A-Za-z-]*)* \(HEAD responses have no body, use GET for details\)",
        &[],
    ),
    Rule(
        concat!(
            r"failed to (?:solve|build|export image|compute cache key|load cache key|read dockerfile|",
            r"checksum \S+|configure registry cache exporter)",
        ),
        &[],
    ),
    Rule(
        r"(?:retrieving|error fetching) (?:remote )?image(?: from \S+ remote \S*[^\s:])?",
        &[During(Operation::Resolve)],
    ),
    Rule(r"unable to (?:complete operation after \d+ attempts, last error=)", &[]),
    Rule(r"(?:no child with platform|no match for platform) .*", &[Says(S::NoPlatform)]),
    Rule(r"insufficient_scope: authorization failed|insufficient_scope", &[Says(S::AccessDenied)]),
];
