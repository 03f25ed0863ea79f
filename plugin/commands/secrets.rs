//! `kubectl regauth secrets`.

use regauth::api::connect;
use regauth::evidence::Action;
use regauth::report::Report;

use super::{Failure, events, workloads};
use crate::cli::{Connection, Secrets};
use crate::output::Output;
use crate::settings;

/// Audits the credentials of workloads.
pub async fn run(connection: &Connection, args: &Secrets, output: &mut Output) -> Result<u8, Failure> {
    let api = connect(&settings::connect_options(connection)).await?;
    let evidence = workloads::read(&api, connection, &args.scope, Action::Secrets, Some(args.within)).await?;
    let report = Report::of(&evidence);
    events::print(&api, (&report, &[evidence]), (&args.output, args.events), output).await
}
