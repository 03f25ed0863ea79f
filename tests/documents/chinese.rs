//! Documents in Chinese say what the English ones say: the same parts, the same commands.

use std::collections::{BTreeMap, BTreeSet};

use regauth::code::{Code, Language};

use super::markdown::{document, without_remarks};
use super::{files, root, text};

/// The headings of a page, as in English.
const HEADINGS: &[&str] = &["含义", "现象", "如何确认", "如何修复", "如何避免再次发生"];

/// Causes that people on call meet most, which must be there in Chinese.
const COMMON: &[Code] = &[
    Code::NoCredential,
    Code::CredentialRejected,
    Code::CredentialExpired,
    Code::StaleCredential,
    Code::PullSecretNotReferenced,
    Code::PullSecretMissing,
    Code::PullSecretWrongType,
    Code::PullSecretMalformed,
    Code::PullSecretNoMatch,
    Code::BuilderConfigNotMounted,
    Code::BuilderConfigMisnamed,
    Code::PermissionDenied,
    Code::PushDenied,
    Code::RateLimited,
    Code::ImageNotFound,
    Code::PlatformMissing,
    Code::RegistryNameUnresolved,
    Code::TokenServiceUnreachable,
    Code::ConnectionRefused,
    Code::ConnectionTimedOut,
    Code::EgressBlocked,
    Code::CertificateUntrusted,
    Code::CertificateNameMismatch,
    Code::CertificateNotValidNow,
    Code::ClockDrift,
    Code::HarborKeyMismatch,
];

/// The pages in both languages.
fn pages() -> impl Iterator<Item = (Code, &'static str, &'static str)> {
    let page = |code: &Code| {
        let chinese = code.runbook_in(Language::Chinese).expect("a page");
        (*code, code.runbook(), chinese)
    };
    Code::IN_CHINESE.iter().map(page)
}

fn counted(words: Vec<String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word.split_whitespace().collect::<Vec<_>>().join(" ")).or_default() += 1;
    }
    counts
}

fn is_chinese(sign: char) -> bool {
    matches!(sign, '\u{4e00}'..='\u{9fff}')
}

#[test]
fn the_most_common_codes_have_a_page_in_chinese_and_each_page_is_carried() {
    for code in COMMON {
        assert!(Code::IN_CHINESE.contains(code), "{code} has no page in Chinese");
    }
    let carried: BTreeSet<String> = Code::IN_CHINESE.iter().map(ToString::to_string).collect();
    assert_eq!(carried.len(), Code::IN_CHINESE.len(), "one is there twice");
    let written: BTreeSet<String> = files(&root().join("docs/runbooks/zh"), ".md")
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .filter(|name| name != "README")
        .collect();
    assert_eq!(written, carried, "docs/runbooks/zh and Code::IN_CHINESE differ");
}

#[test]
fn a_chinese_page_has_the_parts_of_the_english_one() {
    for (code, english, chinese) in pages() {
        let (english, parts) = (document(english), document(chinese));
        assert_eq!(parts.headings[0], code.as_str());
        assert_eq!(parts.levels, english.levels, "{code}: headings");
        assert_eq!((parts.items, parts.rows), (english.items, english.rows), "{code}: items, rows of tables");
        let found: Vec<&str> = chinese.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(found, HEADINGS, "{code}");
        for section in chinese.split("\n## ").skip(1) {
            let signs = section.chars().filter(|sign| is_chinese(*sign)).count();
            assert!(signs > 15, "{code}: a section says nothing: {section}");
        }
    }
}

#[test]
fn a_chinese_page_has_the_commands_and_the_texts_of_the_english_one() {
    for (code, english, chinese) in pages() {
        let (english, chinese) = (document(english), document(chinese));
        assert_eq!(chinese.blocks.len(), english.blocks.len(), "{code}: blocks of code");
        for (ours, theirs) in chinese.blocks.iter().zip(&english.blocks) {
            assert_eq!(ours.language, theirs.language, "{code}");
            assert_eq!(without_remarks(ours), without_remarks(theirs), "{code}");
        }
        let (ours, theirs) = (counted(chinese.spans), counted(english.spans));
        assert!(ours.keys().eq(theirs.keys()), "{code}:\n{:?}\n{:?}", ours.keys(), theirs.keys());
    }
}

#[test]
fn remarks_in_blocks_of_a_chinese_page_are_in_chinese() {
    for (code, _, chinese) in pages() {
        for block in document(chinese).blocks.iter().filter(|block| block.language == "sh") {
            for (line, bare) in block.text.lines().zip(without_remarks(block).lines()) {
                let remark = line[bare.len()..].trim();
                let is_told = remark.is_empty() || remark.chars().any(is_chinese);
                assert!(is_told, "{code}: not translated: {remark}");
            }
        }
    }
}

/// Stars between signs that put no spaces between words are easily read as stars.
#[test]
fn marks_of_emphasis_are_read_as_such_in_chinese() {
    let mut documents = vec!["README.zh-CN.md".into()];
    documents.extend(files(&root().join("docs/runbooks/zh"), ".md"));
    for path in documents {
        let prose = document(&text(&root().join(&path))).prose;
        let place = prose.find('*').map(|at| prose[..at].chars().rev().take(20).collect::<String>());
        assert_eq!(place, None, "{}: a star is left, before it backwards", path.display());
    }
}

#[test]
fn the_chinese_index_lists_each_page_once_with_its_first_sentence() {
    let index = text(&root().join("docs/runbooks/zh/README.md"));
    for (code, _, chinese) in pages() {
        let first = chinese.lines().nth(2).expect("a first paragraph");
        let line = format!("- [{code}]({code}.md)：{first}");
        assert_eq!(index.lines().filter(|one| *one == line).count(), 1, "once in the index: {line}");
    }
    let listed = index.lines().filter(|line| line.starts_with("- [")).count();
    assert_eq!(listed, Code::IN_CHINESE.len(), "the index lists what has no page");
}

#[test]
fn a_code_without_a_chinese_page_says_so() {
    let without = Code::ALL.iter().find(|code| !Code::IN_CHINESE.contains(code)).expect("not all are common");
    assert_eq!(without.runbook_in(Language::Chinese), None);
    assert_eq!(without.runbook_in(Language::English), Some(without.runbook()));
}
