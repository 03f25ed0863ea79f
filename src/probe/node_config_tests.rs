use super::*;
use crate::evidence::endpoint::Scheme;

fn node(files: &[(&str, &str)]) -> (tempdir::Dir, NodeConfig) {
    let dir = tempdir::Dir::new();
    for (name, text) in files {
        let file = dir.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let config = NodeConfig::new(dir.path().to_path_buf());
    (dir, config)
}

/// A folder that is gone afterwards.
mod tempdir {
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU32, Ordering};

    static NEXT: AtomicU32 = AtomicU32::new(0);

    pub struct Dir(PathBuf);

    impl Dir {
        pub fn new() -> Self {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("regauth-node-{}-{number}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        pub fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

fn origins(text: &str) -> Vec<(String, String)> {
    let (_dir, config) = node(&[("etc/containerd/certs.d/r.example:5000/hosts.toml", text)]);
    let hosts = config.hosts("r.example:5000", &mut Settings::bare());
    hosts
        .mirrors
        .into_iter()
        .chain(hosts.server)
        .map(|mirror| (mirror.origin.to_string(), mirror.prefix))
        .collect()
}

#[test]
fn mirrors_come_in_the_order_of_their_sections_and_the_server_last() {
    let text = r#"
        server = "https://r.example:5000"
        [host."https://z.example/v2/proxy"]
          capabilities = ["pull", "resolve"]
          override_path = true
        [host."http://a.example:8080"]
        [host."https://push.example"]
          capabilities = ["push"]
    "#;
    let wanted = [
        ("https://z.example", "/v2/proxy"),
        ("http://a.example:8080", "/v2"),
        ("https://r.example:5000", "/v2"),
    ];
    let wanted: Vec<_> = wanted.map(|(origin, prefix)| (origin.to_string(), prefix.to_string())).into();
    assert_eq!(origins(text), wanted);
}

#[test]
fn without_a_server_the_registry_itself_comes_last() {
    let text = "[host.\"https://m.example\"]\n";
    let (_dir, config) = node(&[("etc/containerd/certs.d/r.example/hosts.toml", text)]);
    let hosts = config.hosts("r.example", &mut Settings::bare());
    assert_eq!((hosts.mirrors.len(), hosts.server), (1, None));
}

#[test]
fn a_host_without_scheme_is_https() {
    assert_eq!(origins("server = \"m.example\"").len(), 1);
    assert_eq!(mirror("m.example", false).unwrap().origin.scheme(), Scheme::Https);
}

#[test]
fn a_file_that_is_no_toml_says_nothing() {
    assert_eq!(origins("server = "), []);
    assert_eq!(origins("[host]\n"), []);
}

#[test]
fn the_nodes_hosts_file_is_used_where_there_is_one() {
    let (_dir, config) = node(&[("etc/hosts", "192.0.2.1 r.example\n")]);
    let mut settings = Settings::bare();
    config.apply(&mut settings);
    assert!(
        settings.hosts_file.ends_with("etc/hosts") && settings.hosts_file.starts_with(std::env::temp_dir())
    );
    let (_dir, config) = node(&[]);
    let mut settings = Settings::bare();
    config.apply(&mut settings);
    assert_eq!(settings.hosts_file, Path::new("/etc/hosts"));
}

fn pem(name: &str) -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec![name.to_string()]).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    parameters.self_signed(&key).unwrap().pem()
}

fn trusted(config: &NodeConfig) -> usize {
    let mut settings = Settings::bare();
    config.apply(&mut settings);
    config.hosts("r.example", &mut settings);
    settings.roots.len()
}

#[test]
fn certificates_without_a_hosts_file_are_trusted_and_an_odd_one_spoils_none() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let bundle = format!("{broken}{}", pem("a.example"));
    let loose = pem("b.example");
    let (_dir, config) = node(&[
        ("etc/ssl/certs/ca-certificates.crt", bundle.as_str()),
        ("etc/containerd/certs.d/r.example/ca.crt", loose.as_str()),
        ("etc/containerd/certs.d/r.example/client.cert", "not read"),
    ]);
    assert_eq!(trusted(&config), 2);
}

#[cfg(unix)]
#[test]
fn links_are_followed_below_the_nodes_root_and_never_out_of_it() {
    use std::os::unix::fs::symlink;

    let certificate = pem("a.example");
    let (dir, config) = node(&[
        ("etc/pki/tls/certs/real.crt", certificate.as_str()),
        ("etc/ssl/openssl.cnf", ""),
        ("outside.crt", certificate.as_str()),
    ]);
    let etc = dir.path().join("etc");
    symlink("/etc/pki/tls/certs", etc.join("ssl/certs")).unwrap();
    symlink("real.crt", etc.join("pki/tls/certs/ca-certificates.crt")).unwrap();
    assert_eq!(trusted(&config), 1, "an absolute link is one of the node");
    let real = |path: &str| below(dir.path(), Path::new(path));
    assert_eq!(real("etc/ssl/certs/real.crt"), Some(etc.join("pki/tls/certs/real.crt")));
    assert_eq!(real("/../../outside.crt"), Some(dir.path().join("outside.crt")));
    symlink("round", etc.join("round")).unwrap();
    assert_eq!(real("etc/round/x"), None);
}
