//! With which pull secrets the probe's own image is pulled.

use serde_json::json;

use super::probe_manifests::{pod, probing};
use crate::evidence::CredentialUse;
use crate::plan::{Check, SecretSource};
use crate::run::manifest::{self, Order, Resources};

#[test]
fn the_probes_own_image_is_pulled_with_its_own_secrets_and_never_the_serviceaccounts() {
    let none = json!([{"name": "regauth-abcd2345-none"}]);
    for source in [SecretSource::ServiceAccount, SecretSource::Workload, SecretSource::Disabled] {
        let mut prepared = probing(|_| {});
        prepared.plan.identity.source = source;
        assert_eq!(pod(&prepared, Check::ProbeNode)["spec"]["imagePullSecrets"], none, "{source:?}");
    }
    let own = probing(|probe| probe.image_pull_secrets = vec!["a".into()]);
    assert_eq!(pod(&own, Check::ProbePod)["spec"]["imagePullSecrets"], json!([{"name": "a"}]));
    let kubelets = json!([{"name": "regcred"}]);
    assert_eq!(
        pod(&own, Check::Kubelet)["spec"]["imagePullSecrets"],
        kubelets,
        "the pull under test has its own"
    );
}

#[test]
fn a_secret_that_was_refused_does_not_pull_the_probes_own_image() {
    let prepared = probing(|probe| probe.image_pull_secrets = vec!["regcred".into(), "own".into()]);
    let with = |change: &dyn Fn(&mut Order)| {
        let mut order = Order::planned(&prepared.plan, 0, "n", Check::ProbeNode);
        change(&mut order);
        manifest::pod(&prepared, &order, None, Resources::Stated)["spec"]["imagePullSecrets"].clone()
    };
    assert_eq!(with(&|_| {}), json!([{"name": "regcred"}, {"name": "own"}]));
    let held_back = |order: &mut Order| {
        order.credential = CredentialUse::HeldBack { refused_on: "node1".into() };
    };
    assert_eq!(with(&held_back), json!([{"name": "own"}]), "the identity's");
    let refused = |order: &mut Order| order.image_secrets_refused = true;
    assert_eq!(with(&refused), json!([{"name": "regauth-abcd2345-none"}]));
}
