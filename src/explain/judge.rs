//! Whether something that was said is a registry's error, follows from one, or is neither.
//!
//! The classifier says what a message means that is about a pull or a push; here it is asked first whether it is:
//! a database that refuses connections is no registry, and a failing test no failing pull.

use std::sync::LazyLock;

use regex::Regex;

use super::image::Image;
use super::named::named;
use super::pattern;
use super::place::Work;
use crate::diagnose::message::{Context, candidates, read};
use crate::finding::{Candidate, Code};
use crate::registry::reference::Reference;
use crate::text::Clean;

/// What is to be judged.
pub(super) struct Question<'a> {
    pub(super) message: &'a str,
    /// The image that was being worked on, and how.
    pub(super) works_on: Option<(&'a str, Work)>,
    /// Whether it is told of a pod: by the kubelet, then.
    pub(super) is_of_a_pod: bool,
    /// Whether it is all that was given: whoever asks holds it for a registry's error.
    pub(super) is_lone: bool,
}

impl Question<'_> {
    /// Whether an image was being pulled or pushed just before.
    fn is_at_work(&self) -> bool {
        self.works_on.is_some_and(|(_, work)| work != Work::Chart)
    }
}

/// What it is.
#[derive(Clone, Debug)]
pub(super) enum Judgement {
    /// An error with its causes.
    Error(Judged),
    /// A pull that fails without a word on why.
    Unexplained(Judged),
    /// It says that something else went wrong before.
    Follows,
    /// Nothing of ours.
    Nothing,
}

/// An error.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) candidates: Vec<Candidate>,
    /// The image, as far as it is known.
    pub(super) image: Option<Image>,
    /// Hosts that the message names.
    pub(super) hosts: Vec<String>,
    /// The registry: the image's, else the first host that is named.
    pub(super) registry: Option<String>,
    /// Whether the image is a chart, as what stands before it says.
    pub(super) is_chart: bool,
}

impl Judged {
    /// The likeliest cause.
    pub(super) fn code(&self) -> Code {
        self.candidates.first().map_or(Code::Unknown, |candidate| candidate.code)
    }

    pub(super) fn is_certain(&self) -> bool {
        self.candidates.first().is_some_and(|candidate| candidate.certain)
    }

    /// The same of a text that does not say that a registry was asked: nothing of it is certain.
    fn doubted(mut self) -> Self {
        for candidate in self.candidates.iter_mut().filter(|candidate| candidate.certain) {
            candidate.certain = false;
            candidate.settle_by = Some(
                "the lines around it: this one alone does not say that an image was pulled or pushed".into(),
            );
        }
        self
    }
}

/// Words of failure, in any case. Without one of them a line is progress, and is not read at all.
static FAILS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i-u)fail|error|denied|unauthori|forbidden|not found|unknown|invalid|no such|refused|reset by|time|too ?many|x509|tls|",
        r"back-?off|errimage|unable|cannot|couldn't|eof|expired|not (?:present|permitted|permit|valid|match)|no match|mismatch|",
        r"rejected|no space|pressure|low on resource|no basic auth|insufficient|exceed|unexpected|misbehaving|unreachable|",
        r"no route|did not|missing|corrupt|immutable|quota|read[- ]only|blocked|locked|no credentials|illegal base64|",
        r"exit (?:status|code)"
    ))
});

/// What the kubelet alone says of a pull secret that it cannot read; of anything else, too, whoever says it.
static SECRET_MALFORMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:error: )?(?:illegal base64 data at input byte|unexpected end of json input|json: cannot unmarshal)",
    )
});

/// Words that only pulls, pushes and registries have, in lower case.
static ABOUT_IMAGES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:pull|push) access denied|no basic auth credentials|insufficient_scope|toomanyrequests|pull rate limit|",
        r"requested access to the resource is denied|access to repository|unauthorized to access repository|",
        r"(?:^|: |= )manifest (?:blob )?(?:unknown|invalid)(?:$|[:;,.])|manifest for \S+[/:@]\S+ not found|manifest list entries|",
        r"repository name not known|",
        r"errimage|imagepullbackoff|invalidimagename|imageinspecterror|registryunavailable|signaturevalidationfailed|",
        r"cannotpull(?:container|imagemanifest|ecr|registry)|(?:pull|push)(?:ing)? (?:and unpack )?(?:docker )?(?:sandbox )?(?:oci )?",
        r"(?:container )?(?:image|manifest|layer|blob|chart)|pullimage|failed to (?:register layer|export image|",
        r#"extract layer|fetch (?:oauth|anonymous) token|resolve (?:reference "|source metadata))|"#,
        r"(?:initializing|choosing|determining|trying to reuse|committing the finished|copying system)",
        r" (?:a |an )?(?:source|destination|image|manifest|blob|layer|system image)|pinging (?:docker|container) registry|",
        r"docker://|oci://|oci registry|image pull|pull secret|unable to parse auth field|docker-credential|credential provider|error getting credentials|",
        r"push permission|container image |no matching manifest|no match for platform|",
        r"no image found in|authorization token has expired|artifactregistry\.|\.dkr\.ecr|login attempt to|logging in ?to|",
        r"/v2/|/v1/_ping|scope=repository|chart repository|",
        r"sandbox image|invalid reference format|parse image (?:name|reference)|content descriptor|httpreadseeker|unexpected commit|",
        r"/var/lib/(?:containerd|docker|containers)|disk ?pressure|imagefs|low on resource: ephemeral-storage|",
        r#"failed to perform "|"errors":\s*\[\{\s*"code"|head responses have no body|manifest digest|cannot be pulled due to|"#,
        r"bearer token|token not to be used|token signed by|image rejected|signature was required|",
        r"error response from daemon: (?:received unexpected|unknown: |unauthorized|denied)|",
        r"pull qps|short[- ]name|robot account|service/token|registry returned|from registry|to registry|registry login"
    ))
});

/// A registry's codes as the programs write them that tell them: `denied: `, `DENIED: `. `Unauthorized: ` is others'.
static CODED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:^|: )(?:denied|unauthorized|name unknown|manifest unknown|DENIED|UNAUTHORIZED|NAME_UNKNOWN|",
        r"MANIFEST_UNKNOWN): "
    ))
});

/// Words of pulls and pushes that other programs have too: one more sign is to be there.
static MAY_BE_ABOUT_IMAGES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"failed to (?:pull|push|copy|solve|authorize|resolve (?:reference|image|ref))|(?:pull|push)(?:ing)? to |",
        r"(?:copying|reading|writing|uploading|fetching|parsing|parse) (?:a |an )?",
        r"(?:source|destination|image|manifest|blob|layer)|manifest (?:unknown|invalid|for |blob|list)|",
        r"error pulling|unable to pull|image source"
    ))
});

/// Signs of an image or of what works on images: a name with its registry, or with a tag that is no port, a digest,
/// a program.
static SIGN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"(?:^|[\s"'`\[(=])(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?|localhost(?::\d+)?|[a-z0-9-]+:\d+)/[a-z0-9]|"#,
        r#"["'`][a-z0-9][a-z0-9._/-]*:(?:\d+\.|[a-z])[\w.-]*["'`]|sha256:[0-9a-f]|"#,
        r"docker|containerd|kubelet|buildkit|buildx|buildah|podman|skopeo|kaniko|nerdctl|\bcri-?o\b|\bhelm\b|\bregistry\b"
    ))
});

/// Registries of other things, tests, lines of code, and servers that are no registry.
static ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^\s*(?:npm |yarn |pnpm |pip |--- (?:fail|pass)|=== run|ok  |fail\s|fatal: unable to access|remote: |cargo:|go: |",
        r"(?:expected|received|actual|redis|psql): )|",
        r"registry\.(?:npmjs|yarnpkg|terraform|opentofu)\.|pypi\.org|crates\.io|rubygems\.org|repo\.maven|proxy\.golang\.org|",
        r"api\.github\.com|some refs\b|unable to connect to the server: |must be logged in to the server|",
        r"not authorized to perform: (?:s3|sts|ec2|iam|kms|ssm|eks|logs|lambda|dynamodb|secretsmanager|cloudformation):|",
        r"crashloopbackoff|restarting failed container|",
        // A file that is to be copied into an image is not there.
        r"failed to compute cache key: (?:.*not found|failed to walk)|failed to calculate checksum of ref|",
        r"^\s*(?:\+{1,3}|\$|❯|➜) |cache importer|importing cache manifest|did not complete successfully"
    ))
});

/// What says only that something before it went wrong.
static FOLLOWS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"exit (?:status|code:?) [1-9]|exited with (?:code|status)|timed out waiting for the condition|",
        r"failed processing (?:build|deploy|run|test)|build failed|job failed|failed to solve|finished: failure|",
        r"make(?:\[\d+\])?: \*\*\*|error building image|exceeded its progress deadline|resource .*not ready|",
        r"context deadline exceeded|marked build as failure|action\(?s?\)? failed|error syncing pod|",
        r"waiting for rollout to finish|local-exec provisioner error|errors? occurred|(?:step|stage|task|pod|pipeline) .*failed|",
        r"deployment .*(?:failed|not ready)|rollback|release .* failed|not continuing with pull|aborting"
    ))
});

/// A pull that fails; why is not said.
static UNEXPLAINED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"back-off pulling image|^\W*(?:error: )?(?:errimagepull|imagepullbackoff|imageinspecterror|registryunavailable)\W*$|",
        r"trying and failing to pull image|image can't be pulled"
    ))
});

/// A failed pull or push in a form that no rule knows: something stands behind it.
static UNKNOWN_FORM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:failed to pull|failed to push|error pulling|error pushing|unable to pull) (?:docker )?(?:and unpack )?(?:image )?\S+.*: \S",
    )
});

/// What a push prints without a word on what it pushes.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:error: |error response from daemon: )*(?:denied|unauthorized|unknown|received unexpected http status|blob |eof$|",
        r"error parsing http|manifest |name unknown|toomanyrequests|no basic auth|access to |server message|net/http|dial tcp|",
        r"write tcp|read tcp|http: )"
    ))
});

/// Whether a message says that something failed. It costs little to ask.
pub(super) fn may_fail(message: &str) -> bool {
    FAILS.is_match(message)
}

/// Judges what was said.
pub(super) fn judge(question: &Question<'_>) -> Judgement {
    let low = question.message.to_ascii_lowercase();
    if !may_fail(&low) && !question.is_lone || ELSEWHERE.is_match(&low) && !low.contains("/v2/") {
        return Judgement::Nothing;
    }
    let is_bare_push = question.is_at_work() && BARE.is_match(&low);
    let is_about_images = is_bare_push || is_about_images(question, &low);
    if is_about_images || question.is_lone {
        let judged = judged(question, is_bare_push);
        let says_so = is_about_images || judged.image.is_some();
        let judged = if says_so { judged } else { judged.doubted() };
        let has_cause = judged.code() != Code::Unknown;
        if UNEXPLAINED.is_match(&low) && !has_cause {
            return Judgement::Unexplained(judged);
        }
        if has_cause || says_so && UNKNOWN_FORM.is_match(&low) {
            return Judgement::Error(judged);
        }
    }
    if FOLLOWS.is_match(&low) { Judgement::Follows } else { Judgement::Nothing }
}

/// Whether a message, given in lower case too, says that it is of a pull, a push or a registry.
fn is_about_images(question: &Question<'_>, low: &str) -> bool {
    let has_sign = || question.is_at_work() || SIGN.is_match(low);
    ABOUT_IMAGES.is_match(low)
        || question.is_of_a_pod && SECRET_MALFORMED.is_match(low)
        || CODED.is_match(question.message)
        || MAY_BE_ABOUT_IMAGES.is_match(low) && has_sign()
}

/// Asks the classifier, with what stood before the message.
fn judged(question: &Question<'_>, is_bare_push: bool) -> Judged {
    let reading = read(question.message);
    let named = named(&reading, question.message);
    let hint = question.works_on.filter(|_| named.is_none());
    let context =
        Context { image: hint.and_then(|(image, _)| Reference::parse(image).ok()), ..Context::default() };
    let found = match hint {
        Some((image, Work::Push)) if is_bare_push => {
            let whole = format!("The push refers to repository [{image}]: {}", question.message);
            candidates(&whole, &context)
        }
        _ => candidates(question.message, &context),
    };
    // Of a pod, these come in place of a pull: what was announced is another container's image.
    let is_unpulled = question.is_of_a_pod
        && found
            .first()
            .is_some_and(|one| matches!(one.code, Code::InvalidImageName | Code::ImageNeverPulled));
    let hint = hint.filter(|_| !is_unpulled);
    let image = named.or_else(|| hint.map(|(image, _)| Clean::with_cap(image, 512).to_string()));
    let mut hosts: Vec<String> = Vec::new();
    for one in std::iter::once(&reading).chain(&reading.attempts) {
        for request in one.requests.iter().filter(|request| !request.host.is_empty()) {
            if !hosts.contains(&request.host) {
                hosts.push(request.host.clone());
            }
        }
    }
    let of_image = image.as_deref().and_then(|image| Reference::parse(image).ok());
    let registry = of_image.map(|image| image.registry().to_owned()).or_else(|| hosts.first().cloned());
    let is_chart = hint.is_some_and(|(_, work)| work == Work::Chart);
    Judged { candidates: found, image: image.map(Image::new), hosts, registry, is_chart }
}
