//! What becomes of the API server's answers, and what a run asks it for.

mod applying;
mod build;
mod events;
mod harvesting;
mod manifests;
mod pods;
mod probe_images;
mod probe_manifests;
mod probes;
mod refusing;
mod time;
mod webhooks;
