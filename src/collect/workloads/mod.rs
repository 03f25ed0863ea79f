//! Workloads and what their pulls need. Not read yet.

use crate::api::Api;
use crate::error::Error;
use crate::evidence::Node;
use crate::evidence::workloads::{Resource, Workloads};
use crate::plan::Plan;
use crate::secret::RunKey;
pub const FOR_WHY: &[Resource] = &[];
pub const FOR_SECRETS: &[Resource] = &[];
pub async fn read(_: &Api, _: &Plan, _: &RunKey) -> Result<(Workloads, Vec<Node>), Error> {
    Err(Error::NotThere("x".into()))
}
