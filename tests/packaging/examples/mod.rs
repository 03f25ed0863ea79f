//! Each example of each command's help, typed as it stands into a shell, where there is no cluster and no network: it does
//! what it is for, or says in one sentence what it cannot reach. None is a usage error, panics or hangs.

mod ends;
mod help;
mod site;

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use self::ends::Ends;
use self::help::Example;
use self::site::Site;
use super::Case;
use super::folder::on_path;

pub const CASES: &[Case] = &[
    Case {
        name: "each_example_of_the_help_works_or_says_in_one_sentence_what_it_cannot_reach",
        is_possible: || on_path("bash").is_some(),
        run: others,
    },
    Case {
        name: "the_examples_of_monitor_go_on_without_an_api_server_and_end_when_they_are_told_to",
        is_possible: || on_path("bash").is_some(),
        run: monitors,
    },
    Case {
        name: "the_examples_for_fish_work_in_fish",
        is_possible: || on_path("fish").is_some(),
        run: || in_shell("completion fish", &["fish", "--no-config", "-c"], ""),
    },
    Case {
        name: "the_examples_for_zsh_work_in_zsh",
        is_possible: || on_path("zsh").is_some(),
        run: || in_shell("completion zsh", &["zsh", "-f", "-c"], "autoload -Uz compinit; compinit -u -D; "),
    },
];

/// A command that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(120);
/// How many run side by side.
const AT_ONCE: usize = 4;
/// PowerShell's are among these: for what comes after its bar, there are stand-ins.
const BASH: &[&str] = &["bash", "--norc", "-o", "pipefail", "-c"];

/// Those that have no case of their own.
fn others() {
    let of_others = |example: &Example| {
        !["monitor", "completion fish", "completion zsh"].contains(&example.command.as_str())
    };
    let examples: Vec<Example> = help::examples().into_iter().filter(of_others).collect();
    assert!(examples.len() > 50, "{}", examples.len());
    let (next, wrong) = (Mutex::new(examples.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(example) = { next.lock().unwrap().next() } {
                    wrong.lock().unwrap().extend(fault(example, BASH, ""));
                }
            });
        }
    });
    assert!(next.lock().unwrap().next().is_none());
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn in_shell(command: &str, shell: &[&str], before: &str) {
    let examples: Vec<Example> =
        help::examples().into_iter().filter(|example| example.command == command).collect();
    assert!(examples.len() >= 2, "{examples:?}");
    let wrong: Vec<String> = examples.iter().filter_map(|example| fault(example, shell, before)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Runs an example; what is wrong with how it ended, if anything.
fn fault(example: &Example, shell: &[&str], before: &str) -> Option<String> {
    let site = Site::new(example);
    let files = site.files();
    let mut command = site.command("timeout");
    command.args(["--kill-after=5", &LIMIT.as_secs().to_string()]).args(shell);
    let output = command.arg(format!("{before}{}", example.line)).output().expect("it runs");
    let ends = Ends::of(example);
    let made = site.files().into_iter().filter(|file| !files.contains(file)).collect::<Vec<_>>();
    let fault = ends.fault(&output).or_else(|| ends::unexpected(example, &ends, &made))?;
    Some(format!(
        "$ {}\n{fault}\nit must end as {ends:?}; {}\n{}{}",
        example.line,
        output.status,
        String::from_utf8_lossy(&output.stdout).chars().take(2000).collect::<String>(),
        String::from_utf8_lossy(&output.stderr),
    ))
}

/// They go on until somebody ends them, and listen on one port: one after the other.
fn monitors() {
    let is_one = |example: &Example| example.command == "monitor";
    let examples: Vec<Example> = help::examples().into_iter().filter(is_one).collect();
    assert!(examples.len() >= 2, "{examples:?}");
    for example in &examples {
        let begun = Instant::now();
        while !goes_on(example) {
            assert!(begun.elapsed() < LIMIT, "something else listens there: {}", example.line);
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

/// That it says what it cannot reach, goes on, and ends well when it is told to. `false` where the port is taken.
fn goes_on(example: &Example) -> bool {
    let site = Site::new(example);
    let log = site.path("log");
    let mut command = site.command("bash");
    command.arg("-c").arg(format!("exec {}", example.line)).stdout(Stdio::null());
    let mut child = command.stderr(fs::File::create(&log).unwrap()).spawn().expect("it starts");
    let begun = Instant::now();
    let said = || fs::read_to_string(&log).unwrap_or_default();
    let mut ended = None;
    while ended.is_none() && !said().contains("the check-up failed") && begun.elapsed() < LIMIT {
        std::thread::sleep(Duration::from_millis(50));
        ended = child.try_wait().expect("a child");
    }
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).output();
    told.expect("kill runs");
    let status = child.wait().expect("it ends");
    if said().contains("address in use") {
        return false;
    }
    assert!(ended.is_none(), "`{}` ended by itself: {status} {}", example.line, said());
    let failed = |line: &str| line.contains("the check-up failed after") && line.contains(ends::UNREACHED);
    assert!(said().lines().any(failed), "{}", said());
    let is_expected = |line: &str| line.contains(" metrics at http://") || line.contains(ends::UNREACHED);
    assert!(said().lines().all(is_expected), "{}", said());
    assert!(status.success(), "{status} {}", said());
    true
}
