//! Objects as mends name them.

use super::yaml::{Yaml, map, text};
use crate::evidence::workloads::Workload;

/// What is changed.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    /// What kubectl calls it: `deploy/web`, `serviceaccount/web`.
    pub(super) short: &'a str,
    /// Its name.
    pub(super) name: &'a str,
    /// Its namespace.
    pub(super) namespace: &'a str,
    kind: Kind,
}

/// Kinds that have pull secrets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    ReplicationController,
    CronJob,
    Job,
    Pod,
    ServiceAccount,
}

impl Kind {
    /// By the name that kubectl has for it. Whatever has no kind of its own here is a pod.
    fn of(short: &str) -> Self {
        match short {
            "deploy" => Self::Deployment,
            "sts" => Self::StatefulSet,
            "ds" => Self::DaemonSet,
            "rs" => Self::ReplicaSet,
            "rc" => Self::ReplicationController,
            "cronjob" => Self::CronJob,
            "job" => Self::Job,
            "serviceaccount" => Self::ServiceAccount,
            _ => Self::Pod,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::ReplicaSet => "ReplicaSet",
            Self::ReplicationController => "ReplicationController",
            Self::CronJob => "CronJob",
            Self::Job => "Job",
            Self::Pod => "Pod",
            Self::ServiceAccount => "ServiceAccount",
        }
    }

    fn api_version(self) -> &'static str {
        match self {
            Self::Deployment | Self::StatefulSet | Self::DaemonSet | Self::ReplicaSet => "apps/v1",
            Self::CronJob | Self::Job => "batch/v1",
            Self::ReplicationController | Self::Pod | Self::ServiceAccount => "v1",
        }
    }

    /// Where the pod's spec lies.
    pub(super) fn pod_spec(self) -> &'static [&'static str] {
        match self {
            Self::CronJob => &["spec", "jobTemplate", "spec", "template", "spec"],
            Self::Pod => &["spec"],
            Self::ServiceAccount => &[],
            _ => &["spec", "template", "spec"],
        }
    }

    /// What a changed template does to the pods.
    pub(super) fn rolls(self) -> Rolls {
        match self {
            Self::Deployment | Self::StatefulSet | Self::DaemonSet => Rolls::AtOnce,
            Self::CronJob => Rolls::AtNextRun,
            Self::Job | Self::Pod => Rolls::MadeAnew,
            Self::ReplicaSet | Self::ReplicationController | Self::ServiceAccount => Rolls::NotByItself,
        }
    }
}

/// When pods get what was changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rolls {
    /// Its controller replaces them.
    AtOnce,
    /// The pods of the next run have it.
    AtNextRun,
    /// The object and its pods are deleted and made again.
    MadeAnew,
    /// Existing pods stay as they are until somebody deletes them.
    NotByItself,
}

impl<'a> Object<'a> {
    pub(super) fn workload(workload: &'a Workload) -> Self {
        Self::of(&workload.name, &workload.namespace)
    }

    /// `short`: as kubectl calls it.
    pub(super) fn of(short: &'a str, namespace: &'a str) -> Self {
        let (kind, name) = short.split_once('/').unwrap_or(("pod", short));
        Self { short, name, namespace, kind: Kind::of(kind) }
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// The head of a manifest of it.
    pub(super) fn manifest(&self, body: Yaml) -> Yaml {
        let head = map([
            ("apiVersion", text(self.kind.api_version())),
            ("kind", text(self.kind.as_str())),
            ("metadata", map([("name", text(self.name))])),
        ]);
        match (head, body) {
            (Yaml::Map(mut head), Yaml::Map(body)) => {
                head.extend(body);
                Yaml::Map(head)
            }
            (head, _) => head,
        }
    }
}
