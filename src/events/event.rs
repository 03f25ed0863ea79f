//! One event: its name, its words, and how it is written.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Written;
use super::objects::Object;
use crate::api::{Api, ApiError, path};
use crate::code::Code;
use crate::finding::{Finding, Severity};
use crate::text::Clean;

/// Who says it.
const CONTROLLER: &str = "kubectl-regauth";
/// The longest note of an event, in bytes (`NoteLengthLimit` in pkg/apis/core/validation/events.go, Kubernetes 1.36).
const LONGEST: usize = 1024;
/// What is kept of the object's name in the event's, in bytes: both may have 253.
const NAME: usize = 200;

/// An event that is to be written.
pub(super) struct Planned {
    pub object: Object,
    code: Code,
    severity: Severity,
    cause: String,
    certain: bool,
    page: String,
    /// How many more findings of this code the object has.
    pub more: usize,
}

/// As far as an event that is there already is read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Known {
    count: Option<u64>,
}

/// The verb that failed, for the right that it needs.
type Failed = (&'static str, ApiError);

impl Planned {
    pub fn of(finding: &Finding, object: Object, page: String) -> Self {
        Self {
            object,
            code: finding.code,
            severity: finding.severity,
            cause: finding.cause.clone(),
            certain: finding.certain,
            page,
            more: 0,
        }
    }

    /// Looks for the object, and makes the event or raises its count.
    pub async fn write(&self, api: &Api, now: Timestamp) -> Result<Written, Failed> {
        let uid = match api.metadata(&self.object.path).await {
            Ok(metadata) => metadata.uid,
            Err(error) if error.code() == Some(404) => return Ok(Written::NoObject),
            // Whether it is there may not be asked. What the finding says of it was seen in some other way, unless it says
            // that it is missing.
            Err(error) if error.code() == Some(403) => match self.code {
                Code::PullSecretMissing => return Ok(Written::NoObject),
                _ => String::new(),
            },
            Err(error) => return Ok(Written::Failed(Clean::new(&error.to_string()))),
        };
        let collection = path::core(self.object.events_in(), "events");
        let name = self.name(&uid);
        let one = path::named(&collection, &name);
        match api.get::<Known>("event", &one).await {
            Ok(known) => self.raise(api, &one, known.count.unwrap_or(1), now).await,
            Err(error) if error.code() == Some(404) => {
                match api.create::<Value>("event", &collection, &self.object_of(&name, &uid, now)).await {
                    Ok(_) => Ok(Written::Created),
                    // Another run was faster, or the answer to a first try was lost.
                    Err(error) if error.code() == Some(409) => self.raise(api, &one, 1, now).await,
                    Err(error) => Err(("create", error)),
                }
            }
            Err(error) => Err(("get", error)),
        }
    }

    async fn raise(&self, api: &Api, one: &str, count: u64, now: Timestamp) -> Result<Written, Failed> {
        let patch = json!({
            "count": count.saturating_add(1).min(i32::MAX as u64),
            "lastTimestamp": seconds(now),
            "message": self.note(),
            "type": self.kind(),
        });
        let patched = api.patch::<Value>("event", one, &patch).await;
        patched.map(|_| Written::Raised).map_err(|error| ("patch", error))
    }

    /// The same for the same code and object; one that was made anew under the old name is another.
    pub(super) fn name(&self, uid: &str) -> String {
        let Object { kind, namespace, name, .. } = &self.object;
        let hash = Sha256::digest(format!("{}\n{kind}\n{namespace}\n{name}\n{uid}", self.code));
        let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        // Names of objects are ASCII.
        let kept = name.get(..NAME).unwrap_or(name).trim_end_matches(['-', '.']);
        format!("{kept}.regauth-{hash}")
    }

    pub(super) fn object_of(&self, name: &str, uid: &str, now: Timestamp) -> Value {
        let object = &self.object;
        let mut about = json!({"apiVersion": object.api_version, "kind": object.kind, "name": object.name});
        for (field, value) in [("namespace", object.namespace.as_str()), ("uid", uid)] {
            if !value.is_empty() {
                about[field] = json!(value);
            }
        }
        json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": name,
                "namespace": object.events_in(),
                "labels": {"app.kubernetes.io/managed-by": CONTROLLER},
            },
            "involvedObject": about,
            "type": self.kind(),
            "reason": self.code.as_str(),
            "message": self.note(),
            "count": 1,
            "firstTimestamp": seconds(now),
            "lastTimestamp": seconds(now),
            "source": {"component": CONTROLLER},
            "reportingComponent": CONTROLLER,
            "reportingInstance": CONTROLLER,
        })
    }

    /// Kubernetes has two types. What could not be told never passes for normal.
    fn kind(&self) -> &'static str {
        if self.severity == Severity::Info { "Normal" } else { "Warning" }
    }

    /// The cause and where to read on, at most [`LONGEST`] bytes.
    fn note(&self) -> String {
        let unsure = if self.certain { "" } else { " This is not certain." };
        let more = match self.more {
            0 => String::new(),
            more => format!(" {more} more of this kind."),
        };
        let end = format!("{unsure}{more} See {}", self.page);
        // Cleaned, since a cause repeats what others said; the room that is left out is for the note of how much was cut.
        let room = LONGEST.saturating_sub(end.len() + 32);
        let cause = Clean::with_cap(&self.cause, room);
        let stop = if cause.as_str().ends_with(['.', '!', '?']) { "" } else { "." };
        let mut note = format!("{cause}{stop}{end}");
        while note.len() > LONGEST {
            note.pop();
        }
        note
    }
}

/// Events have whole seconds.
fn seconds(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}
