//! Clocks: time servers that are right, off, silent, forged or want to be left alone; registries' and issuers' clocks.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use regauth::evidence::Outcome;
use regauth::evidence::clock::leeway::{TokenRules, TokenVerdict};
use regauth::evidence::clock::{ClockBounds, ClockSeen, NtpAnswer};
use regauth::plan::ClockAsk;
use regauth::probe::clock::{How, Pace, look};
use regauth::registry::client::Client;
use regauth::registry::transport::Transport;
use tokio::time::Instant;

use super::world::{AUTH, World};
use crate::scripted::ntp::{NtpServer, kiss, time, unsynchronised};
use crate::scripted::{Registry, Reply, Rights, TokenService};

/// Without the pauses that are for other people's servers.
const PACE: Pace =
    Pace { samples: 4, spacing: Duration::from_millis(1), patience: Duration::from_secs(1), tries: 2 };
/// An answer that took longer would not have been waited for, in microseconds.
const CLOSE: i64 = 500_001;

async fn seen(world: &World, servers: &[&str], images: &[String]) -> ClockSeen {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut client =
        Client::new(Transport::new(world.settings.clone()), world.plain_http.iter().cloned(), deadline);
    let ask = ClockAsk { ntp_servers: servers.iter().map(|server| server.to_string()).collect() };
    let how = How { settings: &world.settings, pace: PACE, deadline };
    look(&ask, images, &mut client, &how).await
}

async fn asked(server: &NtpServer) -> Outcome<NtpAnswer> {
    let seen = seen(&World::new(), &[&server.name()], &[]).await;
    assert_eq!(seen.ntp[0].server, server.name());
    seen.ntp[0].outcome.clone()
}

#[track_caller]
fn answer(outcome: &Outcome<NtpAnswer>) -> &NtpAnswer {
    match outcome {
        Outcome::Seen { value } => value,
        other => panic!("no answer: {other:?}"),
    }
}

#[track_caller]
fn failure(outcome: &Outcome<NtpAnswer>) -> String {
    match outcome {
        Outcome::Failed { message, .. } => message.to_string(),
        other => panic!("no failure: {other:?}"),
    }
}

#[track_caller]
fn is_off_by(offset: ClockBounds, by_us: i64) {
    assert!(offset.low_us - 2 <= by_us && by_us <= offset.high_us + 2, "{offset:?} is not {by_us}");
    assert!(offset.uncertainty_us() <= CLOSE, "{offset:?}");
}

#[tokio::test]
async fn a_server_that_is_seven_seconds_ahead_is_seen_to_a_fraction() {
    let server = NtpServer::start(|request, _| vec![time(request, 7_000)]);
    let outcome = asked(&server).await;
    let answer = answer(&outcome);
    is_off_by(answer.offset, 7_000_000);
    assert_eq!((answer.samples, answer.stratum, answer.leap, server.requests()), (4, 2, 0, 4));
    assert!(answer.is_time() && answer.kiss.is_none());
    assert_eq!(answer.reference.as_str(), "192.0.2.7");
    assert!((2_000..3_000).contains(&answer.root_distance_us), "{}", answer.root_distance_us);
}

#[tokio::test]
async fn the_sample_with_the_shortest_way_counts() {
    let server = NtpServer::start(|request, number| {
        if number == 2 {
            return vec![time(request, 0)];
        }
        std::thread::sleep(Duration::from_millis(700));
        vec![time(request, 9_000)]
    });
    let outcome = asked(&server).await;
    is_off_by(answer(&outcome).offset, 0);
}

#[tokio::test]
async fn several_servers_are_asked_by_name_and_by_both_families_in_the_order_of_the_plan() {
    let world = World::new();
    world.name("time.example.test");
    let slow = NtpServer::start(|request, _| {
        std::thread::sleep(Duration::from_millis(30));
        vec![time(request, -90_000)]
    });
    let six = NtpServer::start_at("[::1]:0", |request, _| vec![time(request, 3_000)]);
    let named = format!("time.example.test:{}", slow.address.port());
    let seen = seen(&world, &[&named, &six.name(), "no such name", "nowhere.example.test"], &[]).await;
    let offset = |index: usize| answer(&seen.ntp[index].outcome).offset.middle_us();
    assert!((offset(0) + 90_000_000).abs() < CLOSE && (offset(1) - 3_000_000).abs() < CLOSE);
    assert_eq!(seen.ntp[0].address, slow.name());
    assert!(failure(&seen.ntp[2].outcome).contains("is not a time server"));
    assert!(failure(&seen.ntp[3].outcome).contains("its name has no address"));
    assert!(seen.kernel.is_some() || seen.kernel_refusal.is_some() || !cfg!(target_os = "linux"));
}

#[tokio::test]
async fn forged_answers_are_passed_over_and_the_true_one_counts() {
    let server = NtpServer::start(|request, _| {
        let mut forged = time(request, 86_400_000);
        forged[24..32].copy_from_slice(&[7; 8]);
        let mut broadcast = time(request, 86_400_000);
        broadcast[0] = 4 << 3 | 5;
        let mut kissed = kiss(request, "DENY");
        kissed[24..32].fill(0);
        vec![
            forged,
            kissed,
            broadcast,
            request.to_vec(),
            b"short".to_vec(),
            vec![0; 1_400],
            time(request, 1_000),
        ]
    });
    let outcome = asked(&server).await;
    is_off_by(answer(&outcome).offset, 1_000_000);
    assert_eq!(answer(&outcome).samples, 4);
}

#[tokio::test]
async fn requests_tell_nothing_and_no_two_have_the_same_number() {
    let (told, requests) = std::sync::mpsc::channel();
    let server = NtpServer::start(move |request, _| {
        told.send(request.to_vec()).ok();
        vec![time(request, 0)]
    });
    assert_eq!(answer(&asked(&server).await).samples, 4);
    let requests: Vec<Vec<u8>> = requests.try_iter().collect();
    assert!(requests.iter().all(|one| one[0] == 0x23 && one[1..40].iter().all(|byte| *byte == 0)));
    let numbers: std::collections::HashSet<&[u8]> = requests.iter().map(|one| &one[40..]).collect();
    assert_eq!(numbers.len(), 4);
}

#[tokio::test]
async fn what_is_never_an_answer_is_a_failure_that_says_why() {
    let server = NtpServer::start(|_, _| vec![b"220 smtp.example.com ESMTP".to_vec()]);
    assert!(failure(&asked(&server).await).contains("length"));
    let server = NtpServer::start(|request, _| {
        let mut replayed = time(request, 0);
        replayed[24..32].fill(9);
        vec![replayed]
    });
    assert!(failure(&asked(&server).await).contains("does not answer the request"));
}

#[tokio::test]
async fn a_kiss_of_death_ends_the_requests_at_once() {
    for code in ["RATE", "DENY", "RSTR"] {
        let server = NtpServer::start(move |request, _| vec![kiss(request, code)]);
        let outcome = asked(&server).await;
        let answer = answer(&outcome);
        assert_eq!((server.requests(), answer.is_time()), (1, false));
        assert_eq!(answer.kiss.as_ref().map(|kiss| kiss.as_str()), Some(code));
        assert_eq!((answer.offset, answer.stratum), (ClockBounds::UNKNOWN, 0));
    }
}

#[tokio::test]
async fn what_a_server_said_before_it_wanted_to_be_left_alone_stands() {
    let server = NtpServer::start(|request, number| {
        vec![if number < 2 { time(request, 7_000) } else { kiss(request, "RATE") }]
    });
    let outcome = asked(&server).await;
    let answer = answer(&outcome);
    is_off_by(answer.offset, 7_000_000);
    assert_eq!((answer.samples, server.requests()), (2, 3));
    assert_eq!(answer.kiss.as_ref().map(|kiss| kiss.as_str()), Some("RATE"));
}

#[tokio::test]
async fn a_server_that_is_not_synchronised_says_so_and_tells_no_time() {
    let server = NtpServer::start(|request, _| vec![unsynchronised(request)]);
    let outcome = asked(&server).await;
    let answer = answer(&outcome);
    assert_eq!((answer.is_time(), answer.leap, &answer.kiss), (false, 3, &None));
    assert_eq!(answer.offset, ClockBounds::UNKNOWN);
}

#[tokio::test]
async fn a_silent_server_is_waited_for_and_asked_again_and_a_closed_port_is_told_at_once() {
    let silent = NtpServer::start(|_, _| vec![]);
    assert!(matches!(asked(&silent).await, Outcome::TimedOut { .. }));
    assert_eq!(silent.requests(), PACE.tries);
    let closed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let seen = seen(&World::new(), &[&closed], &[]).await;
    assert!(failure(&seen.ntp[0].outcome).contains("nothing listens"));
}

#[tokio::test]
async fn a_lost_packet_is_asked_for_again() {
    let server = NtpServer::start(|request, number| match number {
        0 | 2 => vec![],
        _ => vec![time(request, 0)],
    });
    assert_eq!(answer(&asked(&server).await).samples, 3);
}

/// A registry's answers dated so many seconds ahead.
fn dated(reply: Reply, ahead: i64) -> Reply {
    let date = Timestamp::now() + SignedDuration::from_secs(ahead);
    reply.header("date", &date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

#[tokio::test]
async fn the_dates_of_a_registry_and_its_token_service_and_the_tokens_times_are_seen() {
    let world = World::new();
    let auth = world.servers.bind();
    let service = format!("{AUTH}:{}", auth.port);
    let mut tokens = TokenService::new(world.accounts());
    tokens.nobody = Some(Rights::Pull);
    world.serve(auth, AUTH, move |request| dated(tokens.answer(request), -90));
    let registry = Registry::bearer(world.accounts(), &format!("https://{service}/token"));
    let bound = world.servers.bind();
    let authority = format!("{}:{}", super::world::REGISTRY, bound.port);
    world.serve(bound, super::world::REGISTRY, move |request| dated(registry.answer(request), 7));
    let images = ["team/app:1", "team/other:2"].map(|image| format!("{authority}/{image}"));
    let before = Timestamp::now();
    let seen = seen(&world, &[], &images).await;

    let dates: Vec<&str> = seen.dates.iter().map(|one| one.server.as_str()).collect();
    assert_eq!(dates, [authority.as_str(), service.as_str()], "each once: {seen:?}");
    for (date, ahead) in seen.dates.iter().zip([7_000_000, -90_000_000]) {
        assert!(date.offset.low_us <= ahead && ahead <= date.offset.high_us, "{date:?}");
        assert!((1..=6).contains(&date.answers) && !date.contradictory, "{date:?}");
    }
    assert_eq!((seen.tokens.len(), &seen.untold), (1, &vec![]));
    let token = &seen.tokens[0];
    assert_eq!(token.service, service);
    let issuer = token.issuer().unwrap();
    assert!(issuer.low_us <= 0 && 0 <= issuer.high_us, "the token is of this machine's clock: {issuer:?}");
    assert!(token.sent_at.unwrap() >= before && token.received_at <= Timestamp::now());
    assert_eq!(TokenRules::LENIENT.judge(token, token.received_at), TokenVerdict::Accepted);
    let requests = world.servers.log.all();
    assert!(requests.len() <= 14, "{}", requests.len());
}

#[tokio::test]
async fn servers_that_tell_nothing_are_named_with_the_reason() {
    let world = World::new();
    let kept = world.servers.bind();
    let kept_at = format!("{}:{}", super::world::REGISTRY, kept.port);
    let registry = Registry::open(world.accounts());
    world.serve(kept, super::world::REGISTRY, move |request| {
        dated(registry.answer(request), -3_600).header("age", "3600")
    });
    let closed = format!("{}:1", super::world::REGISTRY);
    let images =
        [format!("{kept_at}/team/app:1"), format!("{closed}/team/app:1"), "Not An Image".to_string()];
    let seen = seen(&world, &[], &images).await;
    assert_eq!((seen.dates.len(), seen.tokens.len()), (0, 0), "{seen:?}");
    let untold: Vec<(&str, &str)> =
        seen.untold.iter().map(|one| (one.server.as_str(), one.why.as_str())).collect();
    assert_eq!(
        untold,
        [
            (kept_at.as_str(), "its answer has no Date that is its own"),
            (closed.as_str(), "it cannot be contacted"),
            ("Not An Image", "it is not a reference of an image"),
        ]
    );
}

#[tokio::test]
async fn a_registry_that_gives_strangers_no_token_still_tells_its_date() {
    let world = World::new();
    let registry = world.with_tokens(super::world::REGISTRY, |registry, token| {
        token.nobody = None;
        registry.headers.clear();
    });
    let seen = seen(&world, &[], &[format!("{registry}/team/app:1")]).await;
    assert_eq!((seen.tokens.len(), seen.untold.len()), (0, 2), "scripted answers have no Date: {seen:?}");
    assert!(
        seen.untold.iter().any(|one| one.what == "token" && one.why.as_str().contains("401")),
        "{seen:?}"
    );
}
