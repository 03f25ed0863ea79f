//! What logs put around a message: times, levels, stream marks, boxes. It is stripped so that the same message is the
//! same wherever it stands.

use std::sync::LazyLock;

use regex::Regex;

use super::pattern;

/// Layers of decoration that one line may have: a journal's line of a container's log of a program's log.
const MAX_LAYERS: usize = 8;

/// One thing that a log puts before a line. Times are those of RFC 3339 and its relatives, syslog, klog, BuildKit's
/// plain progress; then marks of GitLab, GitHub, Azure, Jenkins, Concourse, Docker Compose, kubectl, logrus.
static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^\s*(?:",
        r"[\[(]?\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z| ?[+-]\d{2}:?\d{2}| UTC)?[\])]?:?",
        r"(?: \d{2}[OE]\+?| (?:stdout|stderr) [FP])?",
        r"|[\[(]?\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?(?: [AP]M)?[\])]?",
        r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d{2}:\d{2}:\d{2}(?:\.\d+)? \S+ [\w@./-]+(?:\[\d+\])?:",
        r"|[IWEF]\d{4} \d{2}:\d{2}:\d{2}\.\d+\s+\d+ [\w./-]+:\d+\]",
        r"|#\d+(?: \d+\.\d+)?(?: |$)",
        r"|##\[[a-z]+\]|::(?:error|warning|notice|debug)[^:]*::",
        r"|\[Pipeline\]|\[pod/[^\]\s]+\]",
        r"|(?:ERRO|FATA|WARN|INFO|DEBU|TRAC|PANI)\[\d+\]",
        r"|section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])?",
        r"|\[(?:error|ERROR|warn|WARN|warning|WARNING|info|INFO|debug|DEBUG|fatal|FATAL)\]:?",
        r"|[│┃║|](?:\s|$)|[✖✘✗❌⚠ℹ→·•►▶⨯](?:\s|$)|[>*](?: |$)",
        r"|[A-Za-z0-9][\w.-]*\s+\|(?: |$)",
        r") ?"
    ))
});

/// A line of `gh run view --log`: job, step, then the line with its time.
static GH_LOG: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[^\t]+\t[^\t]*\t\x{feff}?\d{4}-\d{2}-\d{2}T"));

/// The line behind the columns that GitHub's command line puts before it.
pub(super) fn without_columns(line: &str) -> &str {
    match GH_LOG.is_match(line) {
        true => line.splitn(3, '\t').last().unwrap_or(line),
        false => line,
    }
}

/// `line` without what a log put before it. What is left keeps its indentation, which tells what belongs together.
pub(super) fn stripped(line: &str) -> &str {
    let mut rest = line;
    for _ in 0..MAX_LAYERS {
        match PREFIX.find(rest) {
            Some(found) => rest = &rest[found.end()..],
            None => break,
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_logs_put_before_a_line_is_stripped() {
        for line in [
            "2024-05-01T10:00:00.123Z denied: x",
            "2024-05-01T10:00:00.123456Z 01E denied: x",
            "2024-05-01T10:00:00.123456789+02:00 stderr F denied: x",
            "[2024-05-01 10:00:00,123] denied: x",
            "[12:00:01] denied: x",
            "12:00:01 | denied: x",
            "May  1 10:00:00 node-1 dockerd[812]: denied: x",
            "May 01 10:00:00 node-1 k3s[812]: E0501 10:00:00.123456     812 kuberuntime_image.go:55] denied: x",
            "#12 1.234 denied: x",
            "#12 denied: x",
            "##[error]denied: x",
            "::error file=a.yml,line=3::denied: x",
            "2024-05-01T10:00:00.1Z ##[error]denied: x",
            "ERRO[0012] denied: x",
            "build-step | denied: x",
            "│ denied: x",
            "  * denied: x",
            "[pod/build-1/kaniko] denied: x",
        ] {
            assert_eq!(stripped(line), "denied: x", "{line}");
        }
    }

    #[test]
    fn a_message_is_left_as_it_is_with_its_indentation() {
        for line in
            ["    message: denied", "denied: x", "Error: 2 errors", "[map[Action:pull]]", "#hash", "a|b"]
        {
            assert_eq!(stripped(line), line);
        }
        assert_eq!(stripped("2024-05-01T10:00:00Z     message: x"), "    message: x");
    }

    #[test]
    fn the_columns_of_a_downloaded_log_are_left_out() {
        assert_eq!(
            without_columns("build\tRun docker push\t2024-05-01T10:00:00.1Z denied: x"),
            "2024-05-01T10:00:00.1Z denied: x"
        );
        assert_eq!(without_columns("a\tb\tc"), "a\tb\tc");
    }
}
