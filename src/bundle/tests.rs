//! Bundles that are whole, broken, or made to harm.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::{Bundle, BundleError, DESCRIPTION, MAX_BYTES, MAX_FILES, MAX_VALUES, SUMS};
use crate::archive::Limits;
use crate::diagnose::tests::build::{evidence, failed, pulled};
use crate::registry::digest::Digest;
use crate::report::Report;

fn bundle() -> Bundle {
    let first = evidence(vec![pulled("node1"), failed("node2", "401 Unauthorized")]);
    Bundle::new(vec![first, evidence(vec![pulled("node3")])], "2026-07-01T12:00:00Z".parse().unwrap())
}

fn bytes(bundle: &Bundle) -> Vec<u8> {
    let mut bytes = Vec::new();
    bundle.write(&mut bytes).unwrap();
    bytes
}

/// The files of a bundle, without their checksums.
fn files() -> Vec<(String, Vec<u8>)> {
    let bytes = bytes(&bundle());
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
    let files = tar.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        (entry.path().unwrap().display().to_string(), bytes)
    });
    files.filter(|(name, _)| name != SUMS).collect()
}

/// A bundle of these files, with checksums that fit.
fn packed(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let line = |(name, bytes): &(String, Vec<u8>)| format!("{}  {name}\n", Digest::sha256(bytes).encoded());
    let sums: String = files.iter().map(line).collect();
    let all = files.iter().cloned().chain([(SUMS.to_string(), sums.into_bytes())]);
    gzipped(&tarred(&all.collect::<Vec<_>>()))
}

fn tarred(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        // Names that lead elsewhere are refused by the builder: they are put in as they are.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, bytes.as_slice()).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

fn read(bytes: &[u8]) -> Result<Bundle, BundleError> {
    Bundle::read(bytes)
}

#[test]
fn what_was_written_is_read_and_judged_the_same() {
    let whole = bundle();
    let again = read(&bytes(&whole)).unwrap();
    assert_eq!(again, whole);
    assert_eq!(Report::of_all(&again.evidence), Report::of_all(&whole.evidence));
    assert_eq!(bytes(&again), bytes(&whole), "the same bytes from the same bundle");
}

#[test]
fn one_that_somebody_unpacked_is_read_as_well() {
    let mut plain = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(bytes(&bundle()).as_slice()), &mut plain).unwrap();
    assert_eq!(read(&plain).unwrap(), bundle());
}

#[test]
fn one_that_is_cut_off_anywhere_is_refused() {
    let whole = bytes(&bundle());
    for end in 0..whole.len() {
        let error = read(&whole[..end]).unwrap_err();
        let said =
            matches!(error, BundleError::CutOff | BundleError::NotABundle | BundleError::Unreadable(_));
        assert!(said, "{end}: {error}");
    }
}

#[test]
fn a_changed_byte_anywhere_is_no_panic_and_never_passes_as_another_bundle() {
    let whole = bytes(&bundle());
    let mut refused = 0;
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x15;
        match read(&changed) {
            // Of gzip's head only the time and the system may be anything.
            Ok(again) => assert_eq!(again, bundle(), "byte {at}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > whole.len() - 12, "{refused} of {}", whole.len());
}

#[test]
fn a_file_that_does_not_fit_its_checksum_is_named() {
    let mut all = files();
    let sums = format!("{}  {}\n", "0".repeat(64), all[1].0);
    all.push((SUMS.into(), sums.into_bytes()));
    let error = read(&gzipped(&tarred(&all))).unwrap_err();
    assert!(matches!(error, BundleError::WrongSum(_)), "{error}");
    assert!(error.to_string().starts_with("is damaged: "), "{error}");
}

#[test]
fn files_that_are_missing_doubled_or_foreign_are_named() {
    let error = |change: fn(&mut Vec<(String, Vec<u8>)>)| {
        let mut all = files();
        change(&mut all);
        read(&packed(&all)).unwrap_err().to_string()
    };
    let missing = error(|all| drop(all.pop()));
    assert_eq!(missing, "lacks 2 of its files of evidence: copy it again, or collect it anew");
    assert!(error(|all| all.push(all[1].clone())).contains("evidence/001.json twice"));
    assert!(error(|all| all.push(("../../etc/passwd".into(), vec![]))).contains("../../etc/passwd"));
    assert!(error(|all| all.push(("run.sh".into(), vec![]))).contains("\"run.sh\", which no bundle has"));
    assert!(error(|all| all.insert(0, ("a.txt".into(), vec![]))).starts_with("is not what"));
    assert!(error(|all| drop(all.remove(0))).starts_with("is not what"));
    let unsummed = read(&gzipped(&tarred(&files()))).unwrap_err();
    assert_eq!(unsummed.to_string(), "lacks SHA256SUMS: copy it again, or collect it anew");
}

#[test]
fn what_is_something_else_is_said_to_be() {
    for other in
        [&b""[..], b"hello", &gzipped(b"hello"), b"PK\x03\x04", &[0x1f, 0x8b], br#"{"kind":"Report"}"#]
    {
        let error = read(other).unwrap_err();
        let said = matches!(error, BundleError::NotABundle | BundleError::CutOff);
        assert!(said, "{other:?}: {error}");
    }
}

#[test]
fn one_of_a_newer_version_says_so() {
    let mut all = files();
    let mut description: Value = serde_json::from_slice(&all[0].1).unwrap();
    description["apiVersion"] = json!("regauth/v9");
    description["evidence"] = json!("now a text");
    all[0].1 = serde_json::to_vec(&description).unwrap();
    let error = read(&packed(&all)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "is of the version \"regauth/v9\", which this kubectl-regauth does not know: a newer one reads it"
    );
}

#[test]
fn a_document_of_another_form_is_told_by_its_place_and_without_its_text() {
    let mut all = files();
    all[1].1 = br#"{"apiVersion":"regauth/v1alpha1","run":"hunter2"}"#.to_vec();
    let error = read(&packed(&all)).unwrap_err().to_string();
    assert!(
        error.starts_with("holds evidence/001.json that cannot be read (JSON of another form"),
        "{error}"
    );
    assert!(!error.contains("hunter2"), "{error}");
    all[1].1 = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    assert!(read(&packed(&all)).is_err());
}

fn within(bytes: &[u8], limits: Limits) -> Result<Bundle, BundleError> {
    Bundle::read_within(bytes, limits, MAX_VALUES)
}

#[test]
fn one_that_would_fill_the_memory_is_refused_before_it_does() {
    let limits = Limits { bytes: 1 << 20, files: 8 };
    let mut all = files();
    all[1].1 = vec![b' '; 2 << 20];
    let bomb = packed(&all);
    assert!(bomb.len() < 1 << 15, "{}", bomb.len());
    assert_eq!(within(&bomb, limits).unwrap_err(), BundleError::TooLarge);
    let evidence = files()[1].1.clone();
    let many: Vec<_> = (0..9).map(|at| (format!("evidence/{at}.json"), evidence.clone())).collect();
    assert_eq!(within(&packed(&many), limits).unwrap_err(), BundleError::TooManyFiles);
    // What follows the tar within gzip counts, too.
    let behind = gzipped(&[tarred(&files()), vec![0; 2 << 20]].concat());
    assert_eq!(within(&behind, limits).unwrap_err(), BundleError::TooLarge);
}

#[test]
fn values_that_few_bytes_make_many_of_are_counted_before_they_are_parsed() {
    let of = |extra: String| {
        let mut all = files();
        let rest = String::from_utf8(all[1].1.split_off(1)).unwrap();
        all[1].1 = format!("{{\"zz\":{extra},{rest}").into_bytes();
        packed(&all)
    };
    let many = |item: &str, count: usize| of(format!("[{}0]", item.repeat(count)));
    for (item, count) in
        [("0,", MAX_VALUES), ("[],", MAX_VALUES / 2), ("{},", MAX_VALUES / 9), ("\"a\",", MAX_VALUES)]
    {
        let error = read(&many(item, count)).unwrap_err();
        assert_eq!(error, BundleError::TooManyValues, "{item}");
    }
    let error = BundleError::TooManyValues.to_string();
    assert_eq!(error, "holds more than 4 million JSON values, the most that are read");
    assert!(read(&many("0,", 1000)).unwrap().evidence[0].extra.contains_key("zz"));
    // All documents count together, and so do lines of checksums.
    let limits = Limits { bytes: MAX_BYTES, files: MAX_FILES };
    let first = Bundle::new(bundle().evidence[..1].to_vec(), bundle().description.created_at);
    let reads =
        |bundle: &Bundle, values| Bundle::read_within(bytes(bundle).as_slice(), limits, values).is_ok();
    let enough = (1..).find(|values| reads(&first, *values)).unwrap();
    assert!(!reads(&bundle(), enough) && reads(&bundle(), 2 * enough));
    let mut all = files();
    all.push((SUMS.into(), b"\n".repeat(MAX_VALUES + 1)));
    assert_eq!(read(&gzipped(&tarred(&all))).unwrap_err(), BundleError::TooManyValues);
}

#[test]
fn a_check_up_of_5000_nodes_has_far_fewer_values_than_are_read() {
    use crate::evidence::Node;
    use crate::evidence::clock::{LeaseClock, LeaseClocks};
    let names: Vec<String> = (0..5000).map(|at| format!("node{at}")).collect();
    let mut seen = evidence(names.iter().map(|node| failed(node, "401 Unauthorized")).collect());
    seen.nodes = names.iter().map(|name| Node { name: name.clone(), ..Node::default() }).collect();
    let clock = |node: &String| LeaseClock { node: node.clone(), ready: Some(true), ..LeaseClock::default() };
    let clocks = LeaseClocks { nodes: names.iter().map(clock).collect(), ..LeaseClocks::default() };
    let mut of_clocks = evidence(Vec::new());
    of_clocks.leases = Some(clocks);
    let whole = Bundle::new(vec![seen, of_clocks], bundle().description.created_at);
    let limits = Limits { bytes: MAX_BYTES, files: MAX_FILES };
    let read = Bundle::read_within(bytes(&whole).as_slice(), limits, MAX_VALUES / 8);
    assert_eq!(read.map(|bundle| bundle.evidence[0].pulls.len()), Ok(5000));
}

#[test]
fn names_that_a_terminal_would_obey_are_cleaned() {
    let mut all = files();
    let mut first: Value = serde_json::from_slice(&all[1].1).unwrap();
    first["pulls"][0]["node"] = json!("node1\u{1b}]0;owned\u{7}\u{202e}");
    all[1].1 = serde_json::to_vec(&first).unwrap();
    let again = read(&packed(&all)).unwrap();
    assert_eq!(again.evidence[0].pulls[0].node, "node1");
}

#[test]
fn other_names_give_the_same_findings() {
    let whole = bundle();
    let other = whole.anonymized().unwrap();
    assert!(other.description.anonymized);
    let codes = |bundle: &Bundle| -> Vec<_> {
        Report::of_all(&bundle.evidence).unwrap().findings.iter().map(|one| (one.code, one.certain)).collect()
    };
    assert_eq!(codes(&other), codes(&whole));
    assert_eq!(read(&bytes(&other)).unwrap(), other);
    assert_eq!(files()[0].0, DESCRIPTION);
}

/// What has an id, and what findings say that they are told from.
fn ids(evidence: &[crate::evidence::Evidence], report: &Report) -> (Vec<String>, Vec<String>) {
    fn gather(value: &Value, ids: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                ids.extend(fields.get("id").and_then(Value::as_str).map(str::to_string));
                fields.values().for_each(|value| gather(value, ids));
            }
            Value::Array(items) => items.iter().for_each(|item| gather(item, ids)),
            _ => {}
        }
    }
    let mut known = Vec::new();
    evidence.iter().for_each(|one| gather(&serde_json::to_value(one).unwrap(), &mut known));
    (known, report.findings.iter().flat_map(|one| one.evidence.clone()).collect())
}

#[test]
fn names_that_are_words_of_the_format_give_the_same_findings_and_their_ids_resolve() {
    let example: &[u8] =
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/broken-cluster.regauth"));
    let mut whole = read(example).unwrap();
    let called = [
        ("hollow", "secret"),
        ("nowhere", "job"),
        ("cut", "deploy"),
        ("upper", "pod"),
        ("typo", "pull"),
        ("broken-", "node-"),
        ("/broken", "/node"),
        ("team/app:", "workload/secret:"),
        ("regcred", "probe"),
        ("/tools/", "/serviceaccount/"),
    ];
    for one in &mut whole.evidence {
        let text = serde_json::to_string(one).unwrap();
        let text = called.iter().fold(text, |text, (name, word)| text.replace(name, word));
        *one = serde_json::from_str(&text).unwrap();
    }
    let other = whole.anonymized().unwrap();
    let (whole_report, other_report) =
        (Report::of_all(&whole.evidence).unwrap(), Report::of_all(&other.evidence).unwrap());
    let codes = |report: &Report| -> Vec<_> {
        report.findings.iter().map(|one| (one.code, one.certain, one.severity, one.evidence.len())).collect()
    };
    assert_eq!(codes(&other_report), codes(&whole_report));
    assert!(codes(&whole_report).len() >= 10, "{:?}", codes(&whole_report));
    for (evidence, report) in [(&whole.evidence, &whole_report), (&other.evidence, &other_report)] {
        let (known, told) = ids(evidence, report);
        for id in told {
            let resolves = known.iter().any(|one| id == *one || id.starts_with(&format!("{one}/")));
            assert!(resolves, "{id} is none of {known:?}");
        }
    }
    let kinds = |report: &Report| -> Vec<String> {
        let subjects = report.findings.iter().map(|one| one.subject.name.clone());
        subjects.map(|name| name.split('/').next().unwrap_or_default().to_string()).collect()
    };
    assert_eq!(kinds(&other_report), kinds(&whole_report));
}
