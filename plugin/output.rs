//! Where data and remarks go: data to stdout, everything else to stderr.

use std::io::{self, IsTerminal, Write};

/// The narrowest terminal that is believed, in columns.
const NARROWEST: u16 = 40;
/// The width of a terminal that does not know its own.
const USUAL: u16 = 80;

/// What the process writes to.
pub struct Output {
    stdout_is_terminal: bool,
    stderr_is_terminal: bool,
    stdin_is_terminal: bool,
}

impl Output {
    /// The process's own streams.
    pub fn of_process() -> Self {
        Self {
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            stdin_is_terminal: io::stdin().is_terminal(),
        }
    }

    /// Writes data. Whoever closed stdout wants no more of it, and needs no complaint.
    pub fn data(&mut self, text: &str) -> io::Result<()> {
        self.bytes(text.as_bytes())
    }

    /// Writes data that is no text.
    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// Writes a line of data; `false` once nobody reads it any more.
    pub fn line(&mut self, text: &str) -> bool {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_ok()
    }

    /// A remark for a person who watches: nothing when stderr is not a terminal.
    pub fn remark(&self, text: &str) {
        if self.stderr_is_terminal {
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// A warning: something the user must know, terminal or not.
    pub fn warning(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "warning: {text}");
    }

    /// A line of the log of something that goes on, with its time (UTC), terminal or not.
    pub fn log(&self, text: &str) {
        let now = jiff::Timestamp::now();
        let now = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now);
        let _ = writeln!(io::stderr().lock(), "{now} {text}");
    }

    /// What the user needs later, terminal or not.
    pub fn note(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "note: {text}");
    }

    /// Why the command failed.
    pub fn error(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "error: {text}");
    }

    /// The width to lay data out for; `None` when it is not read by a person.
    pub fn width(&self) -> Option<u16> {
        // A terminal that says it is nearly nothing wide does not know: that of `script` in a pipeline.
        let width = comfy_table::Table::new().width().filter(|width| *width >= NARROWEST);
        self.stdout_is_terminal.then(|| width.unwrap_or(USUAL))
    }

    /// Whether data goes to a terminal.
    pub fn is_read_by_a_person(&self) -> bool {
        self.stdout_is_terminal
    }

    /// Whether a person would have to type what is read.
    pub fn is_typed_by_a_person(&self) -> bool {
        self.stdin_is_terminal
    }

    /// Whether colours help.
    pub fn colour(&self) -> bool {
        self.stdout_is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
    }

    /// Whether progress is worth drawing.
    pub fn is_watched(&self) -> bool {
        self.stderr_is_terminal
    }

    /// Asks a question; `None` when there is nobody to ask.
    pub fn ask(&self, question: &str) -> Option<bool> {
        if !(self.stdin_is_terminal && self.stderr_is_terminal) {
            return None;
        }
        let _ = write!(io::stderr().lock(), "{question} [y/N] ");
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).ok()?;
        Some(matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}
