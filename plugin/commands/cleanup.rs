//! `kubectl regauth cleanup`.

use regauth::api::connect;
use regauth::collect::access;
use regauth::error::Error;
use regauth::run::cleanup::{self, Left, Which};

use super::Failure;
use crate::cli::{Cleanup, Connection};
use crate::output::Output;
use crate::settings;

/// Shows what runs left, asks, and removes it.
pub async fn run(connection: &Connection, args: &Cleanup, output: &mut Output) -> Result<u8, Failure> {
    let api = connect(&settings::connect_options(connection)).await?;
    let own = connection.namespace.clone().unwrap_or_else(|| api.default_namespace().to_string());
    let namespace = (!args.all_namespaces).then_some(own.as_str());
    let rights = access::missing(&api, namespace.unwrap_or_default(), access::CLEANUP).await?;
    if !rights.is_empty() {
        let namespace = namespace.unwrap_or_default().to_string();
        return Err(Error::MissingRights { rights, namespace, part: "--cleanup" }.into());
    }
    let which = match (&args.run, args.force) {
        (Some(id), _) => Which::Run(id.clone()),
        (None, true) => Which::All,
        (None, false) => Which::PastDeadline,
    };
    let found = cleanup::find(&api, namespace, &which).await?;
    let place = namespace.map_or_else(|| "any namespace".to_string(), |name| format!("namespace {name}"));
    if found.is_empty() {
        output.data(&format!("nothing to remove in {place}{}\n", hint(&which)))?;
        return Ok(0);
    }
    for left in &found {
        output.data(&format!("{}\n", describe(left)))?;
    }
    if !args.yes {
        match output.ask(&format!("remove {}?", runs(found.len()))) {
            Some(true) => {}
            Some(false) => return Err("nothing was removed".into()),
            None => return Err("nothing was removed: say --yes when there is nobody to ask".into()),
        }
    }
    let mut failed = Vec::new();
    for left in &found {
        if let Err(error) = cleanup::remove(&api, left).await {
            failed.push(format!("run {} in namespace {}: {error}", left.run, left.namespace));
        }
    }
    output.data(&format!("removed {}\n", runs(found.len() - failed.len())))?;
    if failed.is_empty() { Ok(0) } else { Err(format!("not removed: {}", failed.join("; ")).into()) }
}

fn runs(count: usize) -> String {
    if count == 1 { "1 run".into() } else { format!("{count} runs") }
}

fn hint(which: &Which) -> &'static str {
    match which {
        Which::PastDeadline => " (of runs past their deadline; --force takes those that are going on too)",
        Which::Run(_) | Which::All => "",
    }
}

fn describe(left: &Left) -> String {
    let job = if left.job { "a Job" } else { "no Job" };
    let pods = if left.pods == 1 { "1 pod".to_string() } else { format!("{} pods", left.pods) };
    let state = match (left.past_deadline, left.deadline) {
        (true, Some(deadline)) => format!("past its deadline of {deadline}"),
        (true, None) => "its Job is gone".into(),
        (false, Some(deadline)) => format!("may be going on until {deadline}"),
        (false, None) => "may be going on".into(),
    };
    format!("run {} in namespace {}: {job}, {pods}, {state}", left.run, left.namespace)
}
