//! Where a builder pushes to, as its arguments say.

use crate::api::template::Container;
use crate::evidence::builder::{Program, Pushes};
use crate::text::Clean;

/// Destinations that are kept.
const KEPT: usize = 20;

/// Kaniko's flags (cmd/executor, v1.24): `--destination` or `-d`, as often as there are destinations, and `--no-push`. What a
/// variable holds is not known.
pub(super) fn pushes(program: Program, container: &Container) -> Option<Pushes> {
    if program != Program::Kaniko {
        return None;
    }
    let words = container.command.0.iter().chain(&container.args.0);
    let mut words = words.flat_map(|word| word.split_whitespace()).map(bare);
    let mut images: Vec<Clean> = Vec::new();
    while let Some(word) = words.next() {
        if matches!(word, "--no-push" | "--no-push=true") {
            return Some(Pushes::Nothing);
        }
        let given = match word {
            "--destination" | "-d" => words.next(),
            _ => word.strip_prefix("--destination=").or_else(|| word.strip_prefix("-d=")),
        };
        let plain = given.map(bare).filter(|image| is_plain(image));
        images.extend(plain.map(|image| Clean::with_cap(image, 512)));
    }
    images.truncate(KEPT);
    (!images.is_empty()).then_some(Pushes::To(images))
}

/// Without a shell's quotes.
fn bare(word: &str) -> &str {
    word.trim_matches(['"', '\'', ';'])
}

fn is_plain(image: &str) -> bool {
    !image.is_empty() && !image.contains(['$', '`'])
}
