//! `kubectl regauth image push`.

use std::collections::HashSet;

use regauth::evidence::probe::{Exchange, ExchangeResult, Withheld};
use regauth::image::{self, Bundle};
use regauth::probe::{Credential, Credentials as _};
use regauth::registry::challenge::Challenge;
use regauth::registry::client::{Client, Content, Login, NotUploaded, Subject, Uploaded};
use regauth::registry::reference::Reference;
use regauth::registry::transport::{Origin, Transport};
use regauth::report::ExitStatus;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::cli::{ImagePush, StoreArgs};
use crate::commands::local::MyStores;
use crate::commands::{Failure, local};
use crate::output::Output;
use crate::{settings, signals};

/// Pushes the probe's image with the credentials of this machine.
pub async fn run(args: &ImagePush, output: &mut Output) -> Result<u8, Failure> {
    let stop = CancellationToken::new();
    let signals = signals::listen(&stop);
    let pushed = tokio::select! {
        pushed = push(args, &stop, output) => Some(pushed),
        _ = signals => None,
    };
    pushed.filter(|_| !stop.is_cancelled()).unwrap_or_else(|| {
        output.error("interrupted: the image was not pushed whole");
        Ok(ExitStatus::Interrupted.code())
    })
}

/// What the stores have, asked in a thread of its own: helpers block.
async fn credentials(mut stores: MyStores, image: Reference) -> Result<Vec<Credential>, Failure> {
    let asked = tokio::task::spawn_blocking(move || stores.for_image(&image).1);
    asked.await.map_err(|_| "the stores of this machine cannot be read".into())
}

async fn push(args: &ImagePush, stop: &CancellationToken, output: &mut Output) -> Result<u8, Failure> {
    let reference = reference(&args.reference)?;
    let bundle = super::bundle(&args.archives)?;
    let store_args = StoreArgs { docker_config: args.docker_config.clone(), client: None };
    let credentials = credentials(local::stores(&store_args, stop, args.timeout)?, reference.clone()).await?;
    let transport = Transport::new(settings::of_this_machine(&args.reach)?);
    let mut client =
        Client::new(transport, args.reach.plain_http.iter().cloned(), Instant::now() + args.timeout);
    let uploaded = tokio::select! {
        uploaded = upload(&mut client, &reference, &bundle, &credentials) => uploaded?,
        () = stop.cancelled() => return Err("interrupted".into()),
    };
    let repository = reference.repository();
    output.data(&format!(
        "{repository}:{}: {}; {}\n{repository}@{}\n",
        tag(&reference),
        super::describe(&bundle),
        told(uploaded),
        bundle.top.digest
    ))?;
    output.note(&format!("use it with --probe-image {repository}:{}", tag(&reference)));
    Ok(0)
}

fn reference(text: &str) -> Result<Reference, Failure> {
    let reference = Reference::parse(text)
        .map_err(|error| Failure::from(format!("{text:?} is not an image name: {error}")))?;
    match reference.digest() {
        None => Ok(reference),
        Some(_) => Err("leave out the digest: it follows from what is pushed; name a tag, or none".into()),
    }
}

fn tag(reference: &Reference) -> &str {
    reference.tag().unwrap_or(image::DEFAULT_TAG)
}

fn told(uploaded: Uploaded) -> String {
    match uploaded {
        Uploaded { sent: 0, .. } => "all of its blobs were there already".into(),
        Uploaded { sent, there } => format!("{sent} of {} blobs sent", sent + there),
    }
}

/// Tries each credential once, in the order in which clients come to them; without any, anonymously.
async fn upload(
    client: &mut Client,
    reference: &Reference,
    bundle: &Bundle,
    credentials: &[Credential],
) -> Result<Uploaded, Failure> {
    let registry = client.origin_of(reference.registry());
    let registry = registry.ok_or_else(|| format!("{} is no registry's host", reference.registry()))?;
    let ping = client.ping(&registry, "/v2").await;
    if !ping.is_good() {
        return Err(failure(reference, &NotUploaded::Failed(Box::new(ping))));
    }
    let challenges = ping.answer().map(|answer| answer.challenges.clone()).unwrap_or_default();
    let mut sent = HashSet::new();
    let usable = credentials.iter().filter(|one| !one.is_empty());
    let mut logins: Vec<Login<'_>> = usable
        .filter(|one| sent.insert(one.seen.described.fingerprint.clone()))
        .map(Credential::login)
        .collect();
    if logins.is_empty() {
        logins.push(Login::Anonymous);
    }
    let mut last = None;
    for login in logins {
        let place = Place { registry: &registry, reference, challenges: &challenges };
        match with_login(client, &place, bundle, login).await {
            Ok(uploaded) => return Ok(uploaded),
            Err(refused) if is_refusal(&refused) => last = Some(refused),
            Err(other) => return Err(failure(reference, &other)),
        }
    }
    Err(last.map_or_else(|| "nothing was pushed".into(), |refused| failure(reference, &refused)))
}

struct Place<'a> {
    registry: &'a Origin,
    reference: &'a Reference,
    challenges: &'a [Challenge],
}

async fn with_login(
    client: &mut Client,
    place: &Place<'_>,
    bundle: &Bundle,
    login: Login<'_>,
) -> Result<Uploaded, NotUploaded> {
    let subject = Subject {
        registry: place.registry,
        prefix: "/v2",
        repository: place.reference.path(),
        challenges: place.challenges,
        login,
    };
    let blobs: Vec<Content<'_>> = bundle
        .blobs
        .iter()
        .map(|blob| Content { digest: &blob.digest, bytes: &blob.bytes, media_type: "" })
        .collect();
    let documents = bundle.manifests.iter().chain([&bundle.top]);
    let manifests: Vec<Content<'_>> = documents
        .map(|one| Content { digest: &one.digest, bytes: &one.bytes, media_type: &one.media_type })
        .collect();
    client.upload(&subject, &blobs, &manifests, tag(place.reference)).await
}

/// Whether another credential may do better.
fn is_refusal(error: &NotUploaded) -> bool {
    match error {
        NotUploaded::Withheld(withheld) => matches!(withheld, Withheld::Scheme { .. }),
        NotUploaded::Failed(exchange) => exchange
            .answer()
            .is_some_and(|answer| matches!(answer.status, 401 | 403) || answer.trouble.is_some()),
    }
}

fn failure(reference: &Reference, error: &NotUploaded) -> Failure {
    let registry = reference.registry();
    let why = match error {
        NotUploaded::Withheld(Withheld::PlainHttp) => {
            return format!(
                "{registry} speaks plain HTTP, so no credential was sent: say --plain-http {registry} if it may be"
            )
            .into();
        }
        NotUploaded::Withheld(Withheld::UntrustedCertificate) => {
            return format!(
                "the certificate of {registry} is not to be trusted, so no credential was sent: name its CA with \
                 --ca-bundle FILE"
            )
            .into();
        }
        NotUploaded::Withheld(Withheld::Scheme { .. }) => {
            "the credential cannot be sent in the way in which the registry asks".to_string()
        }
        NotUploaded::Withheld(_) => "the credential was not sent to its token service".to_string(),
        NotUploaded::Failed(exchange) => said(exchange),
    };
    format!(
        "the image was not pushed: {why}; `kubectl regauth push {} --network local` says why",
        reference.repository()
    )
    .into()
}

/// What a failed request came to, in a few words.
fn said(exchange: &Exchange) -> String {
    let what = match &exchange.result {
        ExchangeResult::Answered(answer) => {
            let items = answer.error.iter().flat_map(|error| &error.errors);
            let words: Vec<String> =
                items.take(1).map(|item| format!(" {} {}", item.code, item.message)).collect();
            format!("{}{}", answer.status, words.concat().trim_end())
        }
        ExchangeResult::Unreachable => "the host could not be reached".into(),
        ExchangeResult::TimedOut => "no answer in time".into(),
        ExchangeResult::Broken { message } | ExchangeResult::Refused { message } => message.to_string(),
    };
    format!("{} ({}): {what}", exchange.step.as_str(), exchange.request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_this_programs_version_unless_one_is_named() {
        assert_eq!(tag(&reference("r.example.com/tools/probe").unwrap()), image::DEFAULT_TAG);
        assert_eq!(tag(&reference("r.example.com/tools/probe:7").unwrap()), "7");
        let digest = format!("r.example.com/a@sha256:{}", "0".repeat(64));
        assert!(reference(&digest).unwrap_err().to_string().contains("leave out the digest"));
    }

    #[test]
    fn what_was_there_already_is_said() {
        assert_eq!(told(Uploaded { sent: 0, there: 3 }), "all of its blobs were there already");
        assert_eq!(told(Uploaded { sent: 2, there: 1 }), "2 of 3 blobs sent");
    }

    #[test]
    fn a_withheld_credential_is_answered_with_the_flag_that_lets_it_go() {
        let reference = reference("r.example.com:5000/a").unwrap();
        let plain = failure(&reference, &NotUploaded::Withheld(Withheld::PlainHttp)).to_string();
        assert!(plain.contains("--plain-http r.example.com:5000"), "{plain}");
        let untrusted =
            failure(&reference, &NotUploaded::Withheld(Withheld::UntrustedCertificate)).to_string();
        assert!(untrusted.contains("--ca-bundle FILE"), "{untrusted}");
    }
}
