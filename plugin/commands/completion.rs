//! `kubectl regauth completion`.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Failure;
use super::files::replace;
use crate::cli::{Completion, CompletionCommand, CompletionInstall};
use crate::output::Output;

const BASH: &str = include_str!("../completion/scripts/regauth.bash");
const FISH: &str = include_str!("../completion/scripts/regauth.fish");
const POWERSHELL: &str = include_str!("../completion/scripts/regauth.ps1");
const ZSH: &str = include_str!("../completion/scripts/regauth.zsh");

/// The program that kubectl asks, and what is in it. A file that does not hold [`MARK`] is not ours.
#[cfg(not(windows))]
const SHIM: (&str, &str) =
    ("kubectl_complete-regauth", include_str!("../completion/scripts/kubectl_complete-regauth"));
#[cfg(windows)]
const SHIM: (&str, &str) =
    ("kubectl_complete-regauth.cmd", include_str!("../completion/scripts/kubectl_complete-regauth.cmd"));
const MARK: &str = "written by `kubectl regauth completion install`";

/// Prints a script, or writes the shim.
pub fn run(args: &Completion, output: &mut Output) -> Result<u8, Failure> {
    let script = match &args.command {
        CompletionCommand::Install(args) => return install(args, output),
        CompletionCommand::Bash => BASH,
        CompletionCommand::Fish => FISH,
        CompletionCommand::Powershell => POWERSHELL,
        CompletionCommand::Zsh => ZSH,
    };
    output.data(script)?;
    Ok(0)
}

fn install(args: &CompletionInstall, output: &mut Output) -> Result<u8, Failure> {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = env::current_exe().map_err(|error| format!("this program's own file is not known: {error}"))?;
    let folder = args.dir.clone().unwrap_or_else(|| beside(&own, &path));
    let shim = folder.join(SHIM.0);
    write_shim(&shim)?;
    output.data(&format!("{} written\n", shim.display()))?;
    if !is_on_path(&folder, &path) {
        output.warning(&format!(
            "{} is not on PATH, so kubectl does not find it: add the folder to PATH, or name another with --dir",
            folder.display()
        ));
    }
    Ok(0)
}

/// The folder in which the plugin is on PATH, which for krew's is that of its link; else that of the plugin itself.
fn beside(own: &Path, path: &OsStr) -> PathBuf {
    let name = own.file_name().unwrap_or_default();
    let plugin = format!("kubectl-regauth{}", env::consts::EXE_SUFFIX);
    let names = [name, OsStr::new(&plugin)];
    let is_own = |folder: &PathBuf| names.iter().any(|name| is_same(&folder.join(name), own));
    env::split_paths(path)
        .find(is_own)
        .unwrap_or_else(|| own.parent().unwrap_or(Path::new(".")).to_path_buf())
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn is_on_path(folder: &Path, path: &OsStr) -> bool {
    env::split_paths(path).any(|known| is_same(&known, folder))
}

fn write_shim(shim: &Path) -> Result<(), Failure> {
    let shown = shim.display();
    match fs::read(shim) {
        Ok(there) if !String::from_utf8_lossy(&there).contains(MARK) => {
            return Err(format!(
                "{shown} is there and was not written by this command: remove it, or name another folder with --dir"
            )
            .into());
        }
        _ => {}
    }
    let written = replace(shim, |out| out.write_all(SHIM.1.as_bytes())).and_then(|()| make_executable(shim));
    written.map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound | io::ErrorKind::ReadOnlyFilesystem => {
                ": name a folder on PATH that you may write to with --dir"
            }
            _ => "",
        };
        format!("{shown} cannot be written: {error}{hint}").into()
    })
}

#[cfg(unix)]
fn make_executable(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

/// What may run is told by the file's name there.
#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shim_says_who_wrote_it_and_is_asked_for_candidates_only() {
        for shim in [
            include_str!("../completion/scripts/kubectl_complete-regauth"),
            include_str!("../completion/scripts/kubectl_complete-regauth.cmd"),
        ] {
            assert!(shim.contains(MARK) && shim.contains("kubectl-regauth __complete"), "{shim}");
        }
    }
}
