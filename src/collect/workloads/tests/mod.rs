//! What pods and objects become, from JSON.
