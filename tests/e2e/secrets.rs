//! Pull secrets of scenarios: passwords stand in no file, and none may be in any output.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::json;

use crate::support::space::Space;

/// A pull secret to make: an entry for one registry, or a whole docker configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PullSecret {
    pub name: String,
    /// The key of its only entry.
    #[serde(default)]
    registry: String,
    #[serde(default)]
    user: User,
    #[serde(default)]
    password: Password,
    /// The docker configuration as it stands, in place of all that.
    config: Option<String>,
}

/// Users of the test cluster's registries, who have a right password each.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum User {
    #[default]
    Puller,
    Other,
    Pusher,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Password {
    #[default]
    Right,
    Wrong,
    /// As `aws ecr get-login-password` printed it yesterday.
    ExpiredEcr,
    /// An access token, which is opaque.
    ExpiredGoogle,
    /// A refresh token as `az acr login --expose-token` printed it yesterday.
    ExpiredAzure,
}

impl PullSecret {
    /// Makes it; returns what must be in no output.
    pub fn make(&self, space: &Space, fill: impl Fn(&str) -> String) -> Vec<String> {
        if let Some(config) = &self.config {
            space.docker_config(&self.name, &fill(config));
            return Vec::new();
        }
        let (user, password) = self.credential(space);
        space.pull_secret(&self.name, &fill(&self.registry), &user, &password);
        let auth = STANDARD.encode(format!("{user}:{password}"));
        vec![password, auth]
    }

    fn credential(&self, space: &Space) -> (String, String) {
        let (user, right) = match self.user {
            User::Puller => ("REGISTRY_USER", "REGISTRY_PASSWORD"),
            User::Other => ("OTHER_USER", "OTHER_PASSWORD"),
            User::Pusher => ("PUSHER_USER", "PUSHER_PASSWORD"),
        };
        let user = || space.cluster.setting(user).to_string();
        match self.password {
            Password::Right => (user(), space.cluster.setting(right).to_string()),
            Password::Wrong => (user(), wrong(space)),
            Password::ExpiredEcr => ("AWS".into(), ecr_token(space)),
            Password::ExpiredGoogle => ("oauth2accesstoken".into(), format!("ya29.{}", wrong(space))),
            Password::ExpiredAzure => ("00000000-0000-0000-0000-000000000000".into(), azure_token(space)),
        }
    }
}

/// A password that nobody has: `${WRONG_PASSWORD}`.
pub fn wrong(space: &Space) -> String {
    format!("planted-{}-wrong", space.namespace)
}

/// What is known of the form: base64 of JSON with an encrypted payload and its expiry in epoch seconds.
fn ecr_token(space: &Space) -> String {
    let token = json!({
        "payload": STANDARD.encode(wrong(space)), "datakey": "AQEBAHh", "version": "2", "type": "DATA_KEY",
        "expiration": 1_700_000_000,
    });
    STANDARD.encode(token.to_string())
}

fn azure_token(space: &Space) -> String {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({"alg": "RS256", "typ": "JWT"}));
    let claims = part(json!({
        "iat": 1_699_990_000, "nbf": 1_699_990_000, "exp": 1_700_000_000, "grant_type": "refresh_token",
        "iss": "Azure Container Registry",
    }));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(wrong(space)))
}
