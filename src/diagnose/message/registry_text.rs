//! What registries say in words, mostly behind a code: Docker Hub, Harbor, Quay, GitLab, GitHub, Artifactory,
//! Nexus. The clouds' own are in `cloud`.

use super::layers::Effect::{Pushes, Says};
use super::layers::{Program, Rule};
use super::sign::SignKind as S;

pub(super) const CREDENTIALS: Program = Program { name: "registry", rules: CREDENTIAL_RULES };
pub(super) const REFUSALS: Program = Program { name: "registry", rules: REFUSAL_RULES };

const CREDENTIAL_RULES: &[Rule] = &[
    Rule(r"(?i-u:access to the resource is denied$)", &[]),
    Rule(r"(?i-u:requested access to the resource is denied)", &[Says(S::AccessDenied)]),
    Rule(
        concat!(
            r"(?i-u:incorrect username or password|invalid username or password|",
            r"wrong username or password|bad username or password|bad[ _]credentials?|invalid credentials|",
            r"invalid username, password or email|authentication failed|http basic: access denied.*|",
            r"could not find robot with .*|access denied: invalid (?:user|login|credential)|",
            r"username or password is incorrect|personal access token is (?:invalid|not valid)|",
            r"your account must log in with a personal access token.*|wrong username was used|",
            r"please use (?:a )?personal access tokens?.*|aad access token .*failed.*|",
            r"unable to parse json key.*|",
            r"invalid client ?id or client secret|token failed verification.*|",
            r"failed to authenticate (?:user|robot).*|invalid authorization credential|",
            r"authentication failure)",
        ),
        &[Says(S::WrongPassword)],
    ),
    Rule(
        r"(?i-u:your request could not be authenticated by the github packages service)",
        &[Says(S::Invalid)],
    ),
    Rule(
        concat!(
            r"(?i-u:the security token included in the request is invalid|",
            r"not authorized\. not authenticated.*|user cannot be authenticated with the token provided|",
            r"the token is invalid|invalid authorization token|unauthenticated$)",
        ),
        &[Says(S::Invalid)],
    ),
    Rule(
        concat!(
            r"(?i-u:your authorization token has expired.*|(?:the |your )?(?:personal access token|",
            r"credentials?|password)(?: included in the request)? (?:has |is |have |",
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
    Rule(r"(?i-u:too many (?:failed )?(?:login|authentication) attempts.*)", &[Says(S::TooManyLogins)]),
    Rule(
        concat!(
            r"(?i-u:(?:(?:user|account) )?(?:\S+ )?(?:is |has been )?(?:temporarily )?(?:locked (?:out|due|until).*|",
            r"blocked from (?:logging in|accessing).*)|account (?:is |has been )?(?:temporarily )?locked.*|",
            r"user \S+ is locked.*)",
        ),
        &[Says(S::Locked)],
    ),
    // The Distribution registry's own log.
    Rule(r"error authorizing context: insufficient scope", &[Says(S::AccessDenied)]),
    Rule(r"error authorizing context", &[]),
    Rule(r"invalid token(?:$| )", &[Says(S::TokenRefused)]),
    // Who asked, by name or as nobody
    Rule(
        concat!(
            r"(?i-u:anonymous (?:users?|callers?|access) (?:is|are|do|does) .*|",
            r".* is forbidden for user: '?anonymous.*)",
        ),
        &[Says(S::NoCredentialSent)],
    ),
    Rule(r"(?i-u:.* is forbidden for user: .*)", &[Says(S::ReadNotPermittedOrMissing)]),
    // Rights
    Rule(r"(?i-u:unauthorized to access repository: \S+, action: \S*push\S*)", &[Pushes]),
    Rule(r"(?i-u:unauthorized to access repository: \S+, action: \S*)", &[]),
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
    Rule(r"(?i-u:the client does not have permission to push.*)", &[Says(S::AccessDenied), Pushes]),
    Rule(
        concat!(
            r"(?i-u:you don't have the needed permissions to perform this operation.*|",
            r"the client does not have permission.*|user does not have permission.*|",
            r"insufficient permissions?.*|not authorized(?: to .*)?|access forbidden|",
            r"access to the requested resource is not authorized|insufficient scope|",
            r"you (?:do not|don't) have (?:the )?permission.*|access denied$)",
        ),
        &[Says(S::AccessDenied)],
    ),
];

const REFUSAL_RULES: &[Rule] = &[
    // Absence
    Rule(
        concat!(
            r"(?i-u:repository name not known to registry|repository (?:\S+ )?(?:is )?(?:not found|",
            r"does not exist)(?: in the registry.*)?|the repository with name .* does not exist.*|(?:project|",
            r"repository) \S+ not found(?: or deleted)?|project not found|no such (?:repository|project).*|",
            r"name not known to registry|artifact \S+ not found|project \S+ has been deleted|",
            r"namespace \S+ (?:not found|does not exist|has been disabled).*)",
        ),
        &[Says(S::NoSuchRepository)],
    ),
    Rule(
        concat!(
            r"(?i-u:requested image not found|manifest for \S+ (?:is )?not found|image .* not found|",
            r"no such image|manifest tagged by \S+ is not found|tag \S+ (?:was deleted or has expired|",
            r"not found).*|not found)",
        ),
        &[Says(S::NotFound)],
    ),
    // Limits
    Rule(
        concat!(
            r"(?i-u:you have reached your (?:unauthenticated )?pull rate limit.*|too many requests.*|",
            r"rate exceeded|rate limit (?:exceeded|reached).*|(?:throttling|throttlingexception|",
            r"toomanyrequestsexception|requestlimitexceeded)(?:: .*)?|quota exceeded for quota .*|",
            r"download (?:limit|rate limit) .*exceeded.*|you have exceeded .*rate limit.*|",
            r"data limit exceeded|pull rate limit.*)",
        ),
        &[Says(S::RateLimited)],
    ),
    // Policies
    Rule(
        concat!(
            r"(?i-u:(?:adding|subtracting) .* of storage resource, which .*|(?:upload|will|",
            r"would) .*exceed.*(?:quota|storage).*|.{0,60}quota (?:has been |is )?exceeded.*|",
            r"over the quota.*|.*already has the maximum (?:allowed )?number of .*|.{0,60} limit is \d+|",
            r"(?:maximum|max) (?:allowed )?number of .*(?:reached|exceeded).*|",
            r".*(?:reached|exceeded) (?:its|your|the) (?:maximum |private )?(?:storage|repository|image|tag|disk) .*)",
        ),
        &[Says(S::Policy)],
    ),
    Rule(
        r#"current image (?:with|without) .*cannot be pulled due to configured policy.*"#,
        &[Says(S::Policy)],
    ),
    Rule(r"(?i-u:the (?:image|artifact) is not signed.*)", &[Says(S::Policy)]),
    Rule(
        concat!(
            r#"(?i-u:tag is immutable.*|the image tag ['"]?\S+['"]? already exists .* (?:immutable|overwritten).*|"#,
            r"failed to process request due to .*immutable.*|.{0,80}configured as immutable.*|",
            r"imagetagalreadyexistsexception.*|cannot update tag .*immutab.*|",
            r".{0,60}does not allow updating assets.*)",
        ),
        &[Says(S::Policy)],
    ),
    Rule(
        r"(?i-u:artifact download request rejected.*|.{0,40}blocked by (?:xray|curation).*)",
        &[Says(S::Policy)],
    ),
    Rule(
        r"(?i-u:the operation is disallowed on this registry, repository or image.*)",
        &[Says(S::MayBePolicy)],
    ),
    Rule(
        concat!(
            r"(?i-u:the system is in read[- ]only mode.*|(?:the )?(?:registry|repository|",
            r"system) is (?:currently )?(?:in )?read[- ]only.*|(?:.{0,60} in )?read[- ]?only mode.*|",
            r"can not push artifact to a proxy project.*|.{0,60}maintenance mode.*|",
            r"the region is currently read-only.*|push(?:es|ing)? .{0,40}(?:is|are) (?:currently )?disabled.*)",
        ),
        &[Says(S::ReadOnly)],
    ),
    Rule(r"(?i-u:deploying to groups is a pro-licensed feature.*)", &[Says(S::MayBePolicy), Pushes]),
    // Servers
    Rule(r#""?unknown error"?"#, &[Says(S::ServerError)]),
    Rule(
        concat!(
            r"(?i-u:internal server error|service unavailable|upstream connect error.*|no healthy upstream|",
            r"the server is currently unavailable.*|unable to determine the upload's size)",
        ),
        &[Says(S::ServerError)],
    ),
    Rule(r"(?i-u:<!doctype html|<html|<head|<title)", &[Says(S::NotRegistry)]),
    Rule(r"(?i-u:proxy authentication required|authenticationrequired)", &[Says(S::ProxyRefused)]),
];
