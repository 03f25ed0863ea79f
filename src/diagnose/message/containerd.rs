//! containerd 1.6 to 2.4: `remotes/docker` (resolver, fetcher, authorizer), `client/pull.go`,
//! `core/transfer/local`, `core/unpack`, `core/content`, the CRI plugin. BuildKit and helm use its resolver,
//! too.

use super::layers::Effect::{During, Pushes, Says, Token};
use super::layers::{Program, Rule};
use super::reading::{Operation, TokenFetch};
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "containerd", rules: RULES };

const RULES: &[Rule] = &[
    Rule(r#"failed to pull (?:and unpack )?image "(?P<image>[^"]*)""#, &[]),
    Rule(r#"failed to resolve (?:reference|image) "(?P<image>[^"]*)""#, &[During(Operation::Resolve)]),
    Rule(r"failed to resolve ref (?P<image>\S*[^\s:])", &[During(Operation::Resolve)]),
    Rule(r"failed to resolve image", &[During(Operation::Resolve)]),
    Rule(r"failed to resolve source metadata for (?P<image>\S*[^\s:])", &[During(Operation::Resolve)]),
    Rule(r"failed to do request", &[]),
    // The authorizer. It says `oauth token` if and only if it had a secret to send (`doBearerAuth`).
    Rule(r"failed to authorize(?: redirect)?", &[During(Operation::Authorize)]),
    Rule(r"failed to fetch anonymous token", &[During(Operation::Authorize), Token(TokenFetch::Anonymous)]),
    Rule(r"failed to fetch oauth token", &[During(Operation::Authorize), Token(TokenFetch::WithCredential)]),
    Rule(r"(?:authorization failed: )?no basic auth credentials", &[Says(S::NoCredentialSent)]),
    // nginx before a registry.
    Rule(r"no user/password was provided for basic authentication", &[Says(S::NoCredentialSent)]),
    Rule(r"failed to handle basic auth because missing username or secret", &[Says(S::NoCredentialSent)]),
    Rule(
        r"authorization status: (?P<status>\d{3})",
        &[During(Operation::Authorize), Token(TokenFetch::WithCredential)],
    ),
    Rule(r"server message: insufficient_scope(?:: authorization failed)?", &[Says(S::AccessDenied)]),
    Rule(r"server message: invalid_token(?:: authorization failed)?", &[Says(S::TokenRefused)]),
    Rule(r"server message: \S+: authorization failed", &[Says(S::AccessDenied)]),
    Rule(r"authorization failed", &[Says(S::AccessDenied)]),
    Rule(
        r"pull access denied, repository does not exist or may require authorization",
        &[Says(S::AccessDenied)],
    ),
    Rule(
        r"push access denied, repository does not exist or may require authorization",
        &[Says(S::AccessDenied), Pushes],
    ),
    Rule(
        r"no realm specified for token auth challenge|invalid token auth challenge realm",
        &[Says(S::BadRealm)],
    ),
    Rule(
        concat!(
            r"failed to find supported auth scheme.*|unable to decode token response|",
            r"authorization server did not include a token in the response|failed to decode token response",
        ),
        &[Says(S::NotRegistry)],
    ),
    // Statuses
    Rule(
        r"unexpected status from (?P<method>[A-Z]+) request to (?P<url>\S*[^\s:]): (?P<status>\d{3})<phrase>",
        &[],
    ),
    Rule(
        r"pulling from host (?P<host>\S+) failed with (?:unexpected )?status code \[[^\]]*\]: (?P<status>\d{3})<phrase>",
        &[During(Operation::Resolve)],
    ),
    // Of a token service, by containerd 1.6. The phrase is the server's own.
    Rule(r"unexpected status: (?P<status>\d{3})<phrase>", &[]),
    Rule(r"unexpected (?:HEAD )?status code (?P<url>https?://\S*[^\s:]): (?P<status>\d{3})<phrase>", &[]),
    Rule(r"[Ss]erver message: ", &[]),
    Rule(r"- Server message", &[]),
    // Fetching
    Rule(r"failed to copy", &[During(Operation::Fetch)]),
    Rule(r"httpReadSeeker: failed open", &[During(Operation::Fetch)]),
    Rule(
        r"could not fetch content descriptor \S+ \([^)]*manifest[^)]*\) from remote: not found",
        &[Says(S::ContentMissing)],
    ),
    Rule(
        r"could not fetch content descriptor \S+ \([^)]*\) from remote: not found",
        &[Says(S::ContentMissing)],
    ),
    Rule(
        r"content at (?P<url>https?://\S*/blobs/\S*[^\s:]) not found(?:: not found)?",
        &[Says(S::ContentMissing)],
    ),
    Rule(r"content at (?P<url>https?://\S*[^\s:]) not found(?:: not found)?", &[Says(S::NotFound)]),
    Rule(r"(?:\S+/)?\S+(?::\S+|@sha256:[0-9a-f]+): not found", &[Says(S::NotFound)]),
    Rule(r"no (?:resolve|pull) hosts: not found", &[Says(S::RuntimeFailed)]),
    Rule(r"rejecting \d+ byte manifest for \S+", &[Says(S::Corrupt)]),
    Rule(r"no match for platform in manifest(?: sha256:[0-9a-f]+)?(?:: not found)?", &[Says(S::NoPlatform)]),
    Rule(
        concat!(
            r"media type \S+ is no longer supported since containerd v\d.*|",
            r"schema 1 image manifests are no longer supported.*|",
            r"Pulling Schema 1 images have been deprecated.*",
        ),
        &[Says(S::UnreadableManifest)],
    ),
    // A web page in a manifest's place: containerd takes whatever is answered with 200 and looks at its type later.
    Rule(r"unexpected media type text/html\S* for [^\s:]+:[^\s:]+(?:: not found)?", &[Says(S::NotRegistry)]),
    // Content
    // What is committed to a node's store fails for its bytes; a status is the answer to a push. The manifest is
    // pushed when all else is there.
    Rule(
        r#"failed commit on ref "(?:manifest|index)-[^"]*": unexpected status: (?P<status>401)<phrase>"#,
        &[During(Operation::Push), Pushes, Says(S::PushUnderway)],
    ),
    Rule(
        concat!(
            r#"failed commit on ref "[^"]*": unexpected status"#,
            r#"(?: from (?P<method>[A-Z]+) request to (?P<url>\S*[^\s:]))?: (?P<status>\d{3})<phrase>"#,
        ),
        &[During(Operation::Push), Pushes],
    ),
    Rule(r#"failed commit on ref "[^"]*""#, &[]),
    Rule(r"unexpected commit digest \S+, expected \S*[^\s:]", &[Says(S::Corrupt)]),
    Rule(r"unexpected commit size \S+, expected \S*[^\s:]", &[Says(S::Incomplete)]),
    Rule(r"failed size validation: \d+ != \d+", &[Says(S::Corrupt)]),
    Rule(r"short read: expected \d+ bytes but got \d+(?:: unexpected EOF)?", &[Says(S::Incomplete)]),
    Rule(r"read (?:past|exceeds) expected size \d+", &[Says(S::Corrupt)]),
    Rule(
        concat!(
            r"(?:wrong diff id|number of layers and diffIDs don't match|failed to validate archive quality|",
            r"mismatched image rootfs and manifest layers|unexpected media type \S+ for \S+).*",
        ),
        &[Says(S::Corrupt)],
    ),
    Rule(
        concat!(
            r"(?:archive/tar: invalid tar header|gzip: invalid (?:header|checksum)|zstd: .*|",
            r"flate: corrupt input.*|invalid magic|unpigz: .*corrupted.*)",
        ),
        &[Says(S::Corrupt)],
    ),
    Rule(
        r"failed to extract layer(?: \([^)]*\))?(?: sha256:[0-9a-f]+)?(?: to \S+ as \S*[^\s:])?",
        &[During(Operation::Unpack)],
    ),
    Rule(
        concat!(
            r"apply layer error for \S*[^\s:]|failed to apply layer|",
            r"failed to unpack(?: image on snapshotter(?: \S*[^\s:])?)?|unpack",
        ),
        &[During(Operation::Unpack)],
    ),
    Rule(
        concat!(
            r#"(?:unable to prepare extraction snapshot|failed to (?:prepare extraction (?:snapshot|layer)|"#,
            r#"commit snapshot|stat snapshot|mount|create snapshot|create prepare snapshot dir|"#,
            r#"create temp dir|stat parent|create active)\b[^:]*|failed to get reader from content store|"#,
            r#"failed to get stream processor.*|parent snapshot \S+ does not exist(?:: not found)?|"#,
            r#"missing parent (?:\S+ )?bucket(?:: not found)?|snapshotter not loaded(?:: .*)?|"#,
            r#"target snapshot \S+|no unpack platforms defined.*|unable to initialize unpacker)"#,
        ),
        &[During(Operation::Unpack), Says(S::RuntimeFailed)],
    ),
    Rule(
        concat!(
            r"locking ref \S+ failed|ref \S+ locked.*|failed to (?:open writer|create image reference|",
            r"update image store|get image [^a-z\s]\S*|create OCI registry)\b.*",
        ),
        &[Says(S::RuntimeFailed)],
    ),
    Rule(r"image verifier \S+ blocked pull of .*|blocking pull of .*", &[Says(S::SignatureRejected)]),
    // `remotes/docker/schema1`, of a manifest that was never signed.
    Rule(r"no signatures$", &[Says(S::UnreadableManifest)]),
    Rule(r#"failed to parse image reference "[^"]*"|invalid reference format.*"#, &[Says(S::InvalidName)]),
    Rule(r"invalid decoded auth.*|parse server address.*", &[Says(S::SecretMalformed)]),
    Rule(
        concat!(
            r"(?:failed to (?:load|read) (?:CA|cert|key) file|failed to load cert file|",
            r"failed to get system cert pool|get TLSConfig for registry .*|invalid registry endpoint.*|",
            r"failed to load X509 key pair).*",
        ),
        &[Says(S::RuntimeFailed)],
    ),
    Rule(r"(?:hcsshim|hcs)::.*", &[Says(S::RuntimeFailed)]),
    Rule(r"push is on-going.*", &[Says(S::RuntimeFailed)]),
];
