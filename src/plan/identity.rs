//! What a pull is done as.

use serde::{Deserialize, Serialize};

/// What a pull is done as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// What the user named: `deploy/web`, `serviceaccount/builder`, `secret/regcred`.
    pub name: String,
    /// The ServiceAccount of the run's pods.
    pub service_account: String,
    /// Pull secrets in the order in which the kubelet sees them; none means an anonymous pull, unless the
    /// node itself has credentials.
    pub pull_secrets: Vec<String>,
    /// Where the pull secrets come from.
    pub source: SecretSource,
}

impl Identity {
    /// Whoever uses this machine, with its own credentials.
    pub fn of_this_machine() -> Self {
        Self {
            name: "this machine".into(),
            service_account: String::new(),
            pull_secrets: Vec::new(),
            source: SecretSource::ServiceAccount,
        }
    }

    /// One short text for a table: who, and with which pull secrets.
    pub fn describe(&self) -> String {
        match (self.source, self.pull_secrets.is_empty()) {
            (SecretSource::Disabled, _) => "no pull secret (node credentials may apply)".into(),
            (SecretSource::Given, _) => self.pull_secrets_text(),
            (_, true) => format!("{} (no pull secret)", self.name),
            (_, false) => format!("{} ({})", self.name, self.pull_secrets_text()),
        }
    }

    /// The flags of `pull` that ask for this identity.
    pub fn flags(&self) -> String {
        let account = format!("--service-account {}", self.service_account);
        match self.source {
            _ if self.name.contains('/')
                && !self.name.starts_with("serviceaccount/")
                && !self.name.starts_with("secret/") =>
            {
                format!("--as-workload {}", self.name)
            }
            SecretSource::Disabled => format!("{account} --no-pull-secret"),
            SecretSource::Given => {
                let secrets: Vec<String> =
                    self.pull_secrets.iter().map(|name| format!("--pull-secret {name}")).collect();
                format!("{account} {}", secrets.join(" "))
            }
            SecretSource::ServiceAccount | SecretSource::Workload => account,
        }
    }

    fn pull_secrets_text(&self) -> String {
        let word = if self.pull_secrets.len() == 1 { "secret" } else { "secrets" };
        format!("{word} {}", self.pull_secrets.join(", "))
    }
}

/// Where an identity's pull secrets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum SecretSource {
    /// The ServiceAccount's `imagePullSecrets`, which admission copies into pods that name none.
    ServiceAccount,
    /// The workload's own `imagePullSecrets`; the ServiceAccount's do not apply.
    Workload,
    /// Named on the command line.
    Given,
    /// A name that does not exist, which keeps the ServiceAccount's out.
    Disabled,
}
