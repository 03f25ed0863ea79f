//! Times, sizes and verdicts as people read them.

use regauth::evidence::Presence;
use regauth::report::Verdict;

/// Where there is nothing to show.
pub fn none() -> String {
    "-".into()
}

/// A verdict in words.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Failed => "failed",
        Verdict::NotFinished => "not finished",
        Verdict::NotTested => "not tested",
    }
}

/// Whether a finding is certain.
pub fn certain(certain: Option<bool>) -> String {
    match certain {
        Some(true) => "yes".into(),
        Some(false) => "no".into(),
        None => none(),
    }
}

/// Whether a node had an image.
pub fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Yes => "yes",
        Presence::No => "no",
        Presence::Unknown => "unknown",
    }
}

/// A time as people read it: `58ms`, `1.2s`, `2m03s`.
pub fn millis(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..60_000 => format!("{}.{}s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{}m{:02}s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// A window of time: `6h`, `90s`.
pub fn window(seconds: u64) -> String {
    match seconds {
        s if s >= 3600 && s.is_multiple_of(3600) => format!("{}h", s / 3600),
        s if s >= 60 && s.is_multiple_of(60) => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

/// A size in the units of Kubernetes quantities: `750Ki`, `12.3Mi`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
    for (unit, size) in UNITS {
        if bytes >= size {
            let tenths = bytes.saturating_mul(10) / size;
            return if tenths < 100 {
                format!("{}.{}{unit}", tenths / 10, tenths % 10)
            } else {
                format!("{}{unit}", tenths / 10)
            };
        }
    }
    format!("{bytes}B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_short() {
        assert_eq!([millis(58), millis(1_250), millis(123_000)], ["58ms", "1.2s", "2m03s"]);
        assert_eq!([bytes(512), bytes(768_618), bytes(12_900_000)], ["512B", "750Ki", "12Mi"]);
        assert_eq!([window(21_600), window(300), window(90)], ["6h", "5m", "90s"]);
    }
}
