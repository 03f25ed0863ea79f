//! Port-forward to a pod: a listener on this machine whose connections end at a port of the pod.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use k8s_openapi::api::core::v1::Pod;
use kube::api::Portforwarder;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::{Api, ApiError};
use crate::text::Clean;

/// A listener on 127.0.0.1 whose connections end at a port of a pod: each of them is a port-forward of its own, as
/// `kubectl port-forward` makes them. It and its connections are closed when it is dropped.
pub struct Forward {
    address: SocketAddr,
    listening: AbortHandle,
    problem: Problem,
}

/// What went wrong with a connection last.
type Problem = Arc<Mutex<Option<Clean>>>;

impl Forward {
    /// Where it listens: 127.0.0.1 and a free port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Why a connection failed last, where the API server or the pod said so: a client of the listener sees only that
    /// its connection ends.
    pub fn problem(&self) -> Option<Clean> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        // The connections are in a set of the listening task's and end with it.
        self.listening.abort();
    }
}

/// Listens on a free port of 127.0.0.1 and forwards each connection to `port` of a pod.
///
/// One stream is opened and closed first, so that a missing right or pod is an error here and not a mute end of the
/// first connection. API servers take a port-forward by WebSocket as `get pods/portforward`; from Kubernetes 1.35 on
/// they ask for `create` besides.
///
/// # Errors
///
/// The API server's refusal, or that no WebSocket connection could be made.
pub async fn forward(api: &Api, namespace: &str, pod: &str, port: u16) -> Result<Forward, ApiError> {
    let to = Target { api: api.clone(), namespace: namespace.into(), pod: pod.into(), port };
    drop(to.open().await?);
    let local = |error: std::io::Error| {
        api.unreachable(&format!("this machine gives no port to forward from ({})", error.kind()))
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(local)?;
    let address = listener.local_addr().map_err(local)?;
    let problem = Problem::default();
    let listening = tokio::spawn(listen(listener, to, problem.clone())).abort_handle();
    Ok(Forward { address, listening, problem })
}

/// What is forwarded to.
#[derive(Clone)]
struct Target {
    api: Api,
    namespace: String,
    pod: String,
    port: u16,
}

impl Target {
    async fn open(&self) -> Result<Stream, ApiError> {
        let pods: kube::Api<Pod> = kube::Api::namespaced(self.api.client.clone(), &self.namespace);
        let made = pods.portforward(&self.pod, &[self.port]).await;
        made.map(Stream).map_err(|error| self.api.failed(&error))
    }
}

/// One port-forward; its connection to the API server is closed when it is dropped.
struct Stream(Portforwarder);

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn listen(listener: TcpListener, to: Target, problem: Problem) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // Accepting fails for a connection that is gone already, or while there are no descriptors.
                let Ok((client, _)) = accepted else {
                    tokio::task::yield_now().await;
                    continue;
                };
                let (to, problem) = (to.clone(), problem.clone());
                connections.spawn(async move {
                    if let Err(why) = carry(client, &to).await {
                        *problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
                    }
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Carries bytes both ways until both ends are closed.
async fn carry(mut client: TcpStream, to: &Target) -> Result<(), Clean> {
    let mut stream = to.open().await.map_err(|error| Clean::new(&error.to_string()))?;
    let (Some(mut port), Some(told)) = (stream.0.take_stream(to.port), stream.0.take_error(to.port)) else {
        return Err(Clean::new("the port-forward has no stream for its port"));
    };
    let told = async {
        match told.await {
            Some(message) => message,
            // The channel closes without a word when all is well.
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        copied = copy_bidirectional(&mut client, &mut port) => {
            copied.map(|_| ()).map_err(|error| Clean::new(&format!("the connection was cut: {}", error.kind())))
        }
        message = told => {
            let Target { pod, port, .. } = to;
            Err(Clean::new(&format!("port {port} of pod {pod} cannot be reached: {}", message.trim())))
        }
    }
}
