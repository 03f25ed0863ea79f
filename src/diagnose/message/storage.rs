//! Stores of content: what they answer to clients that a registry sent there, and what a registry says of its own.

use super::layers::Effect::Says;
use super::layers::{Program, Rule};
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "storage", rules: RULES };

const RULES: &[Rule] = &[
    // A registry of the Distribution project (2.x to 3.x, `registry/storage/driver`), of its driver.
    Rule(
        r"(?:s3aws|swift|filesystem|gcs|azure|oss|inmemory): .*|storage: service returned error: .*",
        &[Says(S::StorageFailed)],
    ),
    // The codes of S3, Google Cloud Storage and Azure Blob Storage, as words of their own.
    Rule(
        concat!(
            r"(?:UserProject(?:AccountProblem|Missing|InvalidOrMissing)|AccountProblem|AccountIsDisabled|",
            r"AllAccessDisabled|BillingDisabledForProject|PublicAccessNotPermitted)(?:$|[.:])",
        ),
        &[Says(S::MayBePolicy)],
    ),
    Rule(
        r"(?:NoSuchKey|NoSuchBucket|BlobNotFound|ContainerNotFound|ResourceNotFound)(?:$|[.:])",
        &[Says(S::ContentMissing)],
    ),
    Rule(r"(?:SlowDown|ServerBusy|TooManyRequests)(?:$|[.:])", &[Says(S::RateLimited)]),
    Rule(
        concat!(
            r"(?:AccessDenied|AuthorizationFailure|AuthorizationPermissionMismatch|",
            r"InsufficientAccountPermissions)(?:$|[.:])",
        ),
        &[Says(S::StorageRefused)],
    ),
];
