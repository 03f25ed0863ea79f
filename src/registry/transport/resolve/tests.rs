use super::*;

#[test]
fn the_hosts_file_is_read_as_go_reads_it() {
    let file = b"# comment 10.0.0.9 a.example\n127.0.0.1 localhost\n10.0.0.1\tA.example b.example # c.example\n\
                 fd00::1 a.example.\nnonsense a.example\n10.0.0.2 a.example\n10.0.0.1 a.example\nfe80::1%eth0 z.example";
    let found = |name| hosts::look_up(file, name).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(found("a.example"), ["10.0.0.1", "fd00::1", "10.0.0.2"]);
    assert_eq!(found("B.EXAMPLE."), ["10.0.0.1"]);
    assert_eq!(found("z.example"), ["fe80::1"]);
    assert!(found("c.example").is_empty());
    assert!(found("nonsense").is_empty());
}

#[test]
fn the_resolvers_configuration_is_read_as_go_reads_it() {
    let conf = conf::parse(
        "; comment\nnameserver 10.96.0.10\nnameserver fe80::1%eth0\nnameserver 1.1.1.1\nnameserver 2.2.2.2\n\
         domain old.example\nsearch ns.svc.cluster.local svc.cluster.local.\noptions ndots:5 timeout:90 use-vc junk\n",
    );
    let servers: Vec<String> = conf.servers.iter().map(ToString::to_string).collect();
    assert_eq!(servers, ["10.96.0.10:53", "[fe80::1]:53", "1.1.1.1:53"]);
    assert_eq!(conf.search, ["ns.svc.cluster.local", "svc.cluster.local"]);
    assert_eq!((conf.ndots, conf.timeout, conf.tcp), (5, Duration::from_secs(30), true));
    assert!(conf.configured);
    assert!(!conf::parse("").configured);
    assert_eq!(conf::parse("").servers.len(), 2);
}

#[test]
fn names_are_asked_for_in_the_order_that_ndots_says() {
    let conf = conf::parse("nameserver 10.0.0.1\nsearch a.local b.local\noptions ndots:2");
    assert_eq!(conf.names("x.example"), ["x.example.a.local", "x.example.b.local", "x.example"]);
    assert_eq!(conf.names("x.y.example"), ["x.y.example", "x.y.example.a.local", "x.y.example.b.local"]);
    assert_eq!(conf.names("x.example."), ["x.example"]);
}

#[test]
fn of_two_failures_the_one_that_says_more_is_kept() {
    let failure = |kind| Answer::Failure(kind, String::new());
    let kind = |a, b| match joined(failure(a), failure(b)) {
        Answer::Failure(kind, _) => kind,
        Answer::Addresses(_) => unreachable!("two failures"),
    };
    assert_eq!(kind(Kind::NoAddress, Kind::NoSuchName), Kind::NoSuchName);
    assert_eq!(kind(Kind::NoAddress, Kind::ServerFailed), Kind::ServerFailed);
    assert_eq!(kind(Kind::TimedOut, Kind::ServerFailed), Kind::TimedOut);
    let address = Answer::Addresses(vec![[10, 0, 0, 1].into()]);
    assert_eq!(joined(failure(Kind::TimedOut), address.clone()), address);
}
