use super::*;

fn read_all(text: &str) -> Manifests {
    let source = Source { file: "deploy.yaml".into(), text: Zeroizing::new(text.to_string()) };
    Manifests::read(&[source], "team")
}

fn names(manifests: &Manifests) -> Vec<String> {
    manifests.workloads.iter().map(|one| format!("{}/{}", one.namespace, one.name)).collect()
}

#[test]
fn every_kind_that_makes_pods_is_read() {
    let pod = "spec: {containers: [{name: c, image: r/app:1}]}";
    let template = format!("template: {{{pod}}}");
    let text = [
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\n{pod}\n"),
        format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: b, namespace: other}}\nspec: {{{template}}}\n"),
        format!("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: c}}\nspec: {{{template}}}\n"),
        format!("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: d}}\nspec: {{{template}}}\n"),
        format!("apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {{name: e}}\nspec: {{{template}}}\n"),
        format!("apiVersion: v1\nkind: ReplicationController\nmetadata: {{name: f}}\nspec: {{{template}}}\n"),
        format!("apiVersion: batch/v1\nkind: Job\nmetadata: {{generateName: g-}}\nspec: {{{template}}}\n"),
        format!("apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: h}}\nspec: {{jobTemplate: {{spec: {{{template}}}}}}}\n"),
        format!("apiVersion: v1\nkind: PodTemplate\nmetadata: {{name: i}}\n{template}\n"),
    ]
    .join("---\n");
    let manifests = read_all(&text);
    assert_eq!(
        names(&manifests),
        [
            "team/pod/a",
            "other/deploy/b",
            "team/sts/c",
            "team/ds/d",
            "team/rs/e",
            "team/rc/f",
            "team/job/g",
            "team/cronjob/h",
            "team/podtemplate/i"
        ]
    );
    assert!(manifests.broken.is_empty() && manifests.unread_kinds.is_empty());
    assert!(manifests.workloads.iter().all(|one| one.lines.contains_key("r/app:1")));
}

#[test]
fn a_list_a_hook_and_an_empty_document_are_read_as_kubectl_reads_them() {
    let text = "---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  \
                spec: {containers: [{image: r/a:1}]}\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n---\n\
                apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: hook\n  annotations: {helm.sh/hook: pre-install}\n\
                spec: {template: {spec: {initContainers: [{image: r/i:1}], containers: [{image: r/b:1}], volumes: [{image: {reference: r/v:1}}]}}}\n";
    let manifests = read_all(text);
    assert_eq!(names(&manifests), ["team/pod/a", "team/job/hook"]);
    assert_eq!((manifests.documents, manifests.secrets.len()), (2, 1));
    let images: Vec<&String> = manifests.workloads[1].lines.keys().collect();
    assert_eq!(images, ["r/b:1", "r/i:1", "r/v:1"]);
    assert_eq!(manifests.workloads[0].place.line, 4);
}

#[test]
fn custom_resources_with_a_pod_template_are_read_and_others_are_told() {
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec:\n  template:\n    metadata: {labels: {a: b}}\n    \
                spec: {containers: [{image: r/a:1}]}\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x}\nspec: {image: r/x:1}\n---\n\
                apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n---\n\
                apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: g}\n";
    let manifests = read_all(text);
    assert_eq!(names(&manifests), ["team/rollout.argoproj.io/web"]);
    assert_eq!(
        manifests.unread_kinds.into_iter().collect::<Vec<_>>(),
        [("Thing.example.com".to_string(), 1)]
    );
}

#[test]
fn what_is_broken_is_told_with_its_line_and_the_rest_is_judged() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{image: r/a:1}]}\n---\nkind: [\n---\njust: data\n---\n\
                apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b}\n";
    let manifests = read_all(text);
    assert_eq!(names(&manifests), ["team/pod/a"]);
    let told: Vec<String> = manifests.broken.iter().map(|(place, why)| format!("{place}: {why}")).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(
        told[0].starts_with("deploy.yaml:6: document 2 cannot be read: it is no YAML")
            || told[0].starts_with("deploy.yaml:7"),
        "{told:?}"
    );
    assert!(told[1].starts_with("deploy.yaml:8: document 3 is no Kubernetes object"), "{told:?}");
    assert!(told[2].contains("kubectl kustomize FOLDER"), "{told:?}");
    assert!(told[3].contains("deploy/b has no pod template"), "{told:?}");
}

#[test]
fn secrets_that_controllers_make_are_known_by_their_makers() {
    let text = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: sealed}\nspec: {template: {metadata: {name: regcred}}}\n---\n\
                apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: pull}\nspec: {target: {}}\n";
    let made = read_all(text).made;
    let made: Vec<(&str, &str)> = made.iter().map(|(one, kind)| (one.name.as_str(), kind.as_str())).collect();
    assert_eq!(made, [("regcred", "SealedSecret"), ("pull", "ExternalSecret")]);
}

#[test]
fn hostile_names_and_documents_do_no_harm() {
    let manifests = read_all(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: \"\\u001b[31mx\"}\nspec: {containers: [{image: \"\\u001b]0;x\"}]}\n",
    );
    assert!(!names(&manifests)[0].contains('\u{1b}'), "{:?}", names(&manifests));
    for text in
        ["", "---", "~", "[]", "x", "{}", "kind: Pod", "kind: List\nitems: 3", "\u{0}", "kind: Pod\nspec: 1"]
    {
        let manifests = read_all(text);
        assert!(manifests.workloads.is_empty(), "{text:?}");
    }
}

#[test]
fn every_pod_template_of_a_custom_resource_is_read_and_named_by_its_place() {
    let text = "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: ml}\nspec:\n  headGroupSpec: {template: {spec: {containers: [{image: r/head:1}]}}}\n  \
                workerGroupSpecs:\n  - {groupName: small, template: {spec: {containers: [{image: r/small:1}]}}}\n  \
                - {groupName: \"a b\", template: {spec: {containers: [{image: r/odd:1}]}}}\n---\n\
                apiVersion: kubeflow.org/v1\nkind: TFJob\nmetadata: {name: train}\nspec: {tfReplicaSpecs: {Chief: {template: {spec: {containers: [{image: r/chief:1}]}}}, \
                Worker: {template: {spec: {containers: [{image: r/worker:1}]}}}}}\n---\n\
                apiVersion: jobset.x-k8s.io/v1alpha2\nkind: JobSet\nmetadata: {name: set}\nspec: {replicatedJobs: [{name: driver, template: {spec: {template: {spec: {containers: [{image: r/driver:1}]}}}}}]}\n";
    let manifests = read_all(text);
    assert_eq!(
        names(&manifests),
        [
            "team/raycluster.ray.io/ml/headGroupSpec",
            "team/raycluster.ray.io/ml/workerGroupSpecs.small",
            "team/raycluster.ray.io/ml/workerGroupSpecs.2",
            "team/tfjob.kubeflow.org/train/tfReplicaSpecs.Chief",
            "team/tfjob.kubeflow.org/train/tfReplicaSpecs.Worker",
            "team/jobset.jobset.x-k8s.io/set",
        ]
    );
    let images: Vec<&String> = manifests.workloads.iter().flat_map(|one| one.lines.keys()).collect();
    assert_eq!(images, ["r/head:1", "r/small:1", "r/odd:1", "r/chief:1", "r/worker:1", "r/driver:1"]);
    assert!(manifests.broken.is_empty() && manifests.unread_kinds.is_empty());
}

#[test]
fn objects_that_the_api_server_names_are_several_however_alike_they_are() {
    let job = |name: &str, image: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {name}\nspec: {{template: {{spec: {{containers: [{{image: {image}}}]}}}}}}\n---\n"
        )
    };
    let text = [
        job("{generateName: g-}", "r/a:1"),
        job("{generateName: g-}", "r/b:1"),
        job("{}", "r/c:1"),
        job("{}", "r/d:1"),
        job("{generateName: g-, namespace: other}", "r/e:1"),
        job("{name: same}", "r/f:1"),
        job("{name: same}", "r/g:1"),
    ]
    .concat();
    let manifests = read_all(&text);
    assert_eq!(
        names(&manifests),
        [
            "team/job/g",
            "team/job/g#2",
            "team/job/unnamed",
            "team/job/unnamed#2",
            "other/job/g",
            "team/job/same",
            "team/job/same"
        ]
    );
    // Of two with one name the last is what is there in the end.
    let all = super::super::workloads(&manifests, &mut Vec::new());
    let images: Vec<&String> = all.values().flat_map(|one| one.planned.lines.keys()).collect();
    assert_eq!(images, ["r/e:1", "r/a:1", "r/b:1", "r/g:1", "r/c:1", "r/d:1"]);
}

#[test]
fn what_would_be_left_out_in_silence_is_told() {
    let pod = "{kind: Pod, apiVersion: v1, metadata: {name: a}, spec: {containers: [{image: r/a:1}]}}";
    let nested = |depth: usize| {
        let list = (0..depth)
            .fold(pod.to_string(), |inner, _| format!("{{kind: List, apiVersion: v1, items: [{inner}]}}"));
        read_all(&format!("{list}\n"))
    };
    assert_eq!((nested(3).workloads.len(), nested(3).broken.len()), (1, 0));
    assert_eq!(nested(4).workloads.len(), 0);
    let (place, why) = nested(4).broken.remove(0);
    assert_eq!(
        (place.as_str(), why.starts_with("document 1: lists lie in each other")),
        ("deploy.yaml:1", true),
        "{why}"
    );
    for (version, kind, right) in [
        ("v1", "Deployment", "apps/v1"),
        ("apps/v1", "Pod", "v1"),
        ("batch", "CronJob", "batch/v1"),
        ("", "Job", "batch/v1"),
    ] {
        let manifests =
            read_all(&format!("apiVersion: \"{version}\"\nkind: {kind}\nmetadata: {{name: a}}\n"));
        let told: Vec<&str> = manifests.broken.iter().map(|(_, why)| why.as_str()).collect();
        let wanted = format!(
            "document 1 is a {kind} with the apiVersion \"{version}\", which has none: write {right}"
        );
        assert_eq!(told, [wanted]);
    }
}

#[test]
fn each_template_of_an_argo_workflow_that_runs_containers_is_a_pod() {
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {name: nightly}\nspec:\n  schedule: daily\n  workflowSpec:\n    \
                serviceAccountName: builder\n    imagePullSecrets: [{name: regcred}]\n    templates:\n    - {name: main, steps: [[{name: a, template: build}]]}\n    \
                - {name: build, serviceAccountName: own, container: {image: r/kaniko:1}, sidecars: [{name: s, image: r/side:1}]}\n    \
                - {name: shell, initContainers: [{name: i, image: r/init:1}], script: {image: r/script:1, source: x}}\n    \
                - {name: pair, containerSet: {containers: [{name: a, image: r/a:1}, {name: b, image: \"{{inputs.parameters.image}}\"}]}}\n";
    let manifests = read_all(text);
    let kind = "team/cronworkflow.argoproj.io/nightly";
    assert_eq!(names(&manifests), [format!("{kind}/build"), format!("{kind}/shell"), format!("{kind}/pair")]);
    let images: Vec<&String> = manifests.workloads.iter().flat_map(|one| one.lines.keys()).collect();
    assert_eq!(images, ["r/kaniko:1", "r/side:1", "r/init:1", "r/script:1", "r/a:1"]);
    let told: Vec<&str> = manifests.broken.iter().map(|(_, why)| why.as_str()).collect();
    assert_eq!(
        told,
        [
            "cronworkflow.argoproj.io/nightly/pair has an image that is known only when it runs: it holds parameters"
        ]
    );
    let all = super::super::workloads(&manifests, &mut Vec::new());
    let accounts: Vec<&str> = all.values().map(|one| one.group.service_account.as_str()).collect();
    assert_eq!(accounts, ["own", "builder", "builder"]);
    assert!(all.values().all(|one| one.group.template_secrets == ["regcred"]));
}
