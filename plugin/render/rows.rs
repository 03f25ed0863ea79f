//! What every kind of row has, for formats that treat all kinds alike: what was tested, where, and how it ended.

use regauth::code::Code;
use regauth::finding::Finding;
use regauth::report::{ClockMethod, FailingRow, Report, Row, Verdict};

use super::workloads;

/// A row of any kind.
pub struct View<'r> {
    /// The kind in one word: `pull`, `probe`, `limit`, `core`, `clock`, `text`, `workload`, `secret`, `manifest`.
    pub kind: &'static str,
    /// How it was tested, the same for every node: `kubelet`, `probe (pod network)`, `clock (lease)`.
    pub check: String,
    /// What was tested: an image, a core, a workload; empty where it is the node itself.
    pub what: String,
    /// Where; empty where no node has part in it, or it was this machine.
    pub nodes: Vec<&'r str>,
    /// How it ended.
    pub result: Verdict,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
    /// The code of the finding that explains it.
    pub code: Option<Code>,
    /// Ids of the evidence items.
    pub evidence: Vec<&'r str>,
}

impl<'r> View<'r> {
    /// Of any row.
    pub fn of(row: &'r Row) -> Self {
        match row {
            Row::Pull(row) => Self {
                took_ms: row.took_ms,
                nodes: node(&row.node),
                ..Self::new(("pull", "kubelet"), &row.image, row.result, row.code, &row.evidence)
            },
            Row::Probe(row) => Self {
                check: format!("probe ({} network)", row.network.as_str()),
                took_ms: row.took_ms,
                nodes: node(&row.node),
                ..Self::new(("probe", ""), &row.image, row.result, row.code, &row.evidence)
            },
            Row::Limit(row) => Self {
                check: format!("pull limit ({} network)", row.network.as_str()),
                what: format!("{} with {}", row.image, row.credential.as_deref().unwrap_or("no credential")),
                nodes: node(&row.node),
                ..Self::new(("limit", ""), "", row.result, row.code, &row.evidence)
            },
            Row::Core(row) => Self {
                nodes: node(&row.node),
                ..Self::new(("core", "Harbor core"), &row.pod, row.result, row.code, &row.evidence)
            },
            Row::Clock(row) => Self {
                nodes: node(&row.node),
                ..Self::new(("clock", clock(row.method)), "", row.result, row.code, &row.evidence)
            },
            // What shows an error is no test that went well.
            Row::Explained(row) => Self {
                what: format!("line {}", row.line),
                ..Self::new(("text", "text"), "", Verdict::Failed, row.code(), &row.evidence)
            },
            Row::Failing(row) => Self::of_failing(row),
            // What a manifest names is judged as a whole.
            Row::Audit(row) if row.planned.is_some() => Self {
                what: of_workload(&row.namespace, &row.workload, &row.image),
                ..Self::new(("manifest", "pull"), "", row.result, row.code, &row.evidence)
            },
            Row::Audit(row) => Self {
                what: of_workload(&row.namespace, &row.workload, &row.image),
                ..Self::new(("secret", "credentials"), "", row.result, row.code, &row.evidence)
            },
        }
    }

    fn of_failing(row: &'r FailingRow) -> Self {
        Self {
            what: of_workload(&row.namespace, &row.workload, &row.image),
            nodes: row.nodes.iter().map(String::as_str).collect(),
            evidence: row.evidence.iter().map(String::as_str).collect(),
            ..Self::new(("workload", "pods"), "", workloads::outcome(row), row.code, "")
        }
    }

    fn new(
        (kind, check): (&'static str, &str),
        what: &str,
        result: Verdict,
        code: Option<Code>,
        evidence: &'r str,
    ) -> Self {
        let (check, what) = (check.to_string(), what.to_string());
        Self { kind, check, what, nodes: Vec::new(), result, took_ms: None, code, evidence: vec![evidence] }
    }

    /// A name for the row that is the same in every run: `kubelet: IMAGE on NODE`.
    pub fn name(&self) -> String {
        let mut name = match self.what.is_empty() {
            true => self.check.clone(),
            false => format!("{}: {}", self.check, self.what),
        };
        // A workload's nodes change from one run to the next.
        if let ([node], false) = (self.nodes.as_slice(), self.kind == "workload") {
            name.push_str(&format!(" on {node}"));
        }
        name
    }

    /// The finding that explains it.
    pub fn finding<'f>(&self, report: &'f Report) -> Option<&'f Finding> {
        let code = self.code?;
        report.findings.iter().find(|finding| finding.code == code && self.is_about(finding))
    }

    /// Whether a finding is about it.
    pub fn is_about(&self, finding: &Finding) -> bool {
        finding.evidence.iter().any(|id| self.evidence.contains(&id.as_str()))
    }
}

fn node(name: &str) -> Vec<&str> {
    if name.is_empty() { Vec::new() } else { vec![name] }
}

fn clock(method: ClockMethod) -> &'static str {
    match method {
        ClockMethod::Lease => "clock (lease)",
        ClockMethod::Probe => "clock (probe)",
    }
}

fn of_workload(namespace: &str, workload: &str, image: &str) -> String {
    format!("{namespace}/{workload} with {image}")
}
