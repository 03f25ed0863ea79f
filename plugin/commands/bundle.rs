//! `kubectl regauth collect` and `kubectl regauth analyze`: evidence as one file.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use jiff::Timestamp;
use regauth::api::connect;
use regauth::bundle::Bundle;
use regauth::evidence::Evidence;
use regauth::fix::quoted;
use regauth::report::{ExitStatus, Report};

use super::{Failure, doctor, files, runs};
use crate::cli::{Analyze, Collect, Connection};
use crate::output::Output;
use crate::settings;

/// Looks at everything, and writes what was seen.
pub async fn collect(connection: &Connection, args: &Collect, output: &mut Output) -> Result<u8, Failure> {
    check_target(&args.file, args.force, output)?;
    let api = connect(&settings::connect_options(connection)).await?;
    let parts = doctor::look(&api, connection, &args.checkup, output).await?;
    let interrupted = parts.iter().any(|part| part.run.interrupted);
    let mut bundle = Bundle::new(parts, Timestamp::now());
    if args.anonymize {
        bundle = bundle.anonymized().map_err(|error| error.to_string())?;
    }
    save(&bundle, &args.file, output)?;
    Ok(if interrupted { ExitStatus::Interrupted.code() } else { 0 })
}

/// Writes a bundle, and says so.
pub fn save(bundle: &Bundle, file: &Path, output: &mut Output) -> Result<(), Failure> {
    if files::write(file, output, |out| bundle.write(out))? {
        let name = quoted(&file.display().to_string());
        output.note(&format!("{}; `kubectl regauth analyze {name}` says what it means", told(bundle, file)));
    }
    Ok(())
}

/// Whether a bundle can be written there, as far as can be told: before minutes are spent on what nobody can keep.
pub fn check_target(file: &Path, replace: bool, output: &Output) -> Result<(), Failure> {
    if files::is_stream(file) {
        return files::not_for_a_terminal(output);
    }
    let name = file.display();
    if file.is_dir() {
        return Err(format!("{name} is a folder: name a file in it").into());
    }
    if file.is_file() && !replace {
        return Err(format!("{name} is there already: name another file, or remove it first").into());
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match folder.metadata() {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(format!("{name} cannot be written: {} is no folder", folder.display()).into()),
        Err(error) => {
            Err(format!("{name} cannot be written: the folder {}: {error}", folder.display()).into())
        }
    }
}

/// How much there is in it.
fn told(bundle: &Bundle, file: &Path) -> String {
    let size =
        file.metadata().map(|found| format!(", {} KiB", found.len().div_ceil(1024))).unwrap_or_default();
    let parts = match bundle.evidence.len() {
        1 => "1 part".to_string(),
        parts => format!("{parts} parts"),
    };
    let names = if bundle.description.anonymized { ", names replaced" } else { "" };
    format!("wrote {} ({parts}{size}{names})", file.display())
}

/// Judges what was collected.
pub fn analyze(args: &Analyze, output: &mut Output) -> Result<u8, Failure> {
    if args.compare.as_deref().is_some_and(files::is_stream) && files::is_stream(&args.file) {
        return Err("only one of FILE and --compare can be read from stdin".into());
    }
    let mut bundle = read(&args.file, output)?;
    if let Some(scope) = bundle.evidence.first_mut().and_then(|first| first.plan.scope.as_mut()) {
        scope.fix_format = args.fix_format.map_or(scope.fix_format, Into::into);
    }
    let mut report = judged(&bundle.evidence)?;
    if let Some(file) = &args.compare {
        let earlier = earlier(file, output)?;
        if bundle.description.anonymized {
            return Err(no_names(&args.file));
        }
        report.compare(&earlier);
    }
    runs::print(&report, &args.output, output)
}

/// What was collected earlier, to put another report beside it.
pub fn earlier(file: &Path, output: &Output) -> Result<Report, Failure> {
    let bundle = read(file, output)?;
    if bundle.description.anonymized {
        return Err(no_names(file));
    }
    judged(&bundle.evidence)
}

fn no_names(file: &Path) -> Failure {
    format!(
        "the names in {} were replaced, so that it cannot be compared: collect without --anonymize",
        file.display()
    )
    .into()
}

fn judged(evidence: &[Evidence]) -> Result<Report, Failure> {
    Report::of_all(evidence).ok_or_else(|| "nothing was looked at".into())
}

fn read(file: &Path, output: &Output) -> Result<Bundle, Failure> {
    if files::is_stream(file) {
        if output.is_typed_by_a_person() {
            return Err("nothing is piped in: name a FILE that `kubectl regauth collect` wrote".into());
        }
        return bundle("what was piped in", io::stdin().lock());
    }
    let name = file.display().to_string();
    let unreadable = |error: io::Error| Failure::from(format!("{name} cannot be read: {error}"));
    let opened = File::open(file).map_err(unreadable)?;
    if opened.metadata().map_err(unreadable)?.is_dir() {
        return Err(format!("{name} is a folder: name a file that `kubectl regauth collect` wrote").into());
    }
    bundle(&name, BufReader::new(opened))
}

fn bundle(name: &str, input: impl io::Read) -> Result<Bundle, Failure> {
    Bundle::read(input).map_err(|error| format!("{name} {error}").into())
}
