//! Clouds' own answers: AWS, Google Cloud, Azure.

use super::layers::Effect::{Pushes, Says};
use super::layers::{Program, Rule};
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "cloud", rules: RULES };

const RULES: &[Rule] = &[
    Rule(
        r"User: \S+ is not authorized to perform: ecr\S*:(?:InitiateLayerUpload|UploadLayerPart|CompleteLayerUpload|PutImage|CreateRepository).*",
        &[Says(S::NotPermitted), Pushes],
    ),
    // Asking for a registry's credential, which a helper, a provider or a person at a shell does.
    Rule(
        r"AccessDeniedException\) when calling the GetAuthorizationToken operation.*",
        &[Says(S::HelperNotPermitted)],
    ),
    Rule(
        r"(?:AccessDeniedException: )?(?:User: \S+ is )?not authorized to perform: \S*:GetAuthorizationToken.*",
        &[Says(S::HelperNotPermitted)],
    ),
    Rule(r"User: arn:\S+ is not authorized to perform: .*", &[Says(S::NotPermitted)]),
    Rule(r"An error occurred \(", &[]),
    Rule(r"AccessDeniedException", &[Says(S::HelperNotPermitted)]),
    Rule(r"[^:]*not authorized to perform.*", &[Says(S::NotPermitted)]),
    Rule(
        r#"Permission ["']?artifactregistry\.repositories\.uploadArtifacts["']? denied on resource .*"#,
        &[Says(S::NotPermittedOrMissing), Pushes],
    ),
    Rule(
        r#"Permission ["']?artifactregistry\.repositories\.(?:download|read|get|list)\S* denied on resource .*"#,
        &[Says(S::ReadNotPermittedOrMissing)],
    ),
    // Only who pushes looks at the bucket, or makes objects in it.
    Rule(
        r"(?:Token exchange failed for project \S+ )?Caller does not have permission 'storage\.(?:buckets\.\w+|objects\.create)'.*",
        &[Says(S::NotPermittedOrMissing), Pushes],
    ),
    Rule(
        r#"Permission ["']?artifactregistry\.\S+ denied on resource .*|Permission \S+ denied on resource .*"#,
        &[Says(S::NotPermittedOrMissing)],
    ),
    Rule(
        concat!(
            r#"Permission denied for ".*" from request ".*"|Token exchange failed for project .*|"#,
            r"(?:Unable to access the repository, please check|Caller does not have permission).*",
        ),
        &[Says(S::NotPermittedOrMissing)],
    ),
    Rule(r"gcr\.io repo does not exist\. Creating on push requires .*", &[Says(S::NoSuchRepository), Pushes]),
    Rule(
        concat!(
            r"(?:Request is prohibited by organization's policy|Container Registry is deprecated|",
            r"Artifact Registry API has not been (?:used|enabled)|This (?:project|API method) .*billing).*",
        ),
        &[Says(S::MayBePolicy)],
    ),
    Rule(
        r"(?i-u:client with ip '\S*' is not allowed access.*|public network access is disabled.*)",
        &[Says(S::AddressRefused)],
    ),
    Rule(
        r"Unauthenticated request\. Unauthenticated requests do not have permission .*",
        &[Says(S::NoCredentialSent)],
    ),
    Rule(
        concat!(
            r"(?:InvalidSignatureException|SignatureDoesNotMatch|RequestTimeTooSkewed|",
            r"RequestExpired)(?:: .*)?|Signature (?:expired|not yet current): .*",
        ),
        &[Says(S::SkewedSignature)],
    ),
    Rule(
        r"(?:ExpiredTokenException|ExpiredToken)(?:: .*)?|AADSTS(?:7000222|700082|70043).*",
        &[Says(S::SessionExpired)],
    ),
    Rule(r"(?i-u:the security token included in the request (?:is|has) expired)", &[Says(S::SessionExpired)]),
    Rule(r"(?:UnrecognizedClientException|InvalidClientTokenId)(?:: .*)?", &[Says(S::Invalid)]),
    Rule(r"AADSTS\d+: .*", &[Says(S::WrongPassword)]),
    Rule(
        concat!(
            r"(?:NoCredentialProviders|google: could not find default credentials|",
            r"get(?:ting)? ecr token failed|no EC2 IMDS role found|failed to refresh cached credentials|",
            r"unable to (?:retrieve|get) (?:.*(?:ECR|ecr) .*credentials?|ecr registry auth|credentials$)|failed to retrieve credentials)[^:]*",
        ),
        &[Says(S::HelperFailed)],
    ),
];
