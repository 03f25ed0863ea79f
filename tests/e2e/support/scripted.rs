//! A registry for the faults that real ones cannot show. It listens where the cluster's nodes look for
//! `SCRIPTED_REGISTRY`; the servers themselves are those of `tests/support/scripted`.

#[path = "../../support/scripted/mod.rs"]
pub mod servers;

use std::sync::Arc;

use serde_json::json;
use servers::{
    Accounts, Fault, Registry, Reply, Request, Rights, Servers, TokenService, Wire, WrongPassword,
};

use super::cluster::Cluster;
use super::scripted_tls;

/// How the registry behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// Accepts connections and says nothing.
    Silent,
    /// The token service refuses and echoes the request's body as its reason phrase.
    EchoesPassword,
    /// Errors whose words are escape sequences.
    EscapeSequences,
    /// Redirects to a signed URL of a storage that refuses it.
    SignedUrl,
    /// 429 with the registry's error code.
    RateLimited,
    /// 500 without a body.
    ServerError,
    /// A token service that gives tokens to strangers and refuses every credential.
    RefusesCredentials,
    /// By HTTPS (`scripted_tls`): refuses credentials as its own time says, each as its provider does.
    ExpiredCredentials,
    /// By HTTPS: the same as `RefusesCredentials`, with 403.
    StaleCredential,
    /// By HTTPS: certificates that no client takes.
    BadCertificates,
    /// By HTTPS: answers of something that is no registry, or of one that is not well.
    StrangeAnswers,
    /// By HTTPS: Docker Hub, with little left of its pull limit.
    DockerHub,
    /// By HTTPS: refuses one push in ten with a token that it had granted.
    RefusesOnePushInTen,
}

/// A running registry; it ends when it is dropped.
pub struct Scripted {
    servers: Servers,
}

/// Its name in the log.
const NAME: &str = "registry";

impl Scripted {
    pub fn start(cluster: &Cluster, behaviour: Behaviour) -> Self {
        if let Some(servers) = scripted_tls::start(cluster, behaviour) {
            return Self { servers };
        }
        let host = cluster.setting("SCRIPTED_REGISTRY");
        let port = host.rsplit_once(':').map_or("80", |(_, port)| port);
        let servers = Servers::new(Accounts::default());
        let bound = servers.bind_at(&format!("{}:{port}", cluster.setting("HOST_IP")));
        let (registry, host) = (registry(&servers.accounts, behaviour, host), host.to_string());
        servers.serve(bound, NAME, Wire::Http, move |request| match behaviour {
            Behaviour::EchoesPassword if request.path == "/token" => {
                let words = format!("no token for {}", request.body.replace(['\r', '\n'], " "));
                Reply::new(401).reason(&words)
            }
            Behaviour::SignedUrl => signed_url(&host, request),
            _ => registry.answer(request),
        });
        Self { servers }
    }

    /// `METHOD path` of the requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.servers.log.lines(NAME)
    }
}

fn registry(accounts: &Arc<Accounts>, behaviour: Behaviour, host: &str) -> Registry {
    let open = || Registry::open(accounts);
    match behaviour {
        Behaviour::Silent => open().fault(Fault::everywhere(Reply::silence())),
        Behaviour::EscapeSequences => {
            let words = "\x1b[2J\x1b[31mall is well\x1b[0m\x07 \u{202e}lleh";
            open().fault(Fault::everywhere(Reply::new(500).reason(words)))
        }
        Behaviour::RateLimited => {
            let error =
                json!({"code": "TOOMANYREQUESTS", "message": "You have reached your pull rate limit."});
            open().fault(Fault::everywhere(Reply::json(429, &json!({"errors": [error]}))))
        }
        Behaviour::ServerError => open().fault(Fault::everywhere(Reply::new(500))),
        Behaviour::EchoesPassword | Behaviour::SignedUrl | Behaviour::RefusesCredentials => {
            let mut registry = Registry::bearer(accounts, &format!("http://{host}/token"));
            let mut token = TokenService::new(accounts);
            token.nobody = Some(Rights::Pull);
            token.wrong_password = WrongPassword::Refused(Reply::new(401));
            registry.token = Some(token);
            registry
        }
        other => unreachable!("{other:?} is by HTTPS"),
    }
}

fn signed_url(host: &str, request: &Request) -> Reply {
    if request.query.contains("X-Amz-Signature") {
        return Reply::new(403);
    }
    Reply::redirect(&format!(
        "http://{host}/bucket/blob?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE\
         &X-Amz-Signature=0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    ))
}
