//! The kubelet (Kubernetes 1.24 to 1.36: `pkg/kubelet/images`, `pkg/kubelet/kuberuntime`,
//! `cri-api/pkg/errors`), its log, and gRPC's errors, which it passes on.

use super::layers::Effect::{Sandbox, Says};
use super::layers::{Program, Rule};
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "kubelet", rules: RULES };

const RULES: &[Rule] = &[
    Rule(r#"Failed to pull image "(?P<image>[^"]*)""#, &[]),
    Rule(r#"Back-off pulling image "(?P<image>[^"]*)""#, &[Says(S::BackOff)]),
    Rule(r"(?:ErrImagePull|ImagePullBackOff|ImageInspectError|RegistryUnavailable)(?:\s|:|$)", &[]),
    Rule(r"(?:ErrImageNeverPull)(?:\s|:|$)", &[Says(S::NeverPulled)]),
    Rule(r"(?:InvalidImageName)(?:\s|:|$)", &[Says(S::InvalidName)]),
    Rule(r"(?:SignatureValidationFailed)(?:\s|:|$)", &[Says(S::SignatureRejected)]),
    Rule(
        r"image pull failed for (?P<image>\S+) because the registry is unavailable",
        &[Says(S::RegistryUnavailable)],
    ),
    Rule(
        r"image pull failed for (?P<image>\S+) because the signature validation failed",
        &[Says(S::SignatureRejected)],
    ),
    Rule(
        r#"Container image "(?P<image>[^"]*)" is not present with pull policy of Never"#,
        &[Says(S::NeverPulled)],
    ),
    Rule(r#"Failed to apply default image tag "(?P<image>[^"]*)""#, &[Says(S::InvalidName)]),
    Rule(r#"couldn't parse image (?:name|reference) "[^"]*"(?:: .*)?"#, &[Says(S::InvalidName)]),
    Rule(r#"Failed to inspect image "(?P<image>[^"]*)""#, &[]),
    Rule(r#"(?:Pull|Pulling) image "(?P<image>[^"]*)" failed"#, &[]),
    Rule(r"pull QPS exceeded", &[Says(S::Throttled)]),
    Rule(
        r"(?:FailedToRetrieveImagePullSecret: )?Unable to retrieve some image pull secrets \([^)]*\)?",
        &[Says(S::SecretsMissing)],
    ),
    Rule(r"(?:FailedToRetrieveImagePullSecret)", &[Says(S::SecretsMissing)]),
    Rule(
        r"Unable to retrieve pull secret(?:, the image pull may not succeed|s? \S+ for \S+ due to .*)",
        &[Says(S::SecretsMissing)],
    ),
    Rule(
        r"unable to parse auth field, must be formatted as base64\(username:password\)",
        &[Says(S::SecretMalformed)],
    ),
    Rule(r"illegal base64 data at input byte \d+", &[Says(S::SecretMalformed)]),
    Rule(
        concat!(
            r"invalid character '.{1,4}' looking for beginning of (?:object key string|",
            r"value).* in (?:pull )?secret.*",
        ),
        &[Says(S::SecretMalformed)],
    ),
    Rule(
        concat!(
            r"(?:Pod )?The node (?:was low on resource|had condition): \[?(?:ephemeral-storage|imagefs|nodefs|",
            r"DiskPressure)\S*",
        ),
        &[Says(S::DiskFull)],
    ),
    Rule(
        r"(?i-u:failed to garbage collect required amount of images.*|freed \d+ bytes.*)",
        &[Says(S::DiskFull)],
    ),
    Rule(r"(?i-u:failed to record image pull intent for container image).*", &[Says(S::RuntimeFailed)]),
    Rule(r"(?i-u:(?:failed to )?create ?pod ?sandbox)(?: for pod \S+)?(?: failed)?", &[]),
    Rule(r"Failed to create pod sandbox", &[]),
    Rule(r#"failed to get sandbox image "(?P<image>[^"]*)""#, &[Sandbox]),
    Rule(r"CannotPull(?:Container|ImageManifest|Ecr|Registry)\w*", &[]),
    Rule(
        r"(?:[^:]*: )?error execing credential provider plugin \S+ for image \S+: fork/exec \S+: .*",
        &[Says(S::HelperMissing)],
    ),
    Rule(
        concat!(
            r#"error getting image pull credentials.*|(?:error )?(?:execing|"#,
            r#"getting credentials from) (?:external )?credential (?:provider )?plugin.*|"#,
            r#"(?i-u:failed getting credentials? from external registry credential provider).*"#,
        ),
        &[Says(S::HelperFailed)],
    ),
    // gRPC
    Rule(r"rpc error: code = (?P<grpc>\w+) desc = ", &[]),
    Rule(r"(?:connection error: desc = |error while dialing: )", &[]),
    Rule(
        concat!(
            r"transport: Error while dialing|error reading from server|the client connection is closing|",
            r"server is not initialized yet|unknown service runtime\S*",
        ),
        &[Says(S::RuntimeFailed)],
    ),
];
