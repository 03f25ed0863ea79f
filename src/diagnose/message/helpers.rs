//! Credential helpers, and the docker config that names them: `docker-credential-helpers`, the clients that call
//! them (Docker's, containers/image, Nomad, Google's), and what Go's `os` says of a config that is not there.

use super::layers::Effect::Says;
use super::layers::{Program, Rule};
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "credential helper", rules: RULES };

const RULES: &[Rule] = &[
    // Asked, and it has nothing.
    Rule(
        concat!(
            r#"(?:(?:[Ee]rror )?looking up credentials for \S+ in credential helper \S*[^\s:]|"#,
            r#"docker-credential-\S+ with input "[^"]*" failed with stderr): credentials not found.*"#,
        ),
        &[Says(S::HelperHasNone)],
    ),
    Rule(r"(?i-u:(?:error )?looking up credentials for) \S+ in credential helper", &[Says(S::HelperFailed)]),
    Rule(r"credentials not found in native keychain", &[Says(S::NoCredentialSent)]),
    Rule(
        r"(?i-u:error (?:getting|saving|storing|erasing|listing) credentials)(?: - err)?",
        &[Says(S::HelperFailed)],
    ),
    Rule(
        concat!(
            r#"(?:(?:invoking|error calling|calling|error executing|credential helper) "?docker-credential-[^\s:"]*"?|"#,
            // Docker's library for Python, Google's command for Docker, Nomad
            r#"(?:Credentials store docker-credential-\S+ exited with|Credentials store error|"#,
            r#"\(gcloud\.auth\.docker-helper\)|docker-credential-\S+ with input ".*" failed).*)"#,
        ),
        &[Says(S::HelperFailed)],
    ),
    Rule(
        concat!(
            r"docker-credential-\S+ (?:resolves to executable in current directory|",
            r"not installed or not available in PATH).*",
        ),
        &[Says(S::HelperMissing)],
    ),
    Rule(
        r#"exec: "docker-credential-[^"]*": (?:executable file not found|permission denied|exec format).*"#,
        &[Says(S::HelperMissing)],
    ),
    Rule(
        r"fork/exec /\S*docker-credential-\S+: (?:no such file|permission denied|exec format).*",
        &[Says(S::HelperMissing)],
    ),
    Rule(r#"exec: "docker-credential-[^"]*"(?:: .*)?"#, &[Says(S::HelperFailed)]),
    Rule(
        concat!(
            r#"(?:(?i-u:unable to|could not|cannot|failed to|error) (?:read|open|load|reading|opening|loading) |"#,
            r#"open |stat )"?/\S*(?:\.docker/config\.json|/\.dockercfg|containers/auth\.json)"?: "#,
            r#"(?:(?:open|stat) \S+: )?no such file or directory"#,
        ),
        &[Says(S::ConfigMissing)],
    ),
];
