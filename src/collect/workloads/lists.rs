//! Lists in pages, folded object by object: no page outlives its decoding.

use jiff::Timestamp;
use serde::Deserialize;

use super::wire::Page;
use crate::api::{Api, ApiError, JSON, path};
use crate::evidence::{Outcome, Step};
use crate::text::Clean;

/// Objects a page.
const PAGE: &str = "500";
/// How often a list is begun anew because its place was forgotten (`410 Gone`).
const RESTARTS: usize = 3;
/// The representation that holds metadata alone (Kubernetes 1.15 and later).
const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// What is listed.
pub(super) struct List {
    /// What it is called in errors.
    pub what: &'static str,
    /// The collection's path.
    pub path: String,
    /// Query parameters; empty ones are left out.
    pub query: Vec<(&'static str, String)>,
    /// Whether metadata is enough.
    pub metadata_only: bool,
}

/// What was listed.
pub(super) struct Listed<S> {
    /// What the objects were folded into; what came before it broke off, too.
    pub state: S,
    /// How many there were.
    pub count: u64,
    /// Why it broke off.
    pub error: Option<ApiError>,
    /// The server's time at the first page.
    pub date: Option<Timestamp>,
}

impl<S> Listed<S> {
    /// As evidence.
    pub fn outcome(&self) -> Outcome<u64> {
        match &self.error {
            None => Outcome::Seen { value: self.count },
            Some(error) => outcome_of(error),
        }
    }

    /// Whether the whole list came.
    pub fn is_whole(&self) -> bool {
        self.error.is_none()
    }

    /// Nothing, since nothing made it necessary to ask.
    pub fn none(state: S) -> Self {
        Self { state, count: 0, error: None, date: None }
    }
}

/// What a failed read is as evidence.
pub(super) fn outcome_of<T>(error: &ApiError) -> Outcome<T> {
    match error.code() {
        Some(status @ (401 | 403)) => Outcome::Denied { status, message: error.message() },
        Some(404) => Outcome::Absent { message: error.message() },
        _ => Outcome::Failed { step: Step::Read, message: error.message() },
    }
}

/// How the objects of a list come together.
pub(super) trait Fold {
    /// The object's type; it may borrow from the page.
    type Item<'a>: Deserialize<'a>;

    /// Takes one object in.
    ///
    /// # Errors
    ///
    /// A part that is decoded later than the rest is not what it should be.
    fn add(&mut self, item: Self::Item<'_>) -> Result<(), serde_json::Error>;
}

impl List {
    /// A list in one namespace, or in all where it is empty.
    pub fn of(what: &'static str, group_version: &str, namespace: &str, resource: &str) -> Self {
        let path = match (group_version, namespace) {
            ("v1", "") => format!("/api/v1/{resource}"),
            ("v1", namespace) => path::core(namespace, resource),
            (group, "") => format!("/apis/{group}/{resource}"),
            (group, namespace) => path::group(group, namespace, resource),
        };
        Self { what, path, query: Vec::new(), metadata_only: false }
    }

    /// Of the objects only those that this field selector selects.
    pub fn fields(mut self, selector: &str) -> Self {
        self.query.push(("fieldSelector", selector.to_string()));
        self
    }

    /// Their metadata alone.
    pub fn metadata_only(mut self) -> Self {
        self.metadata_only = true;
        self
    }

    /// Reads all pages. A list whose place the server has forgotten is begun anew.
    pub async fn fold<S: Fold>(&self, api: &Api, new: impl Fn() -> S) -> Listed<S> {
        let mut restarts = 0;
        loop {
            let listed = self.once(api, new()).await;
            let gone = listed.error.as_ref().is_some_and(|error| error.code() == Some(410));
            if !gone || restarts == RESTARTS {
                return listed;
            }
            restarts += 1;
        }
    }

    async fn once<S: Fold>(&self, api: &Api, state: S) -> Listed<S> {
        let mut listed = Listed::none(state);
        let mut next = String::new();
        loop {
            match self.page(api, &next, &mut listed).await {
                Ok(token) if token.is_empty() => return listed,
                // A server that gives the same place again would never end.
                Ok(token) if token == next => {
                    listed.error =
                        Some(ApiError::Undecodable { what: self.what, class: "data", line: 0, column: 0 });
                    return listed;
                }
                Ok(token) => next = token,
                Err(error) => {
                    listed.error = Some(error);
                    return listed;
                }
            }
        }
    }

    async fn page<S: Fold>(&self, api: &Api, next: &str, listed: &mut Listed<S>) -> Result<String, ApiError> {
        let mut query: Vec<(&str, &str)> =
            self.query.iter().map(|(key, value)| (*key, value.as_str())).collect();
        query.extend([("limit", PAGE), ("continue", next)]);
        let accept = if self.metadata_only { METADATA } else { JSON };
        let answer = api.get_bytes(accept, &path::with(&self.path, &query)).await?;
        listed.date = listed.date.or(answer.date);
        let page: Page<S::Item<'_>> =
            serde_json::from_slice(&answer.body).map_err(|error| ApiError::undecodable(self.what, &error))?;
        for item in page.items {
            listed.state.add(item).map_err(|error| ApiError::undecodable(self.what, &error))?;
            listed.count += 1;
        }
        Ok(page.metadata.next)
    }
}

/// One sentence for what was not asked because something before it was not there.
pub(super) fn not_read<T>(why: &str) -> Outcome<T> {
    Outcome::Failed { step: Step::Read, message: Clean::new(why) }
}
