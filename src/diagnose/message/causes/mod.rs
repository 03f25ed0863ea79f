//! From what was read to what may be the cause.
//!
//! Each file answers for one family of evidence and gives codes in order, likeliest first. The most telling
//! evidence is asked first: a statement with one meaning, then what broke below HTTP, then what was answered.

mod access;
mod credentials;
mod facts;
mod forbidden;
mod network;
mod refusals;
mod settle;
mod statements;

pub(crate) use settle::by as settle_by;

use super::layers;
use super::reading::Reading;
use crate::finding::{Candidate, Code};
use crate::registry::reference::Reference;
use crate::text::Clean;
use facts::Facts;

/// What is known beside the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The image that was asked for.
    pub image: Option<Reference>,
    /// Whether a credential could have been sent.
    pub credential: CredentialSent,
}

/// Whether the pod's pull secrets could supply a credential for the registry at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CredentialSent {
    /// Not known.
    #[default]
    Unknown,
    /// There was none to send, except what a node's own provider may have added.
    None,
    /// There was one.
    Some,
}

/// Causes that fit one evidence.
struct Causes {
    codes: Vec<Code>,
    /// Whether the first is the only one.
    certain: bool,
    because: String,
}

impl Causes {
    fn certain(code: Code, because: impl Into<String>) -> Self {
        Self { codes: vec![code], certain: true, because: because.into() }
    }

    fn open(codes: &[Code], because: impl Into<String>) -> Self {
        Self { codes: codes.to_vec(), certain: false, because: because.into() }
    }
}

/// The causes that a message may have, likeliest first. Never empty; at most one is certain, and then it is
/// the only one.
pub fn candidates(message: &str, context: &Context) -> Vec<Candidate> {
    of_reading(&layers::read(message), context)
}

fn of_reading(reading: &Reading, context: &Context) -> Vec<Candidate> {
    if reading.attempts.len() > 1 {
        return of_attempts(reading, context);
    }
    let facts = Facts::new(reading, context);
    let causes = statements::definite(&facts)
        .or_else(|| network::broken(&facts))
        .or_else(|| access::answered(&facts))
        .or_else(|| statements::vague(&facts))
        .unwrap_or_else(|| Causes::open(&[Code::Unknown], unknown(reading)));
    let certain = causes.certain && !reading.truncated;
    let because = Clean::with_cap(&causes.because, 1024).to_string();
    let mut out: Vec<Candidate> = Vec::new();
    for code in causes.codes {
        if out.iter().all(|known| known.code != code) {
            let settle_by = (!certain).then(|| settle::by(code).to_owned());
            out.push(Candidate { code, certain, because: because.clone(), settle_by });
        }
    }
    out
}

/// Each attempt may have failed for its own reason: the first causes of all come first. The kubelet tries one
/// credential after the other, which it does only when it has some.
fn of_attempts(reading: &Reading, context: &Context) -> Vec<Candidate> {
    let image = context.image.clone().or_else(|| facts::named_image(reading));
    let context = match reading.several_places {
        true => context.clone(),
        false => Context { image, credential: CredentialSent::Some },
    };
    let mut lists: Vec<_> = reading.attempts.iter().map(|attempt| of_reading(attempt, &context)).collect();
    // A program that looks in the node's runtimes before it asks the registry fails at the registry.
    let elsewhere = |list: &Vec<Candidate>| {
        let own = [Code::Unknown, Code::RuntimeFailed];
        list.first().is_some_and(|first| !own.contains(&first.code))
    };
    if reading.several_places && lists.iter().any(elsewhere) {
        lists.retain(elsewhere);
    }
    let agreed =
        lists.windows(2).all(|pair| pair[0].first().map(|c| c.code) == pair[1].first().map(|c| c.code));
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let mut out: Vec<Candidate> = Vec::new();
    for rank in 0..longest {
        for candidate in lists.iter().filter_map(|list| list.get(rank)) {
            if out.iter().all(|known| known.code != candidate.code) {
                let certain = candidate.certain && agreed && !reading.truncated;
                let settle_by = (!certain).then(|| {
                    candidate.settle_by.clone().unwrap_or_else(|| settle::by(candidate.code).into())
                });
                out.push(Candidate { certain, settle_by, ..candidate.clone() });
            }
        }
    }
    out
}

fn unknown(reading: &Reading) -> String {
    match reading.layers.last() {
        Some(layer) => format!("the message says no cause behind \"{}\"", layer.text),
        None => "nothing in the message is known".to_owned(),
    }
}
