//! The flag of commands that can write what they found into the cluster.

use clap::Args;

/// Whether findings are written as Kubernetes events.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct EventArgs {
    /// Write each finding as a Kubernetes event on the workload, ServiceAccount, Secret, pod or node that it is about
    #[arg(long, help_heading = "Output")]
    pub emit_events: bool,
}

impl EventArgs {
    /// Beside a flag that keeps this program from writing anything.
    ///
    /// # Errors
    ///
    /// A sentence that names both flags, where both were given.
    pub fn check_beside(self, given: bool, flag: &str) -> Result<(), String> {
        match self.emit_events && given {
            true => Err(format!(
                "--emit-events writes into the cluster, and {flag} does not: leave one of them out"
            )),
            false => Ok(()),
        }
    }
}
