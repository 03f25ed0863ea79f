//! `kubectl regauth monitor`: check-ups and canaries again and again, and what they come to as metrics.

mod canary;
mod figures;
mod health;
mod http;
mod pulls;
mod refused;
mod rounds;
mod schedule;
#[cfg(test)]
mod tests;
mod text;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use regauth::api::connect;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::figures::Figures;
use self::health::Health;
use self::rounds::Rounds;
use super::Failure;
use crate::cli::{Connection, Monitor};
use crate::output::Output;
use crate::{settings, signals};

/// How long what goes on may take to end in order: a run removes its pods.
const GRACE: Duration = Duration::from_millis(1_800);

/// What the loop and the server share.
pub struct Shared {
    figures: Mutex<Figures>,
    health: Health,
}

impl Shared {
    /// The figures. They are whole even if somebody panicked who held them: each change is one of single numbers.
    fn figures(&self) -> MutexGuard<'_, Figures> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl http::Pages for Shared {
    fn metrics(&self) -> String {
        text::figures(&self.figures())
    }

    fn complaint(&self) -> Option<String> {
        self.health.complaint()
    }
}

/// Goes on until a signal ends it.
pub async fn run(connection: &Connection, args: &Monitor, output: &mut Output) -> Result<u8, Failure> {
    args.events.check_beside(args.checkup.read_only, "--read-only")?;
    let repositories = canary::check(args)?;
    let api = connect(&settings::connect_options(connection)).await?;
    let listener = TcpListener::bind(args.listen).await.map_err(|error| cannot_listen(args, &error))?;
    let address = listener.local_addr().map_err(|error| cannot_listen(args, &error))?;
    output.log(&format!("metrics at http://{address}/metrics"));
    let shared = Arc::new(Shared {
        figures: Mutex::new(Figures::new(&repositories, Timestamp::now())),
        health: Health::new(args.interval * 2 + args.checkup.max_duration),
    });
    let server = tokio::spawn(http::serve(listener, shared.clone()));
    let stop = CancellationToken::new();
    let listening = signals::listen(&stop);
    let rounds = Rounds::new(&api, (connection, args), repositories, &shared, &stop, output);
    tokio::select! {
        () = rounds.go_on() => {}
        _ = listening => {}
        () = out_of_grace(&stop) => output.log(
            "ended before all of it was tidy: pods of a test go at their Job's deadline, or by `kubectl regauth cleanup`"
        ),
    }
    server.abort();
    Ok(0)
}

fn cannot_listen(args: &Monitor, error: &std::io::Error) -> Failure {
    format!("{} cannot be listened on ({}): --listen names another address", args.listen, error.kind()).into()
}

async fn out_of_grace(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(GRACE).await;
}
