//! Keys and certificates of a Harbor, made for one test by openssl, in the forms that Helm's `genCA` and people give.

use std::io::Write;
use std::process::{Command, Stdio};

/// A private key for tokens and its certificate, in PEM, as in the Secret's `tls.key` and `tls.crt`.
#[derive(Clone)]
pub struct TokenKey {
    pub key: String,
    pub certificate: String,
}

impl TokenKey {
    /// A new RSA key in PKCS#1 form.
    pub fn new() -> Self {
        let key = openssl(&["genrsa", "-traditional", "2048"], "");
        let certificate = self_signed(&key, "harbor-token-ca", &[]);
        Self { key, certificate }
    }

    /// The same key in PKCS#8 form, which a core verifies with but cannot issue with.
    pub fn as_pkcs8(&self) -> Self {
        let key = openssl(&["pkcs8", "-topk8", "-nocrypt"], &self.key);
        Self { key, certificate: self.certificate.clone() }
    }

    /// The same key in a file with other bytes.
    pub fn with_white_space(&self) -> Self {
        Self { key: format!("{}\n", self.key), certificate: self.certificate.clone() }
    }
}

/// Of a server: its key and a certificate that nobody trusts.
pub fn server_certificate(names: &[String]) -> TokenKey {
    let key = openssl(&["genrsa", "2048"], "");
    let names = format!("subjectAltName={}", names.join(","));
    let certificate = self_signed(&key, "core", &["-addext", &names]);
    TokenKey { key, certificate }
}

fn self_signed(key: &str, subject: &str, more: &[&str]) -> String {
    let subject = format!("/CN={subject}");
    let mut args = vec!["req", "-x509", "-new", "-key", "/dev/stdin", "-days", "30", "-subj", &subject];
    args.extend(more);
    openssl(&args, key)
}

fn openssl(args: &[&str], stdin: &str) -> String {
    run(Command::new("openssl").args(args), stdin)
}

/// An htpasswd line with bcrypt, as harbor-helm makes it.
pub fn htpasswd(user: &str, password: &str) -> String {
    run(Command::new("htpasswd").args(["-inBC", "4", user]), password).trim().to_string()
}

/// Runs a program with this standard input; returns its standard output.
pub fn run(command: &mut Command, stdin: &str) -> String {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    child.stdin.take().expect("piped").write_all(stdin.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}
