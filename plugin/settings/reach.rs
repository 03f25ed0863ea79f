//! How registries are reached: certificates, proxy, and the probe that looks.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use regauth::image;
use regauth::plan::{CaBundle, ProbePlan};
use regauth::registry::reference::Reference;
use regauth::registry::transport::{ProxyRules, Roots, Settings};

use super::CaSource;
use crate::cli::{ProbeArgs, ReachArgs};
use crate::commands::Failure;
use crate::versions::ProbeImageFrom;

/// The variable that names the probe's image.
const PROBE_IMAGE: &str = "REGAUTH_PROBE_IMAGE";
/// The largest bundle that is handed to probes, in bytes: it stands in the pod's arguments, of which the kernel
/// takes 128 KiB each.
const MAX_BUNDLE: u64 = 64 * 1024;
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// What probes in the cluster are made of and told.
pub fn probe_plan(args: &ProbeArgs) -> Result<ProbePlan, Failure> {
    Ok(ProbePlan {
        image: probe_image(args, std::env::var(PROBE_IMAGE).ok())?,
        image_pull_secrets: args.probe_pull_secrets.clone(),
        ca_bundle: args.reach.ca_bundle.as_ref().map(ca_bundle).transpose()?,
        proxy: args.reach.proxy.as_deref().map(proxy).transpose()?,
        node_config: args.node_config,
        plain_http: args.reach.plain_http.clone(),
        node_namespace: args.node_namespace.clone(),
        ..ProbePlan::default()
    })
}

fn probe_image(args: &ProbeArgs, named: Option<String>) -> Result<String, Failure> {
    if let Some(image) = &args.probe_image {
        return Ok(image.clone());
    }
    let Some(named) = named.filter(|image| !image.is_empty()) else {
        return Ok(image::default_reference());
    };
    match Reference::parse(&named) {
        Ok(_) => Ok(named),
        Err(error) => Err(format!("{PROBE_IMAGE} names no image: {error}").into()),
    }
}

/// The probe's image of a run that is told nothing about it.
pub fn probe_image_in_use() -> Result<(String, ProbeImageFrom), Failure> {
    let named = std::env::var(PROBE_IMAGE).ok().filter(|image| !image.is_empty());
    let from = if named.is_some() { ProbeImageFrom::Variable } else { ProbeImageFrom::Default };
    Ok((probe_image(&ProbeArgs::default(), named)?, from))
}

/// How this machine reaches registries: its own way with what the flags add.
pub fn of_this_machine(args: &ReachArgs) -> Result<Settings, Failure> {
    let mut settings = Settings::of_this_machine(|name| std::env::var(name).ok());
    if let Some(url) = &args.proxy {
        settings.proxies = ProxyRules::fixed(&proxy(url)?).map_err(|error| error.to_string())?;
    }
    match &args.ca_bundle {
        None => {}
        Some(CaSource::File(path)) => settings.roots.add_file(path).map_err(|error| error.to_string())?,
        Some(CaSource::ConfigMap(_) | CaSource::Secret(_)) => {
            return Err("this machine cannot read --ca-bundle from the cluster: name a PEM file".into());
        }
    }
    Ok(settings)
}

/// A proxy for an argument of a pod, where everybody who may read pods can read it. Its value is in no error.
fn proxy(url: &str) -> Result<String, Failure> {
    if url.contains('@') {
        return Err(
            "--proxy must not hold a user and password, which everybody who may read pods would see: \
                    give it as http://HOST:PORT"
                .into(),
        );
    }
    ProxyRules::fixed(url).map_err(|error| format!("--proxy: {error}"))?;
    Ok(url.to_string())
}

fn ca_bundle(source: &CaSource) -> Result<CaBundle, Failure> {
    match source {
        CaSource::ConfigMap(name) => Ok(CaBundle::ConfigMap(name.clone())),
        CaSource::Secret(name) => Ok(CaBundle::Secret(name.clone())),
        CaSource::File(path) => bundle(path).map(CaBundle::Pem),
    }
}

/// The certificates of a PEM file, and nothing else of it.
fn bundle(path: &Path) -> Result<String, Failure> {
    let name = path.display();
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BUNDLE + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(format!("cannot read the CA bundle {name}: {}", error.kind()).into());
    }
    if bytes.len() as u64 > MAX_BUNDLE {
        return Err(format!(
            "the CA bundle {name} is larger than {} KiB: keep only the registry's own CA in it, or put it into \
             a ConfigMap and name that (--ca-bundle configmap/NAME)",
            MAX_BUNDLE / 1024
        )
        .into());
    }
    Roots::none().add_pem(&bytes, path).map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    if text.contains("PRIVATE KEY-----") {
        return Err(
            format!("the CA bundle {name} holds a private key: name a file with certificates only").into()
        );
    }
    Ok(certificates(&text))
}

/// The certificates of a PEM text without what stands between them.
fn certificates(text: &str) -> String {
    let blocks = text.split(BEGIN).skip(1).filter_map(|rest| rest.split_once(END));
    blocks.map(|(body, _)| format!("{BEGIN}{body}{END}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_with_a_password_is_refused_and_not_repeated() {
        let error = proxy("http://ci:hunter2@proxy.example.com:3128").unwrap_err().to_string();
        assert!(error.contains("http://HOST:PORT") && !error.contains("hunter2"), "{error}");
        assert!(proxy("socks5://proxy.example.com").is_err());
        assert_eq!(proxy("http://proxy.example.com:3128").unwrap(), "http://proxy.example.com:3128");
    }

    #[test]
    fn the_probes_image_is_the_flags_then_the_variables_then_this_versions() {
        let args = ProbeArgs { probe_image: Some("r.example.com/probe:1".into()), ..ProbeArgs::default() };
        let named = || Some("r.example.com/other:2".to_string());
        assert_eq!(probe_image(&args, named()).unwrap(), "r.example.com/probe:1");
        assert_eq!(probe_image(&ProbeArgs::default(), named()).unwrap(), "r.example.com/other:2");
        assert_eq!(
            probe_image(&ProbeArgs::default(), Some(String::new())).unwrap(),
            image::default_reference()
        );
        assert!(probe_image(&ProbeArgs::default(), Some("No Image".into())).is_err());
    }

    #[test]
    fn only_certificates_are_handed_on() {
        let text = format!("# corp\n{BEGIN}\nAAAA\n{END}\nnote\n{BEGIN}\nBBBB\n{END}\ntrailing");
        assert_eq!(certificates(&text), format!("{BEGIN}\nAAAA\n{END}\n{BEGIN}\nBBBB\n{END}\n"));
    }

    #[test]
    fn a_file_that_is_no_bundle_is_refused_with_a_sentence() {
        let file = std::env::temp_dir().join(format!("regauth-ca-{}", std::process::id()));
        std::fs::write(&file, "no certificate").unwrap();
        let none = bundle(&file).unwrap_err().to_string();
        std::fs::write(&file, vec![b'x'; 70_000]).unwrap();
        let large = bundle(&file).unwrap_err().to_string();
        std::fs::remove_file(&file).unwrap();
        let missing = bundle(&file).unwrap_err().to_string();
        assert!(none.contains("holds no certificate"), "{none}");
        assert!(large.contains("larger than 64 KiB") && large.contains("configmap/NAME"), "{large}");
        assert!(missing.starts_with("cannot read the CA bundle"), "{missing}");
    }
}
