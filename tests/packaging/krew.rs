//! The manifest and the archives, held to krew's documented rules ("Writing Krew plugin manifests", "Plugin Naming
//! Guide", "Submitting plugins to Krew", and krew's own validation), each by its name; then installed as krew does.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::Case;
use super::archives::{PLATFORMS, executable, packed, packing};
use super::folder::{Folder, stdout};

pub const CASES: &[Case] = &[
    packing("manifest_and_archives_meet_each_of_krews_rules", meets_rules),
    packing("each_of_krews_rules_is_seen_to_be_broken_where_it_is", broken_rules),
    packing("the_plugin_runs_by_the_link_that_krew_makes", installs),
];

/// What is judged: the manifest's file name without its ending, the manifest, and the archives.
struct Plugin {
    name: String,
    manifest: Value,
    archives: PathBuf,
    unpacked: Folder,
}

type Rule = (&'static str, fn(&Plugin) -> bool);

const RULES: &[Rule] = &[
    ("apiVersion and kind are krew's", |plugin| {
        plugin.manifest["apiVersion"] == "krew.googlecontainertools.github.com/v1alpha2"
            && plugin.manifest["kind"] == "Plugin"
    }),
    ("the name is that of the manifest's file", |plugin| plugin.manifest["metadata"]["name"] == plugin.name),
    ("the name is lower case, with hyphens, without \"kube\"", |plugin| {
        let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        plugin.name.chars().all(is_plain) && !plugin.name.contains("kube")
    }),
    ("the version is a semantic one with \"v\"", |plugin| {
        let parts = |version: &str| version.split('.').map(str::parse::<u64>).filter(Result::is_ok).count();
        plugin.spec("version").strip_prefix('v').is_some_and(|version| parts(version) == 3)
    }),
    ("the homepage is there", |plugin| plugin.spec("homepage").starts_with("https://")),
    ("the short description is one line of a few words", |plugin| {
        let text = plugin.spec("shortDescription");
        !text.is_empty() && !text.contains('\n') && text.len() <= 50 && !text.ends_with('.')
    }),
    ("the description is there and lists no options", |plugin| {
        let text = plugin.spec("description");
        !text.is_empty() && !text.contains("--")
    }),
    ("the caveats say how completion is set up, which krew does not link", |plugin| {
        plugin.spec("caveats").contains("kubectl regauth completion install")
    }),
    ("there are the five platforms", |plugin| {
        let all = plugin.platforms();
        PLATFORMS.iter().all(|name| all.iter().filter(|one| selects(one, name)).count() > 0) && all.len() == 5
    }),
    ("selectors use os and arch and nothing else, and are not empty", |plugin| {
        plugin.platforms().iter().all(|one| {
            let labels = one["selector"]["matchLabels"].as_object();
            one["selector"].as_object().is_some_and(|selector| selector.len() == 1)
                && labels.is_some_and(|labels| {
                    labels.keys().all(|key| key == "os" || key == "arch") && !labels.is_empty()
                })
        })
    }),
    ("no two selectors take the same platform", |plugin| {
        let all = plugin.platforms();
        KNOWN.iter().all(|name| all.iter().filter(|one| selects(one, name)).count() <= 1)
    }),
    ("uri is a download over https, .tar.gz or .zip, of this version", |plugin| {
        plugin.platforms().iter().all(|one| {
            let uri = text(one, "uri");
            let is_archive = uri.ends_with(".tar.gz") || uri.ends_with(".zip");
            uri.starts_with("https://")
                && is_archive
                && uri.contains(&format!("/{}/", plugin.spec("version")))
        })
    }),
    ("sha256 is that of the archive, in lower case", |plugin| {
        plugin.platforms().iter().all(|one| {
            let output = Command::new("sha256sum").arg(plugin.archive(one)).output();
            output.is_ok_and(|output| stdout(&output).split(' ').next() == Some(text(one, "sha256")))
        })
    }),
    ("files is left out: everything in the archive is installed", |plugin| {
        plugin.platforms().iter().all(|one| one.get("files").is_none())
    }),
    ("the archive holds plain files within its folder", |plugin| {
        let is_plain = |file: &PathBuf| fs::symlink_metadata(file).is_ok_and(|found| found.is_file());
        plugin.platforms().iter().all(|one| listed(&plugin.unpack(one)).iter().all(is_plain))
    }),
    ("bin is in the archive and may be executed", |plugin| {
        plugin.platforms().iter().all(|one| {
            let bin = plugin.unpack(one).join(text(one, "bin"));
            fs::symlink_metadata(bin)
                .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        })
    }),
    ("bin ends with .exe on Windows, and only there", |plugin| {
        plugin.platforms().iter().all(|one| {
            text(one, "bin").ends_with(".exe") == (one["selector"]["matchLabels"]["os"] == "windows")
        })
    }),
    ("the licence is in the archive", |plugin| {
        let licence = fs::read_to_string(super::root().join("LICENSE")).unwrap();
        let has =
            |one| fs::read_to_string(plugin.unpack(one).join("LICENSE")).is_ok_and(|text| text == licence);
        plugin.platforms().iter().all(has)
    }),
];

/// Platforms that krew runs on; of `go tool dist list`, those that its releases have.
const KNOWN: &[&str] = &[
    "linux-amd64",
    "linux-arm64",
    "linux-arm",
    "linux-ppc64le",
    "linux-s390x",
    "darwin-amd64",
    "darwin-arm64",
    "windows-amd64",
    "windows-arm64",
];

impl Plugin {
    fn packed() -> (Folder, Self) {
        let (folder, archives) = packed();
        let manifest = fs::read_to_string(folder.path("regauth.yaml")).unwrap();
        let manifest = serde_saphyr::from_str(&manifest).expect("YAML");
        let plugin = Self { name: "regauth".into(), manifest, archives, unpacked: Folder::new() };
        (folder, plugin)
    }

    fn spec(&self, field: &str) -> &str {
        text(&self.manifest["spec"], field)
    }

    fn platforms(&self) -> &[Value] {
        self.manifest["spec"]["platforms"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The platform at this place of the manifest, to be changed.
    fn platform(&mut self, at: usize) -> &mut Value {
        &mut self.manifest["spec"]["platforms"][at]
    }

    fn archive(&self, platform: &Value) -> PathBuf {
        self.archives.join(text(platform, "uri").rsplit('/').next().unwrap_or_default())
    }

    /// The archive's files, in a folder.
    fn unpack(&self, platform: &Value) -> PathBuf {
        let archive = self.archive(platform);
        let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let into = self.unpacked.path(&name);
        if into.exists() {
            return into;
        }
        let into = self.unpacked.folder(&name);
        let mut command = if name.ends_with(".zip") {
            let mut command = Command::new("unzip");
            command.arg("-q").arg(&archive).arg("-d").arg(&into);
            command
        } else {
            let mut command = Command::new("tar");
            command.arg("-xzf").arg(&archive).arg("-C").arg(&into);
            command
        };
        assert!(command.status().expect("it runs").success(), "{}", archive.display());
        into
    }

    fn broken(&self) -> Vec<&'static str> {
        RULES.iter().filter(|(_, holds)| !holds(self)).map(|(name, _)| *name).collect()
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// Whether a platform's selector takes this one.
fn selects(platform: &Value, name: &str) -> bool {
    let (os, arch) = name.split_once('-').unwrap();
    let Some(labels) = platform["selector"]["matchLabels"].as_object() else { return false };
    labels.iter().all(|(key, value)| *value == if key == "os" { os } else { arch })
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect()
}

fn meets_rules() {
    let (_folder, plugin) = Plugin::packed();
    assert_eq!(plugin.broken(), Vec::<&str>::new());
}

/// What breaks each of [`RULES`], in their order.
const FAULTS: &[fn(&mut Plugin)] = &[
    |plugin| plugin.manifest["apiVersion"] = json!("v1"),
    |plugin| plugin.manifest["metadata"]["name"] = json!("other"),
    |plugin| plugin.name = "kube-RegAuth".into(),
    |plugin| plugin.manifest["spec"]["version"] = json!("1.2.3"),
    |plugin| plugin.manifest["spec"]["homepage"] = json!(""),
    |plugin| plugin.manifest["spec"]["shortDescription"] = json!("a\nb"),
    |plugin| plugin.manifest["spec"]["description"] = json!("use --yes"),
    |plugin| plugin.manifest["spec"]["caveats"] = json!(""),
    |plugin| drop(plugin.manifest["spec"]["platforms"].as_array_mut().unwrap().pop()),
    |plugin| plugin.platform(0)["selector"]["matchLabels"]["libc"] = json!("gnu"),
    |plugin| plugin.platform(0)["selector"] = json!({"matchLabels": {"os": "linux"}}),
    |plugin| {
        let uri = text(plugin.platform(0), "uri").replace("v1.2.3/", "v1.2.2/");
        plugin.platform(0)["uri"] = json!(uri);
    },
    |plugin| plugin.platform(0)["sha256"] = json!("0".repeat(64)),
    |plugin| plugin.platform(0)["files"] = json!([]),
    |plugin| symlink("/etc/hostname", plugin.unpack(&plugin.platforms()[0]).join("link")).unwrap(),
    |plugin| plugin.platform(0)["bin"] = json!("regauth"),
    |plugin| plugin.platform(4)["bin"] = json!("kubectl-regauth"),
    |plugin| fs::remove_file(plugin.unpack(&plugin.platforms()[4]).join("LICENSE")).unwrap(),
];

/// A rule that cannot be broken holds nothing.
fn broken_rules() {
    let (_folder, mut plugin) = Plugin::packed();
    let (name, manifest) = (plugin.name.clone(), plugin.manifest.clone());
    assert_eq!(FAULTS.len(), RULES.len());
    for ((rule, _), fault) in RULES.iter().zip(FAULTS) {
        fault(&mut plugin);
        assert!(plugin.broken().contains(rule), "{rule}: not seen, but {:?}", plugin.broken());
        plugin.name.clone_from(&name);
        plugin.manifest.clone_from(&manifest);
        plugin.unpacked = Folder::new();
    }
    assert_eq!(plugin.broken(), Vec::<&str>::new(), "what was broken is whole again");
}

/// As krew does: the archive into a store, and a link named kubectl-NAME to `bin`.
fn installs() {
    let (_folder, plugin) = Plugin::packed();
    let home = Folder::new();
    let own = format!("linux-{}", if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" });
    let chosen: Vec<&Value> = plugin.platforms().iter().filter(|one| selects(one, &own)).collect();
    let [platform] = chosen[..] else { panic!("{chosen:?}") };
    let store = home.folder(&format!("store/regauth/{}", plugin.spec("version")));
    for file in listed(&plugin.unpack(platform)) {
        fs::copy(&file, store.join(file.file_name().unwrap())).unwrap();
    }
    let target = store.join(text(platform, "bin")).canonicalize().unwrap();
    assert!(target.starts_with(&store), "bin leads out of the store");
    assert_eq!(target.file_name().unwrap(), executable(&own));
    let link = home.folder("links").join(format!("kubectl-{}", plugin.name.replace('-', "_")));
    symlink(&target, &link).unwrap();
    let ran = Command::new(&link).output().expect("it runs");
    assert_eq!(stdout(&ran), format!("{own} of binaries\n"));
}
