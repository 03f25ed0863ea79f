//! The scripts of `completion SHELL`, each in its real shell.

use super::Case;
use super::api::Api;
use super::folder::{Folder, on_path, stderr, stdout};

pub const CASES: &[Case] = &[
    Case {
        name: "bash_completes_kubectl_regauth_and_leaves_the_rest_to_kubectl",
        is_possible: || on_path("bash").is_some(),
        run: bash,
    },
    Case { name: "fish_completes_kubectl_regauth", is_possible: || on_path("fish").is_some(), run: fish },
    Case { name: "zsh_completes_kubectl_regauth", is_possible: || on_path("zsh").is_some(), run: zsh },
];

/// A folder with the plugin and its script, and a server that knows names.
fn folder(shell: &str) -> Folder {
    let folder = Folder::new();
    folder.kubeconfig(&Api::start());
    let script = folder.plugin(&["completion", shell]);
    assert!(script.status.success(), "{}", stderr(&script));
    folder.file("script", &stdout(&script));
    folder
}

/// What a shell prints that runs this.
fn ran(folder: &Folder, shell: &str, args: &[&str], program: &str) -> String {
    let file = folder.file("program", program);
    let output = folder.command(on_path(shell).unwrap()).args(args).arg(file).output().unwrap();
    assert_eq!(stderr(&output), "", "{}", stdout(&output));
    stdout(&output)
}

fn bash() {
    let folder = folder("bash");
    let program = r#"
source "$HOME/script"
complete_line() {
    COMP_LINE=$1 COMP_POINT=${#1} COMP_CWORD=2 COMPREPLY=()
    read -ra COMP_WORDS <<<"$1"
    [[ ${COMP_WORDS[1]} == regauth || $1 == kubectl-regauth* ]] || COMP_CWORD=1
    "$2" 2>/dev/null # compopt is for a prompt
    echo "${COMPREPLY[*]}"
}
__start_kubectl() { COMPREPLY=(of-kubectl); }
complete_line 'kubectl regauth pu' _regauth_kubectl
complete_line 'kubectl regauth pull --method=' _regauth_kubectl
complete_line 'kubectl regauth pull -n ' _regauth_kubectl
complete_line 'kubectl-regauth why deploy/we' _regauth_complete
complete_line 'kubectl get po' _regauth_kubectl
complete -p kubectl
"#;
    let told = ran(&folder, "bash", &["--norc"], program);
    let expected = "pull push\nkubelet probe both\ndefault team team-b\ndeploy/web\nof-kubectl\n\
                    complete -o default -F _regauth_kubectl kubectl\n";
    assert_eq!(told, expected);
}

fn fish() {
    let folder = folder("fish");
    let program = "source $HOME/script\n\
                   complete -C 'kubectl regauth pu' | string replace -r '\\t.*' ''\n\
                   complete -C 'kubectl regauth pull --method='\n\
                   complete -C 'kubectl regauth pull -n '\n\
                   complete -C 'kubectl-regauth why deploy/we'\n";
    let told = ran(&folder, "fish", &["--no-config"], program);
    let methods = "--method=kubelet\tThe nodes' kubelets, by the nodes' own paths\n";
    assert!(told.starts_with("pull\npush\n") && told.contains(methods), "{told}");
    assert!(
        told.contains("--method=probe") && told.contains("default\nteam\nteam-b\ndeploy/web\n"),
        "{told}"
    );
}

/// zsh completes only at a prompt: a pseudo-terminal of its own, in which what would be offered is printed.
fn zsh() {
    let folder = folder("zsh");
    folder.file(
        "inner",
        "autoload -Uz compinit; compinit -u -D; PROMPT=; unsetopt zle_bracketed_paste\n\
         source $HOME/script\n\
         _describe() { print -r -- \"OFFERED ${(Pj: :)4}\" >>$HOME/offered }\n\
         bindkey '^I' complete-word\n",
    );
    let program = "zmodload zsh/zpty\n\
                   offer() {\n\
                       zpty shell \"zsh -f -i\"\n\
                       zpty -w shell 'source $HOME/inner; print -r -- READ''Y'\n\
                       zpty -r shell answer '*READY*'\n\
                       zpty -w -n shell \"$1\"$'\\t'\n\
                       repeat 400; do [[ -s $HOME/offered ]] && break; sleep 0.05; done\n\
                       zpty -d shell\n\
                       cat $HOME/offered; rm -f $HOME/offered\n\
                   }\n\
                   offer 'kubectl regauth pu'; offer 'kubectl regauth pull --method='; offer 'kubectl regauth pull -n te'\n";
    let told = ran(&folder, "zsh", &["-f"], program);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("OFFERED pull:") && lines[0].contains(" push:"), "{told}");
    assert!(lines[1].starts_with("OFFERED kubelet:"), "{told}");
    assert_eq!(lines[2], "OFFERED team team-b");
}
