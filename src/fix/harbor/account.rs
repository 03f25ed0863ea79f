//! Accounts, projects and settings of Harbor. An administrator's password is asked for by the command, and goes through
//! TLS only.

use super::super::shell::quoted;
use super::super::{fix, replace_secret};
use crate::diagnose::harbor::View;
use crate::evidence::harbor::Decision;
use crate::finding::Fix;
use crate::text::url::authority;

/// The URL of Harbor's API where it has TLS: the front door's, else the one that users know.
fn secure_url<'a>(view: &View<'a>) -> Option<&'a str> {
    let front = view.seen.and_then(|seen| seen.front.as_ref()).map(|front| front.url.as_str());
    let known = view.harbor.and_then(|harbor| harbor.front.as_ref()).map(|front| front.external_url.as_str());
    let urls = front.into_iter().chain(known).map(|url| url.trim_end_matches('/'));
    urls.into_iter().find(|url| url.starts_with("https://"))
}

/// A change through Harbor's API; `None` where the password would go in the clear.
fn administer(view: &View<'_>, what: &str, method: &str, path: &str, body: &str) -> Option<Fix> {
    let url = quoted(&format!("{}/api/v2.0/{path}", secure_url(view)?));
    let body = quoted(body);
    let command =
        format!("curl -sS -u ADMIN -X {method} -H 'Content-Type: application/json' -d {body} {url}");
    Some(fix(format!("{what}; asks for the password of ADMIN"), command))
}

/// The same question again: nothing in Harbor is changed by it.
fn ask_again(view: &View<'_>, what: &str) -> Fix {
    let asked = view.evidence.plan.harbor.as_ref().and_then(|plan| plan.ask.repository.as_deref());
    ask_for(view, what, decision(view).map(|one| one.repository.as_str()).or(asked))
}

fn ask_for(view: &View<'_>, what: &str, repository: Option<&str>) -> Fix {
    let project = repository.map(|one| format!(" --project {}", quoted(one))).unwrap_or_default();
    let secret = source(view).and_then(|source| source.strip_prefix("secret/"));
    let command = match (view.harbor, secret) {
        (Some(harbor), Some(secret)) => {
            format!(
                "kubectl regauth harbor -n {} --pull-secret {}{project}",
                harbor.namespace,
                quoted(secret)
            )
        }
        (Some(harbor), None) => format!(
            "kubectl regauth harbor -n {} --via port-forward --docker-config FILE{project}",
            harbor.namespace
        ),
        (None, _) => {
            format!("kubectl regauth harbor --url {} --docker-config FILE{project}", super::front_url(view))
        }
    };
    fix(what, command)
}

fn decision<'a>(view: &View<'a>) -> Option<&'a Decision> {
    view.seen?.decision.as_ref()
}

/// The project of the repository that was asked about.
fn named_project<'a>(view: &View<'a>) -> &'a str {
    decision(view).and_then(|one| one.repository.split('/').next()).unwrap_or("PROJECT")
}

fn source<'a>(view: &View<'a>) -> Option<&'a str> {
    Some(view.seen?.login.as_ref()?.source.as_str())
}

/// A credential that Harbor refused: a fresh one in its place.
pub(super) fn accounts(view: &View<'_>) -> Vec<Fix> {
    let users = view.harbor.and_then(|harbor| harbor.front.as_ref()).map(|front| front.external_url.as_str());
    let front = view.seen.and_then(|seen| seen.front.as_ref()).map(|front| front.url.as_str());
    let url = users.filter(|url| !url.is_empty()).or(front).map_or("HARBOR", authority);
    let mut fixes = vec![fix(
        "logs in by hand, once, into a configuration of its own; asks for the password. A robot's expiry and state are shown in the portal under Robot Accounts",
        format!("docker --config ./regauth-login login {}", quoted(url)),
    )];
    if let Some(secret) = source(view).and_then(|source| source.strip_prefix("secret/")) {
        let put = replace_secret(view.namespace(), secret);
        fixes.push(fix(
            "puts that login into the Secret; DOCKER_CONFIG.json is ./regauth-login/config.json",
            put,
        ));
    }
    fixes.push(ask_again(view, "asks again with the new credential"));
    fixes
}

/// One core refused a credential that another took.
pub(crate) fn ask_later(view: &View<'_>) -> Vec<Fix> {
    let what = "asks again later, with the same credential, when no other client logs in with an old password of this user";
    let mut fixes = vec![ask_again(view, what)];
    if view.harbor.is_some() {
        let what = "compares the settings of the cores, and counts the telling lines of their logs";
        fixes.push(super::again(view, what, "--exec --logs"));
    }
    fixes
}

/// The right to push.
pub(super) fn may_push(view: &View<'_>) -> Vec<Fix> {
    let project = named_project(view);
    let members = secure_url(view).map(|url| quoted(&format!("{url}/api/v2.0/projects/{project}/members")));
    let mut fixes: Vec<Fix> = members
        .map(|url| {
            fix(
                "shows who has which role in the project: Developer, Maintainer and Project Admin may push; asks for the password of ADMIN",
                format!("curl -sS -u ADMIN {url}"),
            )
        })
        .into_iter()
        .collect();
    fixes.push(ask_again(
        view,
        "asks again, once the project's administrator has given the account the role Developer (Projects, Members) or the robot account the permission to push",
    ));
    fixes
}

/// A project to push to.
pub(super) fn project(view: &View<'_>) -> Vec<Fix> {
    let name = named_project(view);
    let body = format!("{{\"project_name\": \"{name}\"}}");
    let what = "makes the project, private, if its name is right";
    let mut fixes: Vec<Fix> = administer(view, what, "POST", "projects", &body).into_iter().collect();
    fixes.push(ask_again(
        view,
        "asks again, once the project is there (Projects, New Project) or its name is right",
    ));
    fixes
}

/// Whether Harbor refused the push because the project is a proxy cache, which takes none in any mode.
fn is_proxy(view: &View<'_>) -> bool {
    let upload = decision(view).and_then(|one| one.upload.as_ref()?.answer());
    let errors = upload.and_then(|answer| answer.error.as_ref()).into_iter().flat_map(|error| &error.errors);
    errors.into_iter().any(|error| error.message.as_str().contains("proxy project"))
}

/// An end of read-only mode; of a proxy cache there is none.
pub(super) fn writable(view: &View<'_>) -> Vec<Fix> {
    if is_proxy(view) {
        let what =
            "asks for a push to a project that is no proxy cache: this one takes no pushes in any mode";
        return vec![ask_for(view, what, Some("PROJECT/REPOSITORY"))];
    }
    let what = "ends the read-only mode, if no garbage collection or backup needs it (Administration, Configuration)";
    let body = "{\"read_only\": false}";
    let mut fixes: Vec<Fix> = administer(view, what, "PUT", "configurations", body).into_iter().collect();
    fixes.push(ask_again(
        view,
        "asks again, once the mode was ended in the portal (Administration, Configuration, System Settings)",
    ));
    fixes
}

/// The lifetime is a setting of Harbor's own (`token_expiration`, in minutes).
pub(super) fn longer_tokens(view: &View<'_>) -> Option<Fix> {
    let body = "{\"token_expiration\": 60}";
    administer(view, "lets tokens live an hour", "PUT", "configurations", body)
}
