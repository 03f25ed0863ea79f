//! JSON as Go's `encoding/json` takes it (Go 1.26), read in place.
//!
//! `serde_json` differs where it matters here: it refuses large numbers and invalid UTF-8, stops at 128 levels,
//! and quotes values in its errors. Nothing is kept here but what is asked for, and that as [`Secret`].

use super::error::ErrorClass;
use super::unquote::unquote;
use crate::secret::Secret;

/// `maxNestingDepth` in Go's scanner.
const MAX_DEPTH: usize = 10_000;

/// A mistake and its offset in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) class: ErrorClass,
    pub(super) at: usize,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// A place in a document, moving on.
pub(super) struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Checks all of `data` first, as Go does: a mistake at the end counts before a wrong type at the start.
    pub(super) fn checked(data: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Self { data, at: 0 };
        reader.skip()?;
        reader.space();
        if reader.at < data.len() {
            return Err(reader.fault(ErrorClass::TrailingData));
        }
        Ok(Self { data, at: 0 })
    }

    /// The offset of the next value.
    pub(super) fn position(&mut self) -> usize {
        self.space();
        self.at
    }

    /// The type of the next value.
    pub(super) fn kind(&mut self) -> Result<Kind, Fault> {
        self.space();
        match self.peek() {
            Some(b'n') => Ok(Kind::Null),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'"') => Ok(Kind::String),
            Some(b'[') => Ok(Kind::Array),
            Some(b'{') => Ok(Kind::Object),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            _ => Err(self.unexpected()),
        }
    }

    /// Reads the next value, a string: escapes resolved, what is not Unicode replaced byte by byte.
    pub(super) fn string(&mut self) -> Result<Secret, Fault> {
        self.space();
        let start = self.at;
        self.skip_string()?;
        Ok(unquote(&self.data[start + 1..self.at - 1]).into())
    }

    /// Reads the next value, an object: `each` is given every name and must read or skip its value.
    pub(super) fn object(
        &mut self,
        mut each: impl FnMut(&mut Self, Secret) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.expect(b'{')?;
        if self.next_is(b'}') {
            return Ok(());
        }
        loop {
            let name = self.string()?;
            self.expect(b':')?;
            each(self, name)?;
            if self.next_is(b'}') {
                return Ok(());
            }
            self.expect(b',')?;
        }
    }

    /// Passes over the next value, whatever it is, without recursion.
    pub(super) fn skip(&mut self) -> Result<(), Fault> {
        let mut open = Vec::new();
        loop {
            if self.begin(&mut open)? {
                continue;
            }
            if self.after_value(&mut open)? {
                return Ok(());
            }
        }
    }

    /// Passes over a scalar, or the start of a container. Whether a value inside of it is next.
    fn begin(&mut self, open: &mut Vec<u8>) -> Result<bool, Fault> {
        let kind = self.kind()?;
        match kind {
            Kind::String => self.skip_string()?,
            Kind::Number => self.skip_number()?,
            Kind::Null | Kind::Bool => self.skip_literal()?,
            Kind::Array | Kind::Object => {
                let end = if kind == Kind::Object { b'}' } else { b']' };
                open.push(end);
                if open.len() > MAX_DEPTH {
                    return Err(self.fault(ErrorClass::TooDeep));
                }
                self.at += 1;
                if !self.next_is(end) {
                    if kind == Kind::Object {
                        self.name()?;
                    }
                    return Ok(true);
                }
                open.pop();
            }
        }
        Ok(false)
    }

    /// Passes over what stands behind a value. Whether the outermost one has ended.
    fn after_value(&mut self, open: &mut Vec<u8>) -> Result<bool, Fault> {
        while let Some(end) = open.last().copied() {
            if self.next_is(end) {
                open.pop();
                continue;
            }
            self.expect(b',')?;
            if end == b'}' {
                self.name()?;
            }
            return Ok(false);
        }
        Ok(true)
    }

    fn name(&mut self) -> Result<(), Fault> {
        self.space();
        if self.peek() != Some(b'"') {
            return Err(self.unexpected());
        }
        self.skip_string()?;
        self.expect(b':')
    }

    fn skip_string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.skip_escape()?,
                None | Some(0..=0x1f) => return Err(self.unexpected()),
                Some(_) => self.at += 1,
            }
        }
    }

    fn skip_escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        let digits = match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            Some(b'u') => 4,
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        for _ in 0..digits {
            if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        Ok(())
    }

    fn skip_literal(&mut self) -> Result<(), Fault> {
        let word: &[u8] = match self.peek() {
            Some(b'n') => b"null",
            Some(b't') => b"true",
            _ => b"false",
        };
        for letter in word {
            if self.peek() != Some(*letter) {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        Ok(())
    }

    fn skip_number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.unexpected());
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn next_is(&mut self, byte: u8) -> bool {
        self.space();
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.next_is(byte) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> Fault {
        let at_end = self.at >= self.data.len();
        self.fault(if at_end { ErrorClass::Truncated } else { ErrorClass::Syntax })
    }

    fn fault(&self, class: ErrorClass) -> Fault {
        Fault { class, at: self.at }
    }
}
