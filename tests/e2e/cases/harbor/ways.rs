//! Ways to the cores that differ from the usual one.

use crate::support::harbor::{Group, Harbor, READ, SECRETS, Setup, only_rights};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[Case {
    name: "cores with internal TLS are asked by it, and one key behind a sticky front door proves nothing",
    needs: Needs::OwnCluster,
    run: internal_tls,
}];

fn internal_tls(space: &Space) {
    only_rights(space, &[READ, SECRETS]);
    let setup = Setup {
        groups: vec![Group::of(2)],
        ext_endpoint: "https://harbor.example.test".into(),
        internal_tls: true,
        affinity: "ClientIP",
        ..Setup::default()
    };
    let harbor = Harbor::install(space, &setup);
    let asked = harbor.ask(&[]);
    asked.must_be(0, &[]);
    assert_eq!(asked.matrix(), ("anonymous".into(), [4, 0, 0]));
    assert!(
        asked
            .of_cores("address")
            .iter()
            .all(|address| address.as_str().is_some_and(|text| text.ends_with(":8443")))
    );
    assert_eq!(asked.report["harbor"]["sticky"][0]["object"], "service/harbor-core");

    let door = harbor.front_door();
    let host = door.trim_start_matches("https://");
    let asked = harbor.ask(&["--url", &door]);
    asked.must_be(
        1,
        &[
            &format!("error CertificateNameMismatch certain registry/{host}"),
            &format!("unknown Unknown uncertain registry/{host}"),
        ],
    );
    assert!(asked.cause("Unknown").contains("proves nothing"), "{:#}", asked.report["findings"]);
}
