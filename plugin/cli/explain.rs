//! The arguments of `kubectl regauth explain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use regauth::code::Language;

use super::Format;

pub(super) const HELP: &str = "\
What it takes:
  A message, a whole `kubectl describe pod`, events, or the log of a build or deployment, as
  it is: colours, times, boxes and quotes are no hindrance. It finds what failed at a registry,
  puts together what has one cause, and tells apart what only follows from it. No cluster is
  asked, and nothing is sent anywhere.
  A finding code gives its page: what it means, how to confirm it, how to mend it. With
  `--lang zh` those of the most common codes are in Chinese.

Exit status:
  0 whatever was found   2 usage, or the text cannot be read

Examples:
  kubectl describe pod web-1 | kubectl regauth explain
  kubectl regauth explain -f build.log
  kubectl regauth explain 'failed to resolve reference \"r.example.com/app:1\": not found'
  kubectl regauth explain PullSecretNoMatch
  kubectl regauth explain PullSecretNoMatch --lang zh
  kubectl regauth explain --lines -o json -f messages.jsonl";

#[derive(Args, Debug)]
pub struct Explain {
    /// A message, or a finding code; `-` for stdin [default: stdin, where it is no terminal]
    #[arg(value_name = "MESSAGE | CODE")]
    pub message: Vec<String>,
    /// The file to read; `-` for stdin
    #[arg(short, long, value_name = "FILE", conflicts_with = "message")]
    pub file: Option<PathBuf>,
    /// Each line is one message: plain, a JSON string, or an object with the field `message`. One
    /// result a line, in order; as JSON, one object a line
    #[arg(long)]
    pub lines: bool,
    /// List the finding codes with what they mean
    #[arg(long, conflicts_with_all = ["message", "file", "lines"])]
    pub list: bool,
    /// The language of a code's page [default: en]
    #[arg(long, value_name = "LANG", conflicts_with_all = ["file", "lines", "list"])]
    pub lang: Option<Lang>,
    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: Format,
}

/// The language of a code's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English
    En,
    /// Chinese, where the page of a code is written in it
    Zh,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::En => Self::English,
            Lang::Zh => Self::Chinese,
        }
    }
}
