//! Harbor's core and the Distribution registry: what their own logs say of tokens.

use super::layers::Effect::Says;
use super::layers::{Program, Rule};
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "harbor", rules: RULES };

const RULES: &[Rule] = &[
    Rule(r"failed to (?:decode bearer|verify) token", &[]),
    Rule(
        r"failed to decrypt robot token, (?:token has invalid claims: )?token is expired.*",
        &[Says(S::RobotTokenOver)],
    ),
    Rule(r"(?:parse token error|failed to decrypt robot token), ", &[]),
    Rule(
        concat!(
            r"(?:token (?:is |used )?(?:not valid yet|before issued)|",
            r"token not to be used before .* or after .*|token has invalid claims: token is not valid yet|",
            r"Token used before issued).*",
        ),
        &[Says(S::OutsideTimes)],
    ),
    Rule(
        r"(?:token not to be used after .*|(?:token has invalid claims: )?[Tt]oken is expired(?: by .*)?)",
        &[Says(S::TokenOver)],
    ),
    Rule(
        concat!(
            r"(?:token signed by untrusted key(?: with ID.*)?|crypto/rsa: verification error|",
            r"invalid token: .*verification.*|token signature is invalid.*)",
        ),
        &[Says(S::UnknownKey)],
    ),
    Rule(
        concat!(
            r"unable to get PrivateKey from PEM type.*|",
            r"Une?xep?e?cted error when creating the token, error: .*|",
            r"(?i-u:unexe?p?ected error when creating the token).*",
        ),
        &[Says(S::UnreadableKey)],
    ),
    Rule(r"failed to authenticate ?: \S+, ", &[]),
    // Whom a replication or a scan asks first; the realm that follows should be of the same host.
    Rule(r"failed to ping registry (?P<url>https?://\S*[^\s:])", &[]),
    Rule(r"failed to create adapter for (?:source |destination )?registry (?P<url>https?://\S*[^\s:])", &[]),
    // The page of the framework that the core is made with.
    Rule(r"<br>Powered by beego.*|Powered by beego.*", &[Says(S::HarborCore)]),
    Rule(r"(?i-u:(?:the )?robot account (?:\S+ )?(?:is )?disabled.*)", &[Says(S::RobotUnusable)]),
    Rule(r"(?i-u:(?:the )?robot account (?:\S+ )?(?:is |has )?expired.*)", &[Says(S::RobotTokenOver)]),
];
