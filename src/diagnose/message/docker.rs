//! The Docker daemon and client (1.12 to 28), and its registry client from
//! `github.com/distribution/distribution`.

use super::layers::Effect::{During, Fails, Pushes, Says};
use super::layers::{Program, Rule};
use super::reading::{FailureKind as F, Operation};
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "docker", rules: RULES };

const RULES: &[Rule] = &[
    Rule(r"Error response from daemon|docker|API error \(\d+\)", &[]),
    Rule(
        r"pull access denied for (?P<image>\S+), repository does not exist or may require 'docker login'",
        &[Says(S::AccessDenied)],
    ),
    Rule(r"pull access denied for (?P<image>\S+?),? .*", &[Says(S::AccessDenied)]),
    Rule(
        concat!(
            r"no matching manifest for \S+ in the manifest list entries|no matching manifest for .*|",
            r"image with reference \S+ was found but (?:its platform )?.*does not match the specified platform.*",
        ),
        &[Says(S::NoPlatform)],
    ),
    Rule(
        concat!(
            r"error pulling image configuration|Error pulling image \(\S+\) from \S*[^\s,:]|",
            r"download failed after attempts=\d+",
        ),
        &[During(Operation::Fetch)],
    ),
    Rule(r"failed to register layer", &[During(Operation::Unpack)]),
    Rule(r"Error processing tar file ?\(exit status \d+\)", &[During(Operation::Unpack)]),
    Rule(
        r"(?:unable to ping registry endpoint \S+|v\d ping attempt failed with error)",
        &[During(Operation::Ping)],
    ),
    Rule(
        r"login attempt to (?P<url>\S+) failed with status: (?P<status>\d{3})<phrase>",
        &[During(Operation::Login)],
    ),
    Rule(r"[0-9a-f]{12}: Push(?:ed|ing +\[.*)", &[Says(S::PushUnderway), Pushes]),
    Rule(r"[0-9a-f]{12}: (?:Preparing|Pushing|Layer already exists|Mounted from \S*)", &[Pushes]),
    Rule(r"The push refers to (?:a )?repository \[[^\]]*\]", &[During(Operation::Push), Pushes]),
    Rule(
        concat!(
            r"(?:filesystem layer verification failed for digest \S+|",
            r"missing signature key|manifest verification failed for digest \S+|",
            r"image config verification failed for digest \S+)",
        ),
        &[Says(S::Corrupt)],
    ),
    Rule(
        r"token auth attempt for registry: (?P<url>https?://\S+) request failed with status: (?P<status>\d{3})<phrase>",
        &[During(Operation::Authorize)],
    ),
    // Docker 1.0
    Rule(
        r"HTTP code (?P<status>\d{3}), Docker will not send auth headers over HTTP.*",
        &[Fails(F::HttpAnswered)],
    ),
    // The daemon wants the header of every push, and it is empty where the client knows no credential.
    Rule(r"(?:[Bb]ad parameters and )?missing X-Registry-Auth.*", &[Says(S::NoCredentialSent), Pushes]),
    Rule(r"layer does not exist|content digest \S+: not found", &[Says(S::StoreIncomplete)]),
    Rule(r"manifest for (?P<image>\S+) not found", &[Says(S::NotFound)]),
    Rule(r"No such image: (?P<image>\S*[^\s:])", &[Says(S::NotFound)]),
    Rule(
        r"Status (?P<status>\d{3}) trying to push repository (?P<image>\S*[^\s:])",
        &[During(Operation::Push), Pushes],
    ),
    Rule(
        r"Status (?P<status>\d{3}) trying to pull repository (?P<image>\S*[^\s:])",
        &[During(Operation::Resolve)],
    ),
    Rule(r"(?i-u:could not reach any registry endpoint)", &[Says(S::RegistryUnavailable)]),
    // Docker Content Trust
    Rule(
        concat!(
            r"(?:remote trust data does not exist|[Nn]o valid trust data|trust data unavailable|",
            r"could not validate the path to a trusted root).*",
        ),
        &[Says(S::SignatureRejected)],
    ),
    // dockershim
    Rule(r"(?i-u:cancel pulling image .*)", &[Fails(F::Deadline)]),
    Rule(
        r"repository (?P<image>\S+) not found: does not exist or no (?:pull|push) access",
        &[Says(S::AccessDenied)],
    ),
    Rule(r"Tag \S+ not found in repository (?P<image>\S*[^\s:])", &[Says(S::NotFound)]),
    Rule(
        r"(?i-u:error parsing http) (?:(?P<status>\d{3}) )?response(?: body)?|error unmarshalling content",
        &[Says(S::NotRegistry)],
    ),
    Rule(r"missing or empty Content-Type header", &[Says(S::NotRegistry)]),
    Rule(
        concat!(
            r"a Windows version \S+-based image is incompatible with a \S+ host|",
            r"image operating system \S+ cannot be used on this platform|",
            r"The (?:container )?operating system (?:of the container )?does not match the .*host.*",
        ),
        &[Says(S::NoPlatform)],
    ),
    Rule(
        concat!(
            r"mediaType in manifest should be .*|unsupported manifest media type and no default available.*|",
            r"invalid rootfs in image configuration",
        ),
        &[Says(S::UnreadableManifest)],
    ),
    Rule(
        concat!(
            r"(?i-u:cannot connect to the docker daemon|error during connect: ).*|",
            // Whatever program looks for the runtime's socket on the node.
            r#"[^:"'\n]{0,60}(?:endpoint|socket|connect to|daemon at) ["']?(?:unix://)?/[^\s"']*\.sock(?:["',: ].*)?|"#,
            r"(?:no )?[a-z]+ socket (?:not )?found(?:: .*)?",
        ),
        &[Says(S::RuntimeFailed)],
    ),
];
