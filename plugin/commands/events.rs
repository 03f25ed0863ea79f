//! Findings as Kubernetes events, where `--emit-events` asks for them.

use std::time::Duration;

use jiff::Timestamp;
use regauth::api::Api;
use regauth::events::{self, Emitted};
use regauth::evidence::Evidence;
use regauth::report::Report;
use tokio_util::sync::CancellationToken;

use super::{Failure, runs};
use crate::cli::{EventArgs, OutputArgs};
use crate::output::Output;
use crate::{render, signals};

/// How long writing the events of one report may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Prints a report, then writes its findings as events where that was asked for. `parts` is the evidence that was judged,
/// which says in which namespace each finding was made. What keeps events from being written changes no exit status.
pub async fn print(
    api: &Api,
    (report, parts): (&Report, &[Evidence]),
    (printed, events): (&OutputArgs, EventArgs),
    output: &mut Output,
) -> Result<u8, Failure> {
    let status = runs::print(report, printed, output)?;
    if events.emit_events && !report.run.interrupted {
        let stop = CancellationToken::new();
        let listening = signals::listen(&stop);
        emit(api, report, parts, &stop, output).await;
        listening.abort();
    }
    Ok(status)
}

/// Writes the findings of a report as events, until `stop` is cancelled.
pub async fn emit(api: &Api, report: &Report, parts: &[Evidence], stop: &CancellationToken, output: &Output) {
    let placed = events::placed(report, parts);
    let writing = events::emit(api, &placed, render::page::url, Timestamp::now());
    tokio::select! {
        emitted = tokio::time::timeout(LIMIT, writing) => match emitted {
            Ok(emitted) => tell(&emitted, output),
            Err(_) => output.warning(&format!(
                "not all events were written within {} s: does the API server answer?", LIMIT.as_secs()
            )),
        },
        () = stop.cancelled() => output.warning("interrupted: not all events were written"),
    }
}

fn tell(emitted: &Emitted, output: &Output) {
    let Emitted { created, raised, without_object, left_out, denied, failed } = emitted;
    output.remark(&format!(
        "{} events written, {created} of them new; {without_object} findings are about no object of the cluster",
        created + raised
    ));
    if *left_out > 0 {
        output
            .warning(&format!("{left_out} more events were left out: a run writes {} at most", events::MOST));
    }
    if !denied.is_empty() {
        let rights: Vec<&str> = denied.iter().map(String::as_str).collect();
        output.warning(&format!(
            "events were not written, you may not {}: `kubectl regauth rbac --events` prints the rights",
            rights.join(", ")
        ));
    }
    if let Some((count, why)) = failed {
        output.warning(&format!("{count} events could not be written: {why}"));
    }
}
