//! github.com/containers/image (5.x) and what is built on it: CRI-O, Podman, Buildah, skopeo.

use super::layers::Effect::{During, Pushes, Says};
use super::layers::{Program, Rule};
use super::reading::Operation;
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "containers/image", rules: RULES };

const RULES: &[Rule] = &[
    Rule(
        r"(?i-u:unable to copy from source|(?:error )?(?:copying|pulling) image) docker://(?P<image>\S*[^\s:])",
        &[During(Operation::Resolve)],
    ),
    Rule(r"(?i-u:(?:error )?initializing source) \S+?://(?P<image>\S*[^\s:])", &[During(Operation::Resolve)]),
    Rule(
        concat!(
            r"(?i-u:(?:error )?(?:reading|",
            r"determining) manifest (?:MIME type for )?)(?:docker://)?\S+ in (?P<image>\S*[^\s:])",
        ),
        &[During(Operation::Resolve)],
    ),
    Rule(
        r#"(?i-u:error (?:parsing image name|inspecting|creating source)) "?docker://(?P<image>[^\s":]+(?::[0-9]+/[^\s":]*)?(?::[^\s":]+)?)"?"#,
        &[During(Operation::Resolve)],
    ),
    Rule(
        r"(?i-u:(?:error )?determining manifest MIME type for) \S+?://(?P<image>\S*[^\s:])",
        &[During(Operation::Resolve)],
    ),
    Rule(
        r"(?i-u:(?:error )?pinging (?:docker|container) registry) (?P<host>\S*[^\s:])",
        &[During(Operation::Ping)],
    ),
    Rule(
        concat!(
            r"(?i-u:copying system image from manifest list|(?:error )?parsing image configuration|",
            r"(?:error )?fetching (?:manifest|blob)|(?:error )?reading blob) ?(?:sha256:[0-9a-f]+)?",
        ),
        &[During(Operation::Fetch)],
    ),
    // A registry that answers to this is one that is copied to.
    Rule(
        r"(?i-u:(?:error )?trying to reuse blob) sha256:[0-9a-f]+ at destination",
        &[During(Operation::Push), Pushes],
    ),
    Rule(
        r"(?i-u:(?:error )?(?:initiating layer|uploading layer) (?:upload )?to) \S+?(?: in (?P<host>[^\s:,]+))?, status (?P<status>\d{3})",
        &[During(Operation::Push), Pushes],
    ),
    Rule(
        r"(?:[Ee]rror )?[Ii]nitiating layer upload to \S+ in (?P<host>[^\s:,]+(?::\d+)?)",
        &[During(Operation::Push), Pushes],
    ),
    Rule(
        concat!(
            r"(?i-u:(?:error )?(?:uploading (?:manifest|layer)|initiating layer upload|",
            r"copying image to the remote destination|initializing destination))",
        ),
        &[During(Operation::Push), Pushes],
    ),
    Rule(
        r#"(?i-u:(?:error )?(?:logging in ?to|authenticating creds for|authenticating to)) "(?P<host>[^"]*)""#,
        &[During(Operation::Login)],
    ),
    // What is written is a registry's only if a registry answers: a pull writes to the node's store.
    Rule(
        r"(?:[Ee]rror )?[Ww]riting (?:blob|manifest): (?:unable to retrieve auth token|[Rr]equesting bear?er token)",
        &[During(Operation::Authorize), Pushes],
    ),
    Rule(
        r"(?:[Ee]rror )?[Cc]hecking whether a blob \S+ exists in (?P<image>\S*[^\s:])",
        &[During(Operation::Push), Pushes],
    ),
    Rule(r"(?i-u:(?:error )?(?:writing blob|writing manifest|copying blob|adding layer with blob \S+))", &[]),
    Rule(
        concat!(
            r"(?:invalid status code from registry|unexpected http code:|StatusCode:|",
            r"[Ss]tatus code:) (?P<status>\d{3})(?: \([^)]*\)|, )?",
        ),
        &[],
    ),
    Rule(
        concat!(
            r"no matching signatures.*|cryptographic signature verification failed.*|",
            r"(?:image|signature) (?:verification|validation) failed.*|no (?:valid )?signatures? found.*",
        ),
        &[Says(S::SignatureRejected)],
    ),
    // The policy itself cannot be had, or what checks it does not work.
    Rule(
        concat!(
            r"no policy\.json file found.*|open \S*/policy\.json: .*|invalid policy in .*|",
            r"(?:verifying signatures: )?(?:Invalid crypto engine|Unsupported (?:crypto )?engine).*",
        ),
        &[Says(S::VerifierFailed)],
    ),
    Rule(r"registry \S+ is blocked in \S+registries\.conf.*", &[Says(S::MayBePolicy)]),
    Rule(r"can't talk to a V1 (?:container|docker) registry", &[Says(S::NotRegistry)]),
    Rule(
        r#"(?:unable to retrieve auth token|Requesting bear?er token|requesting bear?er token)"#,
        &[During(Operation::Authorize)],
    ),
    // Whatever it sent, also when that was nothing (`ErrUnauthorizedForCredentials`).
    Rule(r"invalid username/password", &[Says(S::WrongPasswordOrNone)]),
    Rule(r"too many requests to registry", &[Says(S::RateLimited)]),
    Rule(
        concat!(
            r#"(?:Error )?(?:choosing (?:an )?image (?:instance|"#,
            r#"from manifest list \S*[^\s:])): no image found in (?:manifest list|"#,
            r#"image index) for architecture .*"#,
        ),
        &[Says(S::NoPlatform)],
    ),
    Rule(r#"no image found in (?:manifest list|image index) for architecture .*"#, &[Says(S::NoPlatform)]),
    Rule(r#"(?i-u:image (?:architecture|operating system) mismatch): image uses .*"#, &[Says(S::NoPlatform)]),
    Rule(
        concat!(
            r"(?:Source image rejected|image rejected|A signature was required, but no signature exists|",
            r"Signature for identity \S+ is not accepted|Running image \S+ is rejected by policy).*",
        ),
        &[Says(S::SignatureRejected)],
    ),
    Rule(r"(?i-u:(?:error )?processing tar file\()", &[During(Operation::Unpack)]),
    Rule(
        r"(?i-u:(?:there might be|potentially) (?:not enough|insufficient) (?:IDs|UIDs or GIDs) available .*)",
        &[Says(S::RuntimeFailed)],
    ),
    Rule(
        concat!(
            r"(?:Manifest does not match provided manifest digest|Digest did not match|Blob size mismatch|",
            r"expected (?:\d+ bytes|digest)).*",
        ),
        &[Says(S::Corrupt)],
    ),
    Rule(r"(?:happened during read: )?(?:Digest did not match, expected \S+ got \S+)", &[Says(S::Corrupt)]),
    Rule(
        concat!(
            r#"(?i-u:short[- ]name(?: mode is enforcing, but image name .*| (?:resolution enforced|"#,
            r#""?\S+"? did not resolve to an alias)|s? .*ambiguous).*)"#,
        ),
        &[Says(S::InvalidName)],
    ),
    Rule(r#"Failed to parse image "[^"]*".*"#, &[Says(S::InvalidName)]),
    Rule(
        r#"(?:invalid reference (?:format|".*")|repo(?:sitory name)? must be lowercase|parsing reference ".*").*"#,
        &[Says(S::InvalidName)],
    ),
    Rule(
        concat!(
            r"Cannot overwrite digest \S+|(?i-u:layer not known|(?:error )?creating (?:read-write )?layer with ID .*|",
            r"unable to (?:commit|create) .*layer.*|database is locked)",
        ),
        &[Says(S::RuntimeFailed)],
    ),
    Rule(r"ApplyLayer (?:stdout: |exit status \d+ stdout:).*?stderr", &[During(Operation::Unpack)]),
    Rule(r"(?:write|open|mkdir|link|symlink|unlinkat|lchown|chmod) /\S*[^\s:]", &[]),
    Rule(r"copy \S+ \S*[^\s:]", &[]),
];
