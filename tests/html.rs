//! The HTML report in a real Chromium: nothing is requested, nothing is complained of, and it can be read in light and dark,
//! on a narrow screen, by keyboard and without its script. Where there is no Chromium, every test is counted as ignored,
//! and the reason is printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]
#![allow(missing_docs)]

#[path = "html/browser.rs"]
mod browser;
// A program's own files cannot be linked to: what renders is taken in as it is, with the reports that its tests have.
#[path = "../plugin/cli/format.rs"]
mod format;
#[path = "../plugin/render/mod.rs"]
#[allow(dead_code, unused_imports)]
mod render;
#[path = "../plugin/versions.rs"]
#[allow(dead_code)]
mod versions;
mod cli {
    pub use super::format::Format;
}
mod commands {
    /// What stands in for the program's own.
    #[derive(Debug)]
    pub struct Failure(#[allow(dead_code)] String);

    impl From<&str> for Failure {
        fn from(text: &str) -> Self {
            Self(text.into())
        }
    }
}

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::cli::Format;
use crate::render::tests::fixture;

const CONTRAST: &str = include_str!("html/contrast.js");
/// What can be reached by keyboard, in the page's order.
const REACHABLE: &str = "[...document.querySelectorAll('a[href], button, summary, [tabindex=\"0\"]')]
    .filter((one) => one.checkVisibility())";

type Test = fn(&mut Page) -> std::pin::Pin<Box<dyn Future<Output = ()> + '_>>;

/// A browser with the report of a cluster of so many nodes.
struct Page {
    browser: Browser,
    file: PathBuf,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Two browsers are enough for one machine.
    arguments.test_threads = Some(2);
    let program = browser::program();
    let is_missing = program.is_err();
    if let Err(reason) = &program {
        eprintln!("\n*** THE HTML REPORT IS NOT LOOKED AT IN A BROWSER: {reason} ***\n");
    }
    let tests: [(&str, usize, Test); 7] = [
        ("a page of 5 nodes requests nothing and complains of nothing", 5, |page| Box::pin(is_quiet(page))),
        ("a page of 500 nodes requests nothing and complains of nothing", 500, |page| {
            Box::pin(is_quiet(page))
        }),
        ("text has enough contrast in light and dark", 5, |page| Box::pin(has_contrast(page))),
        ("everything can be reached by keyboard, and it is seen where one is", 5, |page| {
            Box::pin(has_keyboard(page))
        }),
        ("a screen of 400 pixels is wide enough", 500, |page| Box::pin(is_narrow_enough(page))),
        ("a command is copied by a button", 5, |page| Box::pin(copies(page))),
        ("without its script the page has all but the buttons", 5, |page| Box::pin(needs_no_script(page))),
    ];
    let trials = tests.map(|(name, nodes, test)| {
        let program = program.clone().unwrap_or_default();
        let trial = Trial::test(name, move || {
            run(&program, name, nodes, test);
            Ok(())
        });
        trial.with_ignored_flag(is_missing)
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}

fn run(program: &OsString, name: &str, nodes: usize, test: Test) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("html").join(name.replace(' ', "-"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("report.html");
    let page = render::report(&fixture::cluster(nodes), Format::Html, None, false).unwrap();
    std::fs::write(&file, page).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let browser = Browser::start(program, &folder.join("profile")).await;
        let mut page = Page { browser, file };
        test(&mut page).await;
    });
}

impl Page {
    async fn open(&mut self) {
        self.browser.open(&self.file).await;
    }

    async fn is(&mut self, expression: &str) -> Value {
        self.browser.evaluate(expression).await
    }

    async fn width(&mut self, width: u32) {
        let metrics = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        self.browser.ask("Emulation.setDeviceMetricsOverride", metrics).await;
    }
}

async fn is_quiet(page: &mut Page) {
    page.open().await;
    // What is folded away may hold something, too.
    page.is("document.querySelectorAll('details').forEach((one) => { one.open = true; })").await;
    // Pages of paper have a style of their own.
    page.browser.ask("Page.printToPDF", json!({ "printBackground": true })).await;
    assert_eq!(page.browser.deeds, [""; 0]);
    assert_eq!(page.is("document.querySelectorAll('section').length").await, 7);
    // The policy holds: what is not the page's own does not run, and the browser says so.
    page.is("document.body.append(Object.assign(document.createElement('script'), { textContent: 'globalThis.ran = 1' }))")
        .await;
    assert_eq!(page.is("typeof globalThis.ran").await, "undefined");
    // So that silence means something: a request that is tried is heard of.
    page.is("fetch('http://127.0.0.1:9/').catch(() => 0)").await;
    let refused = page.browser.deeds.iter().filter(|deed| deed.contains("Content Security Policy")).count();
    assert!(refused >= 2, "{:?}", page.browser.deeds);
}

async fn has_contrast(page: &mut Page) {
    page.open().await;
    page.is("document.querySelectorAll('details').forEach((one) => { one.open = true; })").await;
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        page.browser.ask("Emulation.setEmulatedMedia", features).await;
        let seen = page.is(CONTRAST).await;
        assert!(seen["texts"].as_u64().unwrap() > 200, "{seen}");
        assert_eq!(seen["bad"], json!([]), "{scheme}");
        grounds.push(page.is("getComputedStyle(document.body).backgroundColor").await);
    }
    assert_ne!(grounds[0], grounds[1], "dark is another ground than light");
}

async fn has_keyboard(page: &mut Page) {
    page.open().await;
    let wanted = page.is(&format!("{REACHABLE}.length")).await.as_u64().unwrap();
    assert!(wanted > 20, "{wanted}");
    for at in 0..wanted {
        page.browser.press("Tab", 9).await;
        let place = page.is(&format!("{REACHABLE}.indexOf(document.activeElement)")).await;
        assert_eq!(place, at, "the focus goes in the page's order");
        let seen = page.is("getComputedStyle(document.activeElement).outlineStyle").await;
        assert_eq!(seen, "solid", "{at}: the focus is seen");
    }
    // What is folded away is unfolded by a key.
    page.is("document.querySelector('summary').focus()").await;
    page.browser.press("Enter", 13).await;
    page.browser.press(" ", 32).await;
    assert_eq!(page.is("document.querySelector('details').open").await, true);
}

async fn is_narrow_enough(page: &mut Page) {
    page.width(400).await;
    page.open().await;
    assert_eq!(page.is("document.documentElement.scrollWidth <= 400").await, true);
    let cut = "[...document.querySelectorAll('main *')].filter((one) => !one.closest('.scroll, .vh, svg') &&
        one.checkVisibility() && one.getBoundingClientRect().right > 400).map((one) => one.outerHTML.slice(0, 80))";
    assert_eq!(page.is(cut).await, json!([]));
}

async fn copies(page: &mut Page) {
    page.open().await;
    let buttons = page.is("document.querySelectorAll('button.copy').length").await.as_u64().unwrap();
    let shown =
        page.is("document.querySelectorAll('button.copy:not([hidden])').length").await.as_u64().unwrap();
    assert!(buttons >= 3 && shown == buttons, "{shown} of {buttons}");
    page.is("document.querySelector('button.copy').focus()").await;
    page.browser.press("Tab", 9).await;
    page.is("document.querySelector('button.copy').click()").await;
    let told =
        "new Promise((done) => setTimeout(() => done(document.getElementById('status').textContent), 300))";
    let told = page.is(told).await;
    // With the right to the clipboard it is there; without it, the text is selected.
    let selected = page.is("getSelection().toString().trim()").await;
    let is_selected =
        told == "Selected: copy it with the keyboard." && selected == "ca = \"/PATH/TO/CA.crt\"";
    assert!(told == "Copied." || is_selected, "{told} {selected}");
    assert_eq!(page.browser.deeds, [""; 0]);
}

async fn needs_no_script(page: &mut Page) {
    page.browser.ask("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    page.open().await;
    assert_eq!(page.is("document.querySelectorAll('button.copy:not([hidden])').length").await, 0);
    for text in ["sudoedit /etc/containerd", "CertificateUntrusted", "NotReady since 2h", "DNS 3ms"] {
        let is_there = page.is(&format!("document.body.innerText.includes({text:?})")).await;
        assert_eq!(is_there, true, "{text}");
    }
    assert_eq!(page.browser.deeds, [""; 0]);
}
