//! Why a run cannot begin. What goes wrong later is evidence, not an error.

use crate::api::ApiError;
use crate::collect::access::Right;

/// A reason for which nothing can be judged: one sentence that says what to do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The API server did not do what was asked.
    #[error("cannot {doing}: {source}")]
    Api {
        /// What was being done, as an infinitive.
        doing: String,
        /// What came back.
        source: ApiError,
    },
    /// What the user named is not there.
    #[error("{0}")]
    NotThere(String),
    /// Rights that the run needs and the user lacks.
    #[error("{}", missing_rights(.rights, .namespace, .part))]
    MissingRights {
        /// The rights.
        rights: Vec<Right>,
        /// The namespace of the run.
        namespace: String,
        /// The flag of `kubectl regauth rbac` that prints them.
        part: &'static str,
    },
    /// The request makes no sense as given.
    #[error("{0}")]
    Usage(String),
}

impl Error {
    /// For `map_err`: what was being done when a request failed.
    pub fn doing(doing: impl Into<String>) -> impl FnOnce(ApiError) -> Self {
        move |source| Self::Api { doing: doing.into(), source }
    }
}

fn missing_rights(rights: &[Right], namespace: &str, part: &str) -> String {
    let list: Vec<String> = rights.iter().map(|right| right.describe(namespace)).collect();
    format!(
        "you may not {}; nothing was changed. `kubectl regauth rbac {part}` prints the rights that an administrator can grant",
        list.join(", nor ")
    )
}
