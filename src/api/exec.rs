//! Commands in a container of a running pod.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::AttachParams;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::{Api, ApiError};
use crate::secret::Secret;
use crate::text::Clean;

/// No output that is read is larger; of what comes beyond that nothing is read.
const LARGEST_OUTPUT: u64 = 16 << 10;
/// How long after its output the end of a command is waited for.
const LINGER: Duration = Duration::from_secs(2);

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// What it wrote, up to 16 KiB; what is not UTF-8 is replaced.
    pub stdout: String,
    /// What it wrote as errors.
    pub stderr: Clean,
    /// How it ended.
    pub end: End,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With this exit status; 0 is success.
    Exit(i32),
    /// It could not be started, in the runtime's words: as a rule the image does not have it.
    NotStarted(Clean),
    /// The connection ended before its status came, or its output was larger than is read.
    Unknown,
}

impl Ran {
    /// Whether it ended well.
    pub fn is_good(&self) -> bool {
        self.end == End::Exit(0)
    }
}

impl Api {
    /// Runs a command in a container and waits for its end. `input` is written to its standard input, which stays
    /// open: servers before 1.30 speak a protocol (`v4.channel.k8s.io`) that cannot close it, so the command must know
    /// where its input ends. The caller sets a limit of time.
    ///
    /// The command's words are in the request's URL and so in the server's audit log: nothing secret may be in them.
    /// API servers take an exec by WebSocket as `get pods/exec`; from Kubernetes 1.35 on they ask for `create` besides.
    ///
    /// # Errors
    ///
    /// The API server's refusal, or that no WebSocket connection could be made.
    pub async fn exec(
        &self,
        (namespace, pod, container): (&str, &str, &str),
        command: &[&str],
        input: Option<&Secret>,
    ) -> Result<Ran, ApiError> {
        let pods: kube::Api<Pod> = kube::Api::namespaced(self.client.clone(), namespace);
        let how = AttachParams {
            container: Some(container.to_string()),
            stdin: input.is_some(),
            stdout: true,
            stderr: true,
            ..AttachParams::default()
        };
        let begun = pods.exec(pod, command.iter().copied(), &how).await;
        let mut process = begun.map_err(|error| self.failed(&error))?;
        let status = process.take_status();
        // Dropping the writer closes the input, or with the old protocol the whole connection.
        let mut stdin = process.stdin();
        if let (Some(writer), Some(input)) = (&mut stdin, input) {
            // A command that does not read its input is no error.
            let _ = writer.write_all(input.expose().as_bytes()).await;
        }
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let (out, err) = (process.stdout(), process.stderr());
        let whole = tokio::try_join!(collect(out, &mut stdout), collect(err, &mut stderr)).is_ok();
        let status = match status {
            Some(status) if whole => timeout(LINGER, status).await.ok().flatten(),
            _ => None,
        };
        drop(stdin);
        let end = status.map_or(End::Unknown, |status| end_of(&status));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Ran { stdout: text(&stdout), stderr: Clean::with_cap(&text(&stderr), 1024), end })
    }
}

/// Its output is larger than is read.
struct TooLarge;

/// Keeps what a stream brings. The end of one that is too large is an error and not awaited: the library would wait for
/// room for the rest of it, and the other stream with it.
async fn collect(from: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) -> Result<(), TooLarge> {
    let Some(from) = from else { return Ok(()) };
    let _ = from.take(LARGEST_OUTPUT).read_to_end(into).await;
    if into.len() as u64 >= LARGEST_OUTPUT { Err(TooLarge) } else { Ok(()) }
}

/// The status that the kubelet sends at the end (`remotecommand` in k8s.io/kubelet): success, `NonZeroExitCode` with
/// the code as a cause, or an error of the runtime.
fn end_of(status: &k8s_openapi::apimachinery::pkg::apis::meta::v1::Status) -> End {
    if status.status.as_deref() == Some("Success") {
        return End::Exit(0);
    }
    let details = status.details.iter().flat_map(|details| details.causes.iter().flatten());
    let code = details.filter(|cause| cause.reason.as_deref() == Some("ExitCode"));
    let code = code.filter_map(|cause| cause.message.as_deref()?.trim().parse().ok()).next();
    match code {
        Some(code) => End::Exit(code),
        None => End::NotStarted(Clean::with_cap(status.message.as_deref().unwrap_or_default(), 512)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(json: &str) -> End {
        end_of(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn the_kubelets_status_tells_an_exit_from_a_command_that_never_ran() {
        assert_eq!(end(r#"{"metadata":{},"status":"Success"}"#), End::Exit(0));
        let failed = r#"{"metadata":{},"status":"Failure","reason":"NonZeroExitCode","details":{"causes":
            [{"reason":"ExitCode","message":"126"}]},"message":"command terminated with non-zero exit code"}"#;
        assert_eq!(end(failed), End::Exit(126));
        let missing = r#"{"metadata":{},"status":"Failure","reason":"InternalError","code":500,
            "message":"exec: \"sha256sum\": executable file not found in $PATH: unknown"}"#;
        assert!(
            matches!(end(missing), End::NotStarted(words) if words.as_str().contains("not found in $PATH"))
        );
        assert_eq!(end(r#"{"metadata":{},"status":"Failure"}"#), End::NotStarted(Clean::default()));
    }
}
