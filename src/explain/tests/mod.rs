mod hostile;
mod pods;
mod samples;

use super::{Explained, explain};
use crate::code::Code;

/// Of each cause: code, first line, how often it is told, its first image.
fn causes(explained: &Explained) -> Vec<(Code, usize, u64, &str)> {
    let image = |images: &[String]| -> &'static str {
        Box::leak(images.first().cloned().unwrap_or_default().into_boxed_str())
    };
    explained
        .causes
        .iter()
        .map(|cause| (cause.code(), cause.line, cause.count, image(&cause.images)))
        .collect()
}

fn codes(text: &str) -> Vec<Code> {
    explain(text).causes.iter().map(super::Cause::code).collect()
}
