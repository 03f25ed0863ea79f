//! Clouds' own answers: AWS, Google Cloud, Azure.

use super::layers::Effect::{Pushes, Says};
use super::layers::{Program, Rule};
use super::reading::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "cloud", rules: RULES };

const RULES: &[Rule] = &[
    Rule(
        r"User: \S+ is not authorized to perform: ecr\S*:(?:InitiateLayerUpload|UploadLayerPart|CompleteLayerUpload|PutImage|CreateRepository).*",
        &[Says(S::NotPermitted), Pushes],
    ),
    Rule(r"User: arn:\S+ is not authorized to perform: .*", &[Says(S::NotPermitted)]),
    Rule(r"(?:AccessDeniedException|[^:]*not authorized to perform).*", &[Says(S::NotPermitted)]),
    Rule(
        r#"Permission "?artifactregistry\.repositories\.uploadArtifacts"? denied on resource .*"#,
        &[Says(S::NotPermittedOrMissing), Pushes],
    ),
    Rule(
        r#"Permission "?artifactregistry\.\S+"? denied on resource .*|Permission \S+ denied on resource .*"#,
        &[Says(S::NotPermittedOrMissing)],
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
    Rule(r"(?:ExpiredTokenException|ExpiredToken)(?:: .*)?", &[Says(S::Expired)]),
    Rule(r"(?:UnrecognizedClientException|InvalidClientTokenId)(?:: .*)?", &[Says(S::Invalid)]),
    Rule(r"AADSTS7000222.*", &[Says(S::Expired)]),
    Rule(r"AADSTS\d+: .*", &[Says(S::WrongPassword)]),
    Rule(
        concat!(
            r"(?:NoCredentialProviders|google: could not find default credentials|",
            r"get(?:ting)? ecr token failed|no EC2 IMDS role found|failed to refresh cached credentials|",
            r"unable to (?:retrieve|get) .*(?:ECR|ecr) .*credentials?|failed to retrieve credentials).*",
        ),
        &[Says(S::HelperFailed)],
    ),
];
