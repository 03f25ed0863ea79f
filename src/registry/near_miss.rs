//! To come with the registry library.
use serde::{Deserialize, Serialize};

/// To come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NearMiss;
/// To come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Useless;
