//! The arguments of `kubectl regauth completion`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub struct Completion {
    #[command(subcommand)]
    pub command: CompletionCommand,
}

#[derive(Debug, Subcommand)]
pub enum CompletionCommand {
    /// Write kubectl's shim beside this plugin: kubectl's own completion then completes it, in every shell
    #[command(after_help = INSTALL_HELP)]
    Install(CompletionInstall),
    /// Print the script for bash
    #[command(after_help = BASH_HELP)]
    Bash,
    /// Print the script for fish
    #[command(after_help = FISH_HELP)]
    Fish,
    /// Print the script for PowerShell
    #[command(after_help = POWERSHELL_HELP)]
    Powershell,
    /// Print the script for zsh
    #[command(after_help = ZSH_HELP)]
    Zsh,
}

const INSTALL_HELP: &str = "\
What it does:
  kubectl completes a plugin by a program kubectl_complete-NAME on PATH, which krew does not link.
  This writes it, into the folder in which this plugin is on PATH. It needs kubectl 1.26 or
  later, and kubectl's own completion (`kubectl completion --help` says how).

Examples:
  kubectl regauth completion install
  kubectl regauth completion install --dir ~/.local/bin";

const BASH_HELP: &str = "\
For where kubectl's own completion cannot be used (`completion install`). Where it is there, load it first.

Examples:
  source <(kubectl regauth completion bash)
  kubectl regauth completion bash >>~/.bash_completion";

const FISH_HELP: &str = "\
For where kubectl's own completion cannot be used (`completion install`).

Examples:
  kubectl regauth completion fish | source
  kubectl regauth completion fish >~/.config/fish/completions/kubectl-regauth.fish";

const POWERSHELL_HELP: &str = "\
For where kubectl's own completion cannot be used (`completion install`). Where it is there, load it first.

Examples:
  kubectl regauth completion powershell | Out-String | Invoke-Expression
  kubectl regauth completion powershell >>$PROFILE";

const ZSH_HELP: &str = "\
For where kubectl's own completion cannot be used (`completion install`). Where it is there, load it first;
compinit must have run before either.

Examples:
  source <(kubectl regauth completion zsh)
  kubectl regauth completion zsh >~/.zsh/kubectl-regauth.zsh";

#[derive(Args, Debug)]
pub struct CompletionInstall {
    /// The folder to write it into, which must be on PATH [default: where this plugin is on PATH]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
}
