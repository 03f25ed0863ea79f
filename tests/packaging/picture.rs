//! The picture at the top of the READMEs: what the program prints in a terminal, as an SVG. `make picture` makes it anew.

use std::fs;
use std::process::Command;

use super::folder::Folder;
use super::{Case, root, svg, terminal, text};

pub const CASES: &[Case] = &[
    Case { name: "the_picture_is_what_the_program_prints", is_possible: terminal::is_possible, run: picture },
    Case::new("the_picture_requests_nothing_and_has_words_for_those_who_do_not_see_it", sound),
    Case::new("a_line_that_is_too_long_for_the_picture_goes_on_in_the_next_one", long_lines),
];

const FILE: &str = "docs/images/doctor.svg";
/// What is typed, below the package's folder.
const TYPED: &str = "kubectl regauth analyze docs/examples/broken-cluster.regauth";
const COLUMNS: u16 = 110;
/// More lines are too small to be read.
const MOST: usize = 30;

fn picture() {
    let folder = Folder::new();
    // The picture's own program is called as kubectl calls it.
    let script = format!("{}; true", TYPED.replace("kubectl regauth", "kubectl-regauth"));
    let mut command = Command::new("script");
    command.env("PATH", folder.search_path()).env("HOME", folder.folder("home")).env_remove("KUBECONFIG");
    let columns = usize::from(COLUMNS);
    let mut lines =
        terminal::broken(&terminal::shown(command.current_dir(root()), &script, COLUMNS), columns);
    if lines.len() > MOST {
        lines.truncate(MOST - 1);
        // A finding is there whole or not at all.
        let end = lines.iter().rposition(Vec::is_empty).map_or(lines.len(), |at| at + 1);
        lines.truncate(end);
        lines.extend(terminal::lines("…"));
    }
    let made = svg::terminal(TYPED, &lines, columns);
    let file = root().join(FILE);
    if std::env::var_os("REGAUTH_PICTURE").is_some() {
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(&file, &made).expect("written");
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == made, "{FILE} is not what the program prints: make picture");
}

fn sound() {
    let picture = text(FILE);
    let document = roxmltree::Document::parse(&picture).expect("XML");
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    for name in ["title", "desc"] {
        let words =
            root.children().find(|one| one.has_tag_name((root.tag_name().namespace().unwrap(), name)));
        let words = words.unwrap_or_else(|| panic!("no {name}"));
        assert!(words.text().is_some_and(|text| text.contains("kubectl regauth") || text.contains("error")));
        assert!(root.attribute("aria-labelledby").unwrap().contains(words.attribute("id").unwrap()));
    }
    for foreign in ["href", "url(", "@import", "<image", "<script", "<foreignObject", "@font-face"] {
        assert!(!picture.contains(foreign), "{foreign}");
    }
}

fn long_lines() {
    let broken =
        terminal::broken(&terminal::lines("abcdefgh\n\n\u{1b}[1mab\u{1b}[0mcdé\u{1b}[31mfghijkl\nabcd"), 4);
    let shown: Vec<String> = broken.iter().map(|line| terminal::plain(line)).collect();
    assert_eq!(shown, ["abcd", "efgh", "", "abcd", "éfgh", "ijkl", "abcd"]);
    let paints: Vec<&str> = broken[4].iter().map(|one| one.paint.as_str()).collect();
    assert_eq!(paints, ["", "31"]);
}
