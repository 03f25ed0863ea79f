//! What a registry, or what stands in its place, answers: status codes, error codes, challenges.

use serde_json::Value;

use super::layers::Effect::{Pushes, Says};
use super::layers::{Program, Rule};
use super::reading::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "registry", rules: RULES };

const RULES: &[Rule] = &[
    // Status lines. The phrase is optional, and the server's own to choose.
    Rule(r"(?i-u:(?:un)?expected status(?: code)?) (?P<status>[45]\d\d)(?-u:\b)<phrase>", &[]),
    Rule(r"(?i-u:(?:received )?unexpected http status(?: code)?): (?P<status>[1-5]\d\d)<phrase>", &[]),
    Rule(
        r"(?i-u:(?:http )?(?:response )?status(?:[ _]?code)?)\s*[:= ]+'?(?P<status>[45]\d\d)'?<phrase>",
        &[],
    ),
    Rule(
        concat!(
            r"(?P<status>[45]\d\d) (?:Unauthorized|Forbidden|Not Found|Bad Request|",
            r"Proxy Authentication Required|Too Many Requests|Method Not Allowed|Not Acceptable|Conflict|Gone|",
            r"Precondition Failed|Payment Required|Request Entity Too Large|Unavailable For Legal Reasons|",
            r"Internal Server Error|Not Implemented|Bad Gateway|Service Unavailable|",
            r"Service Temporarily Unavailable|Gateway Time-?out|Insufficient Storage|",
            r"HTTP Version Not Supported|authenticationrequired|I'm a teapot|Misdirected Request|",
            r"Range Not Satisfiable|Requested Range Not Satisfiable|Unsupported Media Type|Locked)",
        ),
        &[],
    ),
    Rule(r"(?P<status>[45]\d\d)(?:$|:| \.)", &[]),
    Rule(r"URL (?P<url>https?://\S+) returned error(?: code)?", &[]),
    // `code: message`, as the registry API's clients print an error (Distribution's `errcode`,
    // go-containerregistry).
    Rule(
        r"(?P<code>(?i-u:toomanyrequests|too_many_requests))(?:: (?P<message>.*))?",
        &[Says(S::RateLimited)],
    ),
    Rule(
        concat!(
            r"(?P<code>(?i-u:manifest[ _]unknown|tag[ _]invalid|",
            r"manifest[ _]not[ _]found))(?:: (?P<message>.*))?",
        ),
        &[],
    ),
    Rule(
        concat!(
            r"(?P<code>(?i-u:name[ _]unknown|",
            r"repository[ _]name[ _]not[ _]known(?: to registry)?))(?:: (?P<message>[^:]*))?",
        ),
        &[],
    ),
    Rule(r"(?P<code>(?i-u:name[ _]invalid))(?:: (?P<message>.*))?", &[]),
    Rule(r"(?P<code>(?i-u:blob[ _]unknown|manifest[ _]blob[ _]unknown))(?:: (?P<message>.*))?", &[]),
    Rule(
        concat!(
            r"(?P<code>(?i-u:digest[ _]invalid|size[ _]invalid|manifest[ _]invalid|manifest[ _]unverified|",
            r"blob[ _]upload[ _]unknown|blob[ _]upload[ _]invalid))(?:: (?P<message>.*))?",
        ),
        &[],
    ),
    Rule(
        r"(?P<code>PROJECTPOLICYVIOLATION|PROJECT_POLICY_VIOLATION|QUOTA_EXCEEDED)(?:: (?P<message>.*))?",
        &[Says(S::Policy)],
    ),
    Rule(r"(?P<code>(?i-u:unauthorized))(?:$|:|\.)", &[]),
    Rule(r"(?P<code>(?i-u:denied))(?:$|:|\.)", &[]),
    Rule(r"(?P<code>FORBIDDEN|PERMISSION_DENIED)(?:$|:|\.)", &[]),
    Rule(r"(?P<code>(?i-u:unsupported|unavailable|unknown)): ", &[]),
    // What stands behind a code
    Rule(r"(?i-u:authentication required|authentication is required|access to the resource is denied$)", &[]),
    Rule(r"(?i-u:requested access to the resource is denied)", &[Says(S::AccessDenied)]),
    Rule(
        concat!(
            r"(?i-u:incorrect username or password|invalid username(?:/| or )password|",
            r"wrong username or password|bad username or password|bad credentials|invalid credentials|",
            r"invalid username, password or email|authentication failed|http basic: access denied.*|",
            r"could not find robot with .*|access denied: invalid (?:user|login|credential)|",
            r"username or password is incorrect|personal access token is (?:invalid|not valid))",
        ),
        &[Says(S::WrongPassword)],
    ),
    Rule(r"(?i-u:unauthorized to access repository: \S+, action: \S*push\S*)", &[Pushes]),
    Rule(
        r"(?i-u:your request could not be authenticated by the github packages service)",
        &[Says(S::Invalid)],
    ),
    Rule(r"(?i-u:access token has insufficient scopes)", &[Says(S::NotPermitted)]),
    Rule(r"(?i-u:permission_denied: (?:write|create|delete)_package.*)", &[Says(S::NotPermitted), Pushes]),
    Rule(r"(?i-u:installation not allowed to (?:create|write) .*)", &[Says(S::NotPermitted), Pushes]),
    Rule(
        r"(?i-u:permission_denied: read_package.*|installation not allowed to read .*)",
        &[Says(S::NotPermitted)],
    ),
    Rule(
        r"(?i-u:permission_denied: .*|(?:the )?token (?:provided )?does not match expected scopes)",
        &[Says(S::ScopeMissing)],
    ),
    Rule(
        concat!(
            r"(?i-u:you don't have the needed permissions to perform this operation.*|",
            r"the client does not have permission.*|user does not have permission.*|",
            r"insufficient permissions?.*|not authorized to .*|access forbidden|",
            r"access to the requested resource is not authorized)",
        ),
        &[Says(S::AccessDenied)],
    ),
    Rule(
        concat!(
            r"(?i-u:your authorization token has expired.*|(?:the |your )?(?:personal access token|",
            r"security token|credentials?|password)(?: included in the request)? (?:has |is |have |",
            r"are )*expired.*)",
        ),
        &[Says(S::Expired)],
    ),
    Rule(
        concat!(
            r"(?i-u:(?:the )?(?:access |refresh |authorization |authentication |identity )?token (?:has |is |",
            r"was )*expired|jwt (?:is )?expired|expired token)",
        ),
        &[Says(S::TokenExpired)],
    ),
    Rule(r"(?i-u:client with ip '\S*' is not allowed access.*)", &[Says(S::AddressRefused)]),
    Rule(
        concat!(
            r"(?i-u:the security token included in the request is invalid|",
            r"not authorized\. not authenticated.*|user cannot be authenticated with the token provided|",
            r"the token is invalid|invalid authorization token)",
        ),
        &[Says(S::Invalid)],
    ),
    Rule(
        concat!(
            r"(?i-u:(?:user |account )?(?:is )?(?:too many (?:failed )?login attempts|account (?:is |",
            r"has been )?(?:temporarily )?locked|temporarily blocked from (?:logging in|accessing).*).*)",
        ),
        &[Says(S::Locked)],
    ),
    Rule(
        concat!(
            r"(?i-u:repository name not known to registry|repository (?:\S+ )?(?:not found|",
            r"does not exist)(?: in the registry.*)?|the repository with name .* does not exist.*|(?:project|",
            r"repository) \S+ not found(?: or deleted)?|no such repository.*|name not known to registry|",
            r"artifact \S+ not found)",
        ),
        &[Says(S::NoSuchRepository)],
    ),
    Rule(
        concat!(
            r"(?i-u:requested image not found|manifest for \S+ (?:is )?not found|image .* not found|",
            r"tag \S+ not found|not found)",
        ),
        &[Says(S::NotFound)],
    ),
    Rule(
        concat!(
            r"(?i-u:you have reached your (?:unauthenticated )?pull rate limit.*|too many requests.*|",
            r"rate exceeded|rate limit exceeded.*|(?:throttling|throttlingexception|toomanyrequestsexception|",
            r"requestlimitexceeded)(?:: .*)?|quota exceeded for quota .*|download (?:limit|",
            r"rate limit) .*exceeded.*|you have exceeded .*rate limit.*)",
        ),
        &[Says(S::RateLimited)],
    ),
    Rule(
        concat!(
            r"(?i-u:adding .* of storage resource, which .*|(?:upload|will|would) .*exceed.*(?:quota|",
            r"storage).*|[^:]*storage quota exceeded.*|quota exceeded.*)",
        ),
        &[Says(S::Policy)],
    ),
    Rule(
        concat!(
            r"(?i-u:the system is in read[- ]only mode.*|registry is in read[- ]only mode.*|read[- ]only mode|",
            r"can not push artifact to a proxy project.*|[^:]*maintenance mode.*)",
        ),
        &[Says(S::ReadOnly)],
    ),
    Rule(
        r#"current image (?:with|without) .*cannot be pulled due to configured policy.*"#,
        &[Says(S::Policy)],
    ),
    Rule(
        concat!(
            r"(?i-u:tag is immutable.*|[^:]*image tag '\S+' already exists .* immutable.*|",
            r"[^:]*configured as immutable.*)",
        ),
        &[Says(S::Policy)],
    ),
    Rule(r#""?unknown error"?"#, &[Says(S::ServerError)]),
    Rule(
        concat!(
            r"(?i-u:internal server error|service unavailable|upstream connect error.*|no healthy upstream|",
            r"the server is currently unavailable.*)",
        ),
        &[Says(S::ServerError)],
    ),
    Rule(r"(?i-u:<!doctype html|<html|<head|<title)", &[Says(S::NotRegistry)]),
    Rule(r"(?i-u:proxy authentication required|authenticationrequired)", &[Says(S::ProxyRefused)]),
];

/// The errors in a JSON answer: the registry API's `errors`, the token service's `error` with
/// `error_description`, the Docker daemon's `message`; each as a code, which may be empty, and a text.
pub(super) fn errors(value: &Value) -> Vec<(String, String)> {
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let listed = value.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut out: Vec<_> =
        listed.iter().take(16).map(|error| (text(error, "code"), text(error, "message"))).collect();
    for name in ["error_description", "message", "details", "detail", "error"] {
        let said = text(value, name);
        if !said.is_empty() {
            out.push((String::new(), said));
        }
    }
    out
}
