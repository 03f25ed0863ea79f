use super::fields::{self, Field, Kind};
use super::names::Names;
use super::text::replaced;

fn names(known: &[(Kind, &str)]) -> Names {
    let mut names = Names::default();
    known.iter().for_each(|(kind, text)| names.gather(*kind, text));
    names
}

#[test]
fn a_name_is_replaced_by_the_same_other_one_wherever_it_stands() {
    let mut names = names(&[
        (Kind::Namespace, "payments"),
        (Kind::Workload, "deploy/ledger"),
        (Kind::Secret, "acme-pull"),
    ]);
    let other = replaced("pod/payments/ledger-5d4f-x2x/main", &mut names);
    assert_eq!(other, "pod/namespace-1/workload-1-5d4f-x2x/main");
    let other = replaced("MountVolume failed: secret \"acme-pull\" of payments not found", &mut names);
    assert_eq!(other, "MountVolume failed: secret \"secret-1\" of namespace-1 not found");
}

#[test]
fn hosts_of_one_domain_stay_so_and_their_top_level_domain_stays() {
    let mut names = names(&[(Kind::Image, "img.acme.com:5443/shop/cart:v2"), (Kind::Host, "*.acme.com")]);
    let image = replaced("img.acme.com:5443/shop/cart:v2", &mut names);
    assert_eq!(image, "name-1.name-2.com:5443/name-3/name-4:label-1");
    assert_eq!(replaced("*.acme.com", &mut names), "*.name-2.com");
    let said = replaced("lookup sso.acme.com on 10.20.30.40:53: no such host", &mut names);
    assert_eq!(said, "lookup name-5.name-2.com on 10.0.0.1:53: no such host");
}

#[test]
fn registries_that_the_rules_know_stay_known() {
    let mut names = names(&[
        (Kind::Image, "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:1"),
        (Kind::Image, "ghcr.io/acme/cart:1"),
        (Kind::Image, "nginx:1.27"),
        (Kind::Host, "https://index.docker.io/v1/"),
    ]);
    let mut other = |text| replaced(text, &mut names);
    assert_eq!(
        other("123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:1"),
        "000000000001.dkr.ecr.eu-central-1.amazonaws.com/name-1:1"
    );
    assert_eq!(other("ghcr.io/acme/cart:1"), "ghcr.io/name-2/name-3:1");
    assert_eq!(other("nginx:1.27"), "nginx:1.27");
    assert_eq!(other("https://index.docker.io/v1/"), "https://index.docker.io/v1/");
}

#[test]
fn a_name_that_is_a_word_of_messages_is_replaced_where_it_stands_as_a_name() {
    let mut names = names(&[(Kind::Image, "reg.acme.io/team/image:error")]);
    let said = replaced("failed to pull image \"reg.acme.io/team/image:error\": not found", &mut names);
    assert_eq!(said, "failed to pull image \"name-1.name-2.io/name-3/name-4:label-1\": not found");
}

#[test]
fn the_kinds_in_ids_stay_where_something_is_called_like_one() {
    let mut names = names(&[
        (Kind::Container, "job"),
        (Kind::Image, "reg.acme.io/pod/secret:deploy"),
        (Kind::Workload, "deploy/pull"),
        (Kind::User, "secret/robot"),
    ]);
    for id in ["job/migrate", "secret/shop/x", "pod/shop/pod-x2/job", "deploy/pull", "probe/node1/node/0"] {
        assert_eq!(replaced(id, &mut names), id);
    }
    assert_eq!(replaced("reg.acme.io/pod/secret:deploy", &mut names), "name-1.name-2.io/pod/secret:deploy");
    assert_eq!(replaced("secret/robot was refused", &mut names), "secret/user-1 was refused");
}

#[test]
fn what_a_name_is_by_its_form_is_replaced_without_being_gathered() {
    let mut names = Names::default();
    let mut other = |text: &str| replaced(text, &mut names);
    let digest = format!("sha256:{}", "ab".repeat(32));
    assert_eq!(other(&digest), format!("sha256:{:064x}", 1));
    assert_eq!(other("uid 8c5d9a0e-1111-2222-3333-444455556666"), "uid 00000000-0000-0000-0000-000000000002");
    assert_eq!(other("[2a02:1234::5]:443 refused"), "[2001:db8::1]:443 refused");
    assert_eq!(other("jane.doe@acme.com"), "user-1@name-1.com");
    assert_eq!(other("/home/jane/.docker/config.json"), "/home/user-2/.docker/config.json");
    assert_eq!(other("dial tcp 127.0.0.1:5000"), "dial tcp 127.0.0.1:5000");
    assert_eq!(other("at 12:30:45"), "at 12:30:45");
}

#[test]
fn names_that_no_word_can_be_are_replaced_as_they_stand() {
    let mut names =
        names(&[(Kind::User, "robot$shop+ci"), (Kind::Certificate, "CN=img.acme.com,O=Acme Corp")]);
    assert_eq!(replaced("robot$shop+ci was refused", &mut names), "user-1 was refused");
    let subject = replaced("CN=img.acme.com,O=Acme Corp", &mut names);
    assert_eq!(subject, "CN=name-1.name-2.com,O=subject-1");
}

/// A new field that holds a choice of words would be gone through as text, and a name that is one of those words would
/// change what the evidence says.
#[cfg(feature = "schema")]
#[test]
fn every_field_that_holds_one_of_a_few_words_is_known_as_one() {
    let schema = crate::schema::schema(crate::schema::Kind::Evidence);
    let mut choices = std::collections::BTreeSet::new();
    let definitions = schema["$defs"].as_object().expect("definitions").values().chain([&schema]);
    for one in definitions {
        collect(one, &schema, &mut choices);
    }
    assert!(choices.len() > 20, "{choices:?}");
    for key in choices {
        let field = fields::field("", &key);
        assert!(matches!(field, Field::Kept | Field::Choice), "{key}: {field:?}");
    }
}

#[cfg(feature = "schema")]
fn collect(
    schema: &serde_json::Value,
    root: &serde_json::Value,
    out: &mut std::collections::BTreeSet<String>,
) {
    let empty = serde_json::Map::new();
    for (key, property) in schema["properties"].as_object().unwrap_or(&empty) {
        if is_choice(property, root, 0) {
            out.insert(key.clone());
        }
        collect(property, root, out);
    }
    for list in ["oneOf", "anyOf"] {
        schema[list].as_array().into_iter().flatten().for_each(|one| collect(one, root, out));
    }
}

#[cfg(feature = "schema")]
fn is_choice(schema: &serde_json::Value, root: &serde_json::Value, depth: usize) -> bool {
    if depth > 6 {
        return false;
    }
    let is_string = |one: &serde_json::Value| one["type"] == "string" || one["type"].is_null();
    let has_words =
        |one: &serde_json::Value| (one.get("enum").is_some() || one["const"].is_string()) && is_string(one);
    let referred = schema["$ref"].as_str().and_then(|path| root.pointer(path.trim_start_matches('#')));
    has_words(schema)
        || referred.is_some_and(|one| is_choice(one, root, depth + 1))
        || schema.get("items").is_some_and(|one| is_choice(one, root, depth + 1))
        || ["oneOf", "anyOf"].iter().any(|list| {
            schema[*list]
                .as_array()
                .is_some_and(|ones| ones.iter().any(|one| is_choice(one, root, depth + 1)))
        })
}
