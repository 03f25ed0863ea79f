//! What logs put before a message: times, levels, where it was written.

use super::layers::{Program, Rule};

pub(super) const PROGRAM: Program = Program { name: "log", rules: RULES };

const RULES: &[Rule] = &[
    Rule(r"\[?\d{4}[/-]\d\d[/-]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?\s+", &[]),
    // klog, as the kubelet and OpenShift's builder write
    Rule(r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ \S+\.go:\d+\]\s+", &[]),
    Rule(r"(?:ERROR?|FATAL?|WARN(?:ING)?|ERRO|FATA|INFO)(?:\[\d+\])?\s+", &[]),
];
