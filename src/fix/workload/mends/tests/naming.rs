//! Commands of kubectl for each kind.

use super::*;

fn commands(fixes: &[Fix]) -> Vec<&str> {
    fixes.iter().map(|fix| fix.command.as_str()).collect()
}

#[test]
fn a_workload_that_nothing_else_writes_is_patched_first_and_its_account_is_added_to() {
    let web = workload("deploy/web", vec![]);
    assert_eq!(
        commands(&named(&web, Some(&carries(&[])), FixFormat::Kubectl)),
        [
            r#"kubectl -n web patch deploy/web --type=strategic -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"reg.cred"}]}}}}'"#,
            r#"kubectl -n web patch serviceaccount/runner --type=json -p '[{"op":"add","path":"/imagePullSecrets","value":[{"name":"reg.cred"}]}]'"#,
            "kubectl -n web rollout restart deploy/web",
        ]
    );
}

#[test]
fn what_the_account_carries_is_kept_in_the_template_and_in_its_own_list() {
    let web = workload("sts/web", vec![]);
    let fixes = named(&web, Some(&carries(&["old"])), FixFormat::Kubectl);
    assert!(fixes[0].command.contains(r#""imagePullSecrets":[{"name":"old"},{"name":"reg.cred"}]"#));
    assert!(fixes[1].command.contains(r#""path":"/imagePullSecrets/-","value":{"name":"reg.cred"}"#));
}

#[test]
fn pods_older_than_the_accounts_list_are_only_recreated() {
    let web = workload("deploy/web", vec![]);
    assert_eq!(
        commands(&named(&web, Some(&carries(&["reg.cred"])), FixFormat::Kustomize)),
        ["kubectl -n web rollout restart deploy/web"]
    );
}

#[test]
fn an_account_does_not_help_a_template_that_names_pull_secrets_itself() {
    let mut web = workload("ds/web", vec![]);
    web.pull_secrets = vec!["own".into()];
    let fixes = named(&web, Some(&carries(&["other"])), FixFormat::Kubectl);
    assert_eq!(fixes.len(), 1);
    assert!(!fixes[0].command.contains("other"), "{}", fixes[0].command);
}

#[test]
fn an_account_that_was_not_read_is_added_to_where_it_is() {
    let fixes = named(&workload("deploy/web", vec![]), None, FixFormat::Kubectl);
    assert!(fixes[0].what.contains("name them too"), "{}", fixes[0].what);
    assert_eq!(
        fixes[1].command,
        "kubectl -n web get serviceaccount/runner -o json | jq '.imagePullSecrets = ((.imagePullSecrets // []) + \
         [{\"name\":\"reg.cred\"}] | unique_by(.name))' | kubectl -n web replace -f -"
    );
}

#[test]
fn a_cron_job_has_its_pods_deeper_and_gets_them_with_its_next_run() {
    let fixes = named(&workload("cronjob/web", vec![]), Some(&carries(&[])), FixFormat::Kubectl);
    assert!(fixes[0].what.ends_with("from its next run on"), "{}", fixes[0].what);
    assert!(
        fixes[0]
            .command
            .contains(r#"{"spec":{"jobTemplate":{"spec":{"template":{"spec":{"imagePullSecrets""#)
    );
    assert_eq!(fixes[2].command, "kubectl -n web create job web-$(date +%s) --from=cronjob/web");
}

#[test]
fn a_job_is_made_anew_only_after_its_account_was_thought_of() {
    let fixes = named(&workload("job/web", vec![]), Some(&carries(&[])), FixFormat::Kubectl);
    assert!(fixes[0].command.contains("patch serviceaccount/runner"));
    assert_eq!(fixes[1].command, "kubectl -n web delete pod -l job-name=web --wait=false");
    let (tried, done) = fixes[2].command.split_once(" && ").unwrap();
    assert_eq!(
        done,
        "kubectl -n web get job/web -o yaml | kubectl patch --local -f - --type=strategic -p \
         '{\"spec\":{\"template\":{\"spec\":{\"imagePullSecrets\":[{\"name\":\"reg.cred\"}]},\"metadata\":{\"labels\":\
         {\"controller-uid\":null,\"batch.kubernetes.io/controller-uid\":null,\"job-name\":null,\
         \"batch.kubernetes.io/job-name\":null}}},\"selector\":null},\"status\":null}' -o yaml | \
         kubectl replace --force -f -"
    );
    assert!(tried.starts_with("kubectl -n web get job/web -o yaml | kubectl patch --local"), "{tried}");
    assert!(tried.ends_with("-o yaml | kubectl create --dry-run=server -f -"), "{tried}");
}

#[test]
fn a_lone_pod_is_deleted_and_created_again_since_it_has_its_accounts_list_already() {
    let fixes = named(&workload("pod/web", vec![]), Some(&carries(&["old"])), FixFormat::Kubectl);
    assert_eq!(fixes.len(), 1);
    assert!(fixes[0].what.contains("deletes it and creates it again"), "{}", fixes[0].what);
    assert!(fixes[0].command.contains(r#""nodeName":null"#));
}

#[test]
fn a_lone_pod_is_deleted_only_after_a_dry_run_under_another_name_has_shown_that_it_can_be_made() {
    let pod = workload("pod/web", vec![]);
    let remade = [
        named(&pod, Some(&carries(&[])), FixFormat::Kubectl).remove(0),
        recreate_pods(&pod),
        change_container(&at(&pod), "main", Field::PullPolicy).remove(0),
    ];
    for fix in remade {
        let (tried, done) = fix.command.split_once(" && ").unwrap();
        assert!(tried.ends_with("| kubectl create --dry-run=server -f -"), "{tried}");
        assert!(tried.contains(r#""metadata":{"name":"regauth-dry-run"}"#), "{tried}");
        assert!(
            done.ends_with("| kubectl replace --force -f -") && !done.contains("regauth-dry-run"),
            "{done}"
        );
        for gone in [r#""nodeName":null"#, r#""ephemeralContainers":null"#, r#""status":null"#] {
            assert!(tried.contains(gone) && done.contains(gone), "{gone}: {}", fix.command);
        }
    }
    // What a controller makes is not made by hand.
    let made = workload("pod/web", vec![owner(OwnerKind::CustomResource, "Runner/web", "")]);
    assert_eq!(recreate_pods(&made).command, "kubectl -n web delete pod/web --wait=false");
}

#[test]
fn a_field_of_a_container_that_cannot_be_changed_in_place_makes_the_object_anew() {
    let command =
        |kind: &str, field| change_container(&at(&workload(kind, vec![])), "main", field).remove(0).command;
    for kind in ["deploy/web", "cronjob/web", "rs/web"] {
        assert_eq!(command(kind, Field::PullPolicy), format!("kubectl -n web edit {kind}"));
        assert_eq!(command(kind, Field::Image), format!("kubectl -n web set image {kind} main=IMAGE"));
    }
    assert_eq!(command("pod/web", Field::Image), "kubectl -n web set image pod/web main=IMAGE");
    let never = r#"| jq '(.spec.initContainers[]?, .spec.containers[]) |= if .name == "main" then .imagePullPolicy = "IfNotPresent" else . end' |"#;
    assert_eq!(command("pod/web", Field::PullPolicy).matches(never).count(), 2);
    assert!(command("job/web", Field::Image).contains(".spec.template.spec.containers[]"));
    let pods = change_container(&at(&workload("rs/web", vec![])), "main", Field::Image);
    assert!(pods[1].command.starts_with("kubectl -n web delete pod "), "{}", pods[1].command);
    let helm = workload("deploy/web", vec![owner(OwnerKind::Helm, "shop", "")]);
    assert!(change_container(&at(&helm), "main", Field::PullPolicy)[0].what.contains("in its source"));
}

fn at(workload: &Workload) -> Place<'_> {
    Place { workload, account: None, format: FixFormat::Kubectl }
}

#[test]
fn several_workloads_are_named_for_once_in_their_account_and_recreated_each() {
    let all = [workload("deploy/aa", vec![]), workload("deploy/bb", vec![]), workload("pod/lone", vec![])];
    let account = carries(&["old"]);
    let places: Vec<Place<'_>> = all.iter().map(|one| Place { account: Some(&account), ..at(one) }).collect();
    let fixes = name_pull_secret_in_all(&places, "reg.cred");
    let [lone, account, aa, bb] = fixes.as_slice() else { panic!("{fixes:#?}") };
    assert!(account.command.contains("patch serviceaccount/runner"), "{}", account.command);
    assert_eq!(aa.command, "kubectl -n web rollout restart deploy/aa");
    assert_eq!(bb.command, "kubectl -n web rollout restart deploy/bb");
    assert!(
        lone.command.contains("get pod/lone"),
        "a pod has its account's list from before: {}",
        lone.command
    );
    let ten: Vec<Workload> = (0..10).map(|n| workload(&format!("deploy/w{n}"), vec![])).collect();
    let places: Vec<Place<'_>> = ten.iter().map(at).collect();
    let fixes = name_pull_secret_in_all(&places, "reg.cred");
    assert_eq!(fixes.len(), 6, "{fixes:#?}");
    assert!(fixes[0].what.ends_with("commands for the first 5 of 10 follow"), "{}", fixes[0].what);
}

#[test]
fn several_workloads_of_an_account_that_is_written_are_each_patched() {
    let account = ServiceAccountSeen { owners: vec![owner(OwnerKind::Helm, "shop", "web")], ..carries(&[]) };
    let all = [workload("deploy/aa", vec![]), workload("deploy/bb", vec![])];
    let places: Vec<Place<'_>> = all.iter().map(|one| Place { account: Some(&account), ..at(one) }).collect();
    let fixes = name_pull_secret_in_all(&places, "reg.cred");
    let patched: Vec<bool> = commands(&fixes)
        .iter()
        .zip(["deploy/aa", "deploy/bb"])
        .map(|(one, name)| one.contains(&format!("patch {name}")))
        .collect();
    assert_eq!(patched, [true, true], "{fixes:#?}");
}

#[test]
fn pods_of_a_replica_set_do_not_change_by_themselves() {
    let fixes = named(&workload("rs/web", vec![]), Some(&carries(&[])), FixFormat::Kubectl);
    assert!(fixes[0].what.contains("must be deleted"), "{}", fixes[0].what);
    assert!(
        fixes[1]
            .command
            .starts_with("kubectl -n web delete pod --wait=false -l \"$(kubectl -n web get rs/web ")
    );
}

#[test]
fn what_a_controller_makes_is_mended_at_the_account_and_never_patched() {
    let web = workload("rs/web", vec![owner(OwnerKind::CustomResource, "Rollout/web", "")]);
    for format in FORMATS {
        let fixes = named(&web, Some(&carries(&[])), format);
        assert!(fixes[0].command.contains("patch serviceaccount/runner"), "{}", fixes[0].command);
        let last = fixes.last().unwrap();
        assert_eq!(last.command, "kubectl explain rollout --recursive | grep -n -i pullsecret");
        assert!(fixes.iter().all(|fix| !fix.command.contains("patch rs/web")));
    }
}

#[test]
fn a_written_account_is_left_alone() {
    let account = ServiceAccountSeen { owners: vec![owner(OwnerKind::Helm, "shop", "web")], ..carries(&[]) };
    let fixes = named(&workload("deploy/web", vec![]), Some(&account), FixFormat::Kubectl);
    assert_eq!(fixes.len(), 1);
}

fn unnamed(workload: &Workload, account: &ServiceAccountSeen) -> Vec<Fix> {
    unname_pull_secret(&Place { workload, account: Some(account), format: FixFormat::Kubectl }, "reg.cred")
}

#[test]
fn a_pull_secret_is_taken_from_the_list_that_the_pods_have_it_from() {
    let mut web = workload("deploy/web", vec![]);
    web.pull_secrets = vec!["own".into(), "reg.cred".into()];
    assert_eq!(
        commands(&unnamed(&web, &carries(&["reg.cred"]))),
        [
            r#"kubectl -n web patch deploy/web --type=strategic -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"$patch":"delete","name":"reg.cred"}]}}}}'"#
        ]
    );
    web.pull_secrets.clear();
    assert_eq!(
        commands(&unnamed(&web, &carries(&["old", "reg.cred"]))),
        [
            r#"kubectl -n web patch serviceaccount/runner --type=json -p '[{"op":"test","path":"/imagePullSecrets/1","value":{"name":"reg.cred"}},{"op":"remove","path":"/imagePullSecrets/1"}]'"#,
            "kubectl -n web rollout restart deploy/web",
        ]
    );
    // Pods that are older than a list which lacks it now.
    assert_eq!(commands(&unnamed(&web, &carries(&["old"]))), ["kubectl -n web rollout restart deploy/web"]);
}

#[test]
fn a_pull_secret_is_taken_out_at_the_source_where_there_is_one() {
    let mut web = workload("deploy/web", vec![owner(OwnerKind::CustomResource, "Rollout/web", "")]);
    web.pull_secrets = vec!["reg.cred".into()];
    let fixes = unnamed(&web, &carries(&[]));
    assert_eq!(commands(&fixes), ["kubectl -n web get Rollout/web -o yaml"]);
    web.owners = vec![owner(OwnerKind::Helm, "shop", "web")];
    let fixes = unnamed(&web, &carries(&[]));
    assert!(fixes.iter().all(|fix| !fix.command.contains(" patch ")), "{fixes:#?}");
    web.owners.clear();
    web.pull_secrets.clear();
    let written =
        ServiceAccountSeen { owners: vec![owner(OwnerKind::ArgoCd, "shop", "")], ..carries(&["reg.cred"]) };
    assert_eq!(unnamed(&web, &written)[0].command, "kubectl -n web get serviceaccount/runner -o yaml");
}
