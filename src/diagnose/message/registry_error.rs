//! What a registry, or what stands in its place, answers: status codes, error codes, bodies.

use super::layers::Effect::Says;
use super::layers::{Program, Rule};
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "registry", rules: RULES };

const RULES: &[Rule] = &[
    // Status lines. The phrase is optional, and the server's own to choose.
    Rule(r"(?i-u:(?:un)?expected status(?: code)?) (?P<status>[1-5]\d\d)(?-u:\b)<phrase>", &[]),
    Rule(r"(?i-u:unrecognized http status): (?P<status>[1-5]\d\d)<phrase>", &[]),
    Rule(r"(?i-u:(?:received )?unexpected http status(?: code)?): (?P<status>[1-5]\d\d)<phrase>", &[]),
    Rule(
        r"(?i-u:(?:http )?(?:response )?status(?:[ _]?code)?)\s*[:= ]+'?(?P<status>[45]\d\d)'?<phrase>",
        &[],
    ),
    Rule(
        concat!(
            r"(?P<status>[45]\d\d) (?i-u:unauthorized|forbidden|not found|bad request|",
            r"proxy authentication required|too many requests|method not allowed|not acceptable|conflict|gone|",
            r"precondition failed|payment required|request entity too large|unavailable for legal reasons|",
            r"internal server error|not implemented|bad gateway|service unavailable|",
            r"service temporarily unavailable|gateway time-?out|insufficient storage|",
            r"http version not supported|authenticationrequired|i'm a teapot|misdirected request|",
            r"range not satisfiable|requested range not satisfiable|unsupported media type|locked)",
        ),
        &[],
    ),
    Rule(r"(?P<status>[45]\d\d)(?:$|:| \.)", &[]),
    // Distribution's client of 3.x; Harbor's client; go-containerregistry's `map[…]` of what was detailed.
    Rule(r"http: non-successful response \(status=(?P<status>\d{3}) body=", &[]),
    Rule(r"(?i-u:http error: code) (?P<status>\d{3})(?:, message)?", &[]),
    Rule(r"map\[description:HTTP (?P<status>[45]\d\d)<phrase>", &[]),
    Rule(r"URL: (?P<url>https?://\S*[^\s,])", &[]),
    Rule(r"URL (?P<url>https?://\S+) returned error(?: code)?", &[]),
    // `code: message`, as the registry API's clients print an error (Distribution's `errcode`,
    // go-containerregistry).
    Rule(r"(?P<code>(?i-u:toomanyrequests|too_many_requests))(?:$|:)", &[Says(S::RateLimited)]),
    Rule(
        concat!(
            r"(?P<code>(?i-u:manifest[ _]unknown|manifest[ _]not[ _]found|",
            r"tag[ _]expired))(?:: (?P<message>.*))?",
        ),
        &[],
    ),
    // What follows may say that the tag may not be written.
    Rule(r"(?P<code>(?i-u:tag[ _]invalid))(?:$|:)", &[]),
    Rule(
        concat!(
            r"(?P<code>(?i-u:name[ _]unknown|",
            r"repository[ _]name[ _]not[ _]known(?: to registry)?))(?:: (?P<message>[^:]*))?",
        ),
        &[],
    ),
    Rule(r"(?P<code>(?i-u:name[ _]invalid))(?:: (?P<message>.*))?", &[]),
    // What follows may be the true reason: a policy, a status of what is behind the registry.
    Rule(r"(?P<code>(?i-u:blob[ _]unknown|unknown blob|manifest[ _]blob[ _]unknown))(?:$|:|[ ,])", &[]),
    Rule(
        concat!(
            r"(?P<code>(?i-u:digest[ _]invalid|size[ _]invalid|manifest[ _]invalid|manifest[ _]unverified|",
            r"blob[ _]upload[ _]unknown|blob[ _]upload[ _]invalid))(?:$|:|[ ,;])",
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
    Rule(r"(?P<code>(?i-u:unsupported|unavailable|unknown|preconditionfailed|precondition)): ", &[]),
    Rule(r"(?P<code>(?i-u:authorization token required|authentication (?:is )?required))", &[]),
];
