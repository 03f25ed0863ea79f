use super::*;

fn json(text: &str) -> String {
    let trees = read(text).unwrap_or_else(|broken| panic!("{broken:?}"));
    trees.iter().map(|tree| tree.json().to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn yaml_and_json_come_to_the_same() {
    let yaml = "kind: Pod\nspec:\n  a: [1, true, ~, 'x\"y']\n  gone:\n  b: |\n    two\n    lines\n";
    let expected = r#"{"kind":"Pod","spec":{"a":[1,true,null,"x\"y"],"b":"two\u000alines\u000a"}}"#;
    assert_eq!(json(yaml), expected);
    assert_eq!(json(expected), expected);
    assert_eq!(json("{\n\t\"kind\": \"Pod\"\n}\n{\"kind\":\"Pod\"}"), r#"{"kind":"Pod"} {"kind":"Pod"}"#);
    assert_eq!(json("{kind: Pod, n: 1.5}"), r#"{"kind":"Pod","n":1.5}"#);
}

#[test]
fn anchors_merges_and_repeated_keys_are_read_as_kubectl_reads_them() {
    assert_eq!(
        json("a: &x {k: v}\nb: *x\nc:\n  <<: *x\n  l: w\n"),
        r#"{"a":{"k":"v"},"b":{"k":"v"},"c":{"l":"w","k":"v"}}"#
    );
    assert_eq!(json("a: 1\na: 2\n"), r#"{"a":2}"#);
    assert_eq!(json("1: x\ntrue: y\n"), r#"{"1":"x","true":"y"}"#);
}

#[test]
fn what_is_written_is_json() {
    let text = "a: \"\\u0007 \\\\ \\t ü \\U0001F600\"\n\"k\\\"y\": v\n";
    let value: serde_json::Value = serde_json::from_str(&json(text)).unwrap();
    assert_eq!(value["a"], "\u{7} \\ \t ü \u{1F600}");
    assert_eq!(value["k\"y"], "v");
}

#[test]
fn what_is_broken_names_a_line_and_nothing_of_its_content() {
    let Err(broken) = read("kind: Secret\nstringData:\n  p: hunter2\n bad: [hunter2\n") else {
        panic!("read")
    };
    assert!(broken.line >= 3, "{broken:?}");
    assert_eq!(broken.why, "it is no YAML that can be read");
    let Err(broken) = read("kind: {{ .Values.kind }}\n{{- if x }}\n") else { panic!("read") };
    assert!(broken.why.contains("helm template"), "{broken:?}");
}

#[test]
fn bombs_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let last = level - 1;
        let items = vec![format!("*a{last}"); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let Err(broken) = read(&bomb) else { panic!("read") };
    assert!(broken.why.contains("aliases"), "{broken:?}");
    for deep in [format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)), format!("a: {}", "{a: ".repeat(500))]
    {
        assert!(read(&deep).is_err());
    }
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    assert!(read(&deep).is_err(), "JSON too");
}
