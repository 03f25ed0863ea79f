//! Which of the cases it is that look the same from outside: by the client's own token.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::keys::HOST;
use crate::support::harbor::{Asked, Group, Harbor, READ, SECRETS, Setup, only_rights, password};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[Case {
    name: "a push that fails for its right, project, robot, read-only mode or a locked user is told which it is",
    needs: Needs::OwnCluster,
    run: told_apart,
}];

fn told_apart(space: &Space) {
    only_rights(space, &[READ, SECRETS]);
    let harbor = Harbor::install(space, &Setup { groups: vec![Group::of(2)], ..Setup::default() });
    for robot in ["push", "pull", "expired"] {
        space.pull_secret(robot, HOST, &format!("robot$team+{robot}"), &password(robot));
    }
    space.pull_secret("admin", HOST, "admin", &password("admin"));
    let ask = |secret: &str, project: &str| harbor.ask(&["--pull-secret", secret, "--project", project]);

    let asked = ask("push", "team/app");
    asked.must_be(0, &[]);
    assert_eq!(asked.report["harbor"]["decision"]["uploadStatus"], 202);
    ask("pull", "team/app").must_be(1, &["error PushDenied certain repository/team/app"]);
    ask("admin", "nowhere/app").must_be(1, &["error RepositoryNotFound certain project/nowhere"]);

    let asked = ask("expired", "team/app");
    asked.must_be(1, &["error CredentialRejected uncertain secret/expired"]);
    let robot = &asked.finding("CredentialRejected")["alsoPossible"];
    assert_eq!(robot, &json!(["RobotAccountUnusable", "CredentialExpired"]));
    // Now the cores' logs tell it.
    let asked = harbor.ask(&["--pull-secret", "expired", "--logs"]);
    asked.must_be(1, &["error RobotAccountUnusable certain secret/expired"]);

    let asked = while_locked(&harbor, "admin", || ask("admin", "team/app"));
    asked.must_be(1, &["error CredentialRejected uncertain secret/admin"]);
    let user = &asked.finding("CredentialRejected")["alsoPossible"];
    assert_eq!(user, &json!(["AccountLocked"]));

    harbor.change_world(|world| {
        world["read_only"] = json!(true);
        world["projects"][1]["public"] = json!(false);
    });
    let asked = ask("push", "team/app");
    asked.must_be(1, &["error RegistryReadOnly certain deployment/harbor-core"]);
    assert_eq!(asked.matrix(), ("credential".into(), [4, 0, 0]));
    // Without a credential `library` must be public, or the method says nothing: neither good nor bad.
    let asked = harbor.ask(&[]);
    asked.must_be(3, &[]);
    assert_eq!(asked.matrix(), ("anonymous".into(), [0, 0, 4]));
    assert!(asked.not_checked().contains(&"who accepts whose tokens"), "{:#}", asked.report["notChecked"]);
}

/// Does something while wrong passwords of a user are being answered by every core, all the time.
fn while_locked(harbor: &Harbor<'_>, user: &str, act: impl FnOnce() -> Asked) -> Asked {
    let login = STANDARD.encode(format!("{user}:not-the-password"));
    let is_over = AtomicBool::new(false);
    let addresses = harbor.addresses();
    std::thread::scope(|scope| {
        for address in &addresses {
            // The first of them locks the user, and waits; the second locks again as soon as that ends.
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        log_in(address, &login);
                    }
                });
            }
        }
        let asked = act();
        is_over.store(true, Ordering::Relaxed);
        asked
    })
}

fn log_in(address: &str, login: &str) {
    let mut stream = TcpStream::connect(address).expect("a core answers");
    let request = format!(
        "GET /service/token?service=harbor-registry HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Basic {login}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}
