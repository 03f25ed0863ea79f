//! Helm (3.8 to 4) and ORAS, which it uses.

use super::layers::Effect::{During, Pushes, Says};
use super::layers::{Program, Rule};
use super::reading::Operation;
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "helm", rules: RULES };

const RULES: &[Rule] = &[
    Rule(r"(?:INSTALLATION|UPGRADE) FAILED", &[]),
    Rule(
        concat!(
            r#"(?:could not login to OCI registry "(?P<host>[^"]*)"|"#,
            r#"Error logging in to (?:v2 )?endpoint, trying next endpoint|Error logging in to v2 endpoint)"#,
        ),
        &[During(Operation::Login)],
    ),
    Rule(
        r#"failed to perform "(?:FetchReference|Resolve|Fetch|Exists)" on source"#,
        &[During(Operation::Resolve)],
    ),
    Rule(r#"failed to perform "\w+" on destination"#, &[During(Operation::Push), Pushes]),
    Rule(r"response status code (?P<status>\d{3})", &[]),
    Rule(r"failed to fetch (?P<url>https?://\S*[^\s:])", &[During(Operation::Resolve)]),
    Rule(
        r#"chart "[^"]*" (?:version "[^"]*" |matching \S+ )?not found in \S+(?: index| repository)?.*"#,
        &[Says(S::NotFound)],
    ),
    Rule(
        concat!(
            r#"(?:invalid reference|failed to parse reference): (?:missing registry or repository|"#,
            r#"invalid (?:registry|repository|tag|digest|reference)).*"#,
        ),
        &[Says(S::InvalidName)],
    ),
    Rule(
        r#"looks like "(?P<url>[^"]*)" is not a valid chart repository or cannot be reached"#,
        &[During(Operation::Ping)],
    ),
    Rule(r"credential required for basic auth|basic credential not found", &[Says(S::NoCredentialSent)]),
];
