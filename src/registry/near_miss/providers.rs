//! Registries of one provider that differ in their region.

use super::{MissReason, Provider};
use crate::text::Clean;

/// A host's provider, what of it is not the region, and the region (empty where the name has none).
struct Place<'a> {
    provider: Provider,
    account: &'a str,
    region: &'a str,
}

/// Whether key and image are the same but for the region.
pub(super) fn other_region(key: &str, image: &str) -> Option<MissReason> {
    let (here, there) = (place(key)?, place(image)?);
    let is_other =
        here.provider == there.provider && here.account == there.account && here.region != there.region;
    let shown = |region: &str, host: &str| Clean::with_cap(if region.is_empty() { host } else { region }, 64);
    is_other.then(|| MissReason::OtherRegion {
        provider: here.provider,
        key: shown(here.region, key),
        image: shown(there.region, image),
    })
}

fn place(host: &str) -> Option<Place<'_>> {
    ecr(host).or_else(|| artifact_registry(host)).or_else(|| gcr(host)).or_else(|| acr(host))
}

/// `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, in China `.com.cn` [AWS documentation, private registries].
fn ecr(host: &str) -> Option<Place<'_>> {
    let (account, rest) = host.split_once(".dkr.ecr.").or_else(|| host.split_once(".dkr.ecr-fips."))?;
    let region = rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn"))?;
    Some(Place { provider: Provider::Ecr, account, region })
}

/// `LOCATION-docker.pkg.dev` [Google documentation, Artifact Registry]; `docker.pkg.dev` is none, but is written.
fn artifact_registry(host: &str) -> Option<Place<'_>> {
    let location = host.strip_suffix("docker.pkg.dev")?;
    let region = if location.is_empty() { "" } else { location.strip_suffix('-')? };
    Some(Place { provider: Provider::ArtifactRegistry, account: "", region })
}

/// `gcr.io`, `us.gcr.io`, `eu.gcr.io`, `asia.gcr.io`.
fn gcr(host: &str) -> Option<Place<'_>> {
    let region = if host == "gcr.io" { "" } else { host.strip_suffix(".gcr.io")? };
    (!region.contains(['.', '*'])).then_some(Place {
        provider: Provider::ContainerRegistry,
        account: "",
        region,
    })
}

/// `NAME.azurecr.io`, and `NAME.REGION.geo.azurecr.io` for one region of it [Microsoft documentation, geo-replication].
fn acr(host: &str) -> Option<Place<'_>> {
    let name = host.strip_suffix(".azurecr.io")?;
    let (account, region) = match name.strip_suffix(".geo") {
        Some(name) => name.split_once('.')?,
        None => (name, ""),
    };
    (!account.contains('*')).then_some(Place { provider: Provider::Acr, account, region })
}
