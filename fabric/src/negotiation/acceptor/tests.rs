//! Each refusal with its code and text on every line, and which of several faults is reported.

use super::*;
use crate::envelope::{ConnectionControl, EnvelopeError};
use crate::negotiation::status::StatusCode;

const ME: GenerationalNodeId = GenerationalNodeId::new(2, 9);
const PEER: GenerationalNodeId = GenerationalNodeId::new(1, 5);
const LINES: [&str; 6] = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

/// An acceptor that knows `PEER`, as 1.2 wants it.
fn acceptor(release: &str) -> Acceptor {
    let mut acceptor = Acceptor::new(release.parse().unwrap(), ME, "c");
    acceptor.cluster_fingerprint = 77;
    let entry = NodeEntry::Generation(PEER.generation);
    acceptor.peers.insert(PEER.id, PeerRecord { entry, ..PeerRecord::default() });
    acceptor
}

/// A Hello that every line accepts.
fn hello() -> Hello {
    Hello {
        min_protocol_version: 1,
        max_protocol_version: 1,
        cluster_name: "c".into(),
        my_node_id: Some(PEER),
        ..Hello::default()
    }
}

fn answer(acceptor: &Acceptor, hello: Hello) -> Result<Accepted, Refusal> {
    let header = Some(Header { msg_id: 4, ..Header::default() });
    let frame = Message { header, body: Some(Body::Hello(hello)) };
    acceptor.accept(Arrival::Frame(&frame))
}

/// The lines that speak V1 take the Hello as it is; the others get a newer range.
fn hello_for(release: &str) -> Hello {
    let max = release.parse::<Release>().unwrap().range().max;
    Hello { max_protocol_version: max, ..hello() }
}

/// The refusal of a Hello that differs from a good one by `change`, and of a state by `set_up`.
fn refusal(release: &str, set_up: impl Fn(&mut Acceptor), change: impl Fn(&mut Hello)) -> Refusal {
    let (mut acceptor, mut hello) = (acceptor(release), hello_for(release));
    set_up(&mut acceptor);
    change(&mut hello);
    answer(&acceptor, hello).unwrap_err()
}

/// What a peer of `release` sees of a refusal.
fn seen(refusal: Refusal, release: &str) -> (StatusCode, String) {
    let release = release.parse().unwrap();
    (refusal.code(release), refusal.text(release).to_string())
}

fn invalid(text: &str) -> (StatusCode, String) {
    (StatusCode::InvalidArgument, text.to_owned())
}

#[test]
fn a_good_hello_is_welcomed() {
    for release in LINES {
        let accepted = answer(&acceptor(release), hello_for(release)).unwrap();
        let release: Release = release.parse().unwrap();
        assert_eq!(accepted.version.number(), release.range().max);
        assert_eq!(accepted.peer, PEER);
        assert!(accepted.may_request);
        let Some(Body::Welcome(welcome)) = &accepted.welcome.body else { panic!("{accepted:?}") };
        assert_eq!(welcome.protocol_version, accepted.version.number());
        assert_eq!((welcome.my_node_id, welcome.direction_ack), (Some(ME), 0));
        let in_response_to = accepted.welcome.header.as_ref().unwrap().in_response_to;
        assert_eq!(in_response_to, if release.is_at_least(3) { None } else { Some(4) });
        let bytes: Result<_, EnvelopeError> = accepted.welcome.encode(release);
        assert!(bytes.is_ok());
    }
}

#[test]
fn what_arrives_instead_of_a_hello() {
    let header = Some(Header::default());
    let control = Body::ConnectionControl(ConnectionControl::default());
    let no_header = Message { header: None, body: Some(Body::Hello(hello())) };
    let no_body = Message { header: header.clone(), body: None };
    let no_hello = Message { header: header.clone(), body: Some(control) };
    let welcome = Message { header, body: Some(Body::Welcome(Welcome::default())) };
    let deadline = "Hello message wasn't received within deadline".to_owned();
    for release in LINES {
        let seen = |arrival| seen(acceptor(release).accept(arrival).unwrap_err(), release);
        assert_eq!(seen(Arrival::Silence), (StatusCode::DeadlineExceeded, deadline.clone()));
        assert_eq!(seen(Arrival::Ended), (StatusCode::Cancelled, "peer dropped".to_owned()));
        assert_eq!(seen(Arrival::Frame(&no_header)), invalid("Header should always be set"));
        // A frame without anything lacks the header first.
        let nothing = Message::default();
        assert_eq!(seen(Arrival::Frame(&nothing)), invalid("Header should always be set"));
        assert_eq!(seen(Arrival::Frame(&no_body)), invalid("Hello is expected on handshake"));
        let only_hello = invalid("Only hello is allowed in handshake!");
        assert_eq!(seen(Arrival::Frame(&no_hello)), only_hello);
        assert_eq!(seen(Arrival::Frame(&welcome)), only_hello);
    }
}

#[test]
fn faults_of_the_hello() {
    for release in LINES {
        let fault = |change: fn(&mut Hello)| seen(refusal(release, |_| (), change), release);
        let capital = if ["1.2", "1.3", "1.4"].contains(&release) { "P" } else { "p" };
        assert_eq!(
            fault(|hello| hello.my_node_id = None),
            invalid("GenerationalNodeId is not set in the Hello message")
        );
        assert_eq!(
            fault(|hello| hello.my_node_id = Some(GenerationalNodeId::new(0, 0))),
            invalid(&format!("{capital}eer cannot have node Id of 0"))
        );
        assert_eq!(
            fault(|hello| hello.my_node_id = Some(GenerationalNodeId::new(1, 0))),
            invalid("NodeId has invalid generation number")
        );
        assert_eq!(
            fault(|hello| hello.my_node_id = Some(GenerationalNodeId::new(2, 8))),
            invalid("cannot accept a connection to the same NodeID from a different generation")
        );
        for name in ["", "C", "cc"] {
            let named = refusal(release, |_| (), |hello| hello.cluster_name = name.into());
            assert_eq!(seen(named, release), invalid("cluster name mismatch"));
        }
        let version = refusal(release, |_| (), |hello| hello.max_protocol_version = 0);
        assert_eq!(version, Refusal::UnsupportedVersion { reported: 0 });
    }
}

#[test]
fn fingerprints_are_compared_from_1_4_on_if_both_are_known() {
    let differs = |hello: &mut Hello| hello.cluster_fingerprint = 78;
    for (release, text) in [
        ("1.4", "Cluster fingerprint mismatch"),
        ("1.5", "cluster fingerprint mismatch"),
        ("1.6", "cluster fingerprint mismatch"),
        ("1.7", "cluster fingerprint mismatch"),
    ] {
        assert_eq!(seen(refusal(release, |_| (), differs), release), invalid(text));
        let mut blank = acceptor(release);
        blank.cluster_fingerprint = 0;
        assert!(answer(&blank, Hello { cluster_fingerprint: 78, ..hello_for(release) }).is_ok());
        let same = Hello { cluster_fingerprint: 77, ..hello_for(release) };
        assert!(answer(&acceptor(release), same).is_ok());
    }
    for release in ["1.2", "1.3"] {
        let differs = Hello { cluster_fingerprint: 78, ..hello_for(release) };
        assert!(answer(&acceptor(release), differs).is_ok());
    }
}

#[test]
fn acceptors_that_are_not_ready() {
    let svc = (StatusCode::Unavailable, "svc is not ready yet".to_owned());
    let no_id = (StatusCode::Unavailable, "this node has not acquired a node ID yet".to_owned());
    for release in LINES {
        let (mut starting, mut nobody) = (acceptor(release), acceptor(release));
        starting.life = Life::Starting;
        nobody.node_id = None;
        if ["1.2", "1.3"].contains(&release) {
            // Before anything is read.
            assert_eq!(seen(starting.accept(Arrival::Silence).unwrap_err(), release), svc);
            assert_eq!(seen(nobody.accept(Arrival::Ended).unwrap_err(), release), svc);
        } else {
            assert!(answer(&starting, hello_for(release)).is_ok());
            // After the frame, before the Hello is looked at.
            assert_eq!(nobody.accept(Arrival::Ended), Err(Refusal::PeerDropped));
            let refusal = answer(&nobody, Hello::default()).unwrap_err();
            assert_eq!(seen(refusal, release), no_id);
        }
    }
}

#[test]
fn acceptors_that_are_shutting_down() {
    for release in LINES {
        let refusal = refusal(release, |acceptor| acceptor.life = Life::ShuttingDown, |_| ());
        let code = if release == "1.2" { StatusCode::Unavailable } else { StatusCode::Aborted };
        assert_eq!(seen(refusal, release).0, code);
    }
}

#[test]
fn only_1_2_wants_its_peers_configured() {
    let older = |acceptor: &mut Acceptor| {
        acceptor.peers.entry(PEER.id).or_default().entry = NodeEntry::Generation(4);
    };
    let unknown = |acceptor: &mut Acceptor| acceptor.peers.clear();
    let (code, text) = seen(refusal("1.2", unknown, |_| ()), "1.2");
    assert_eq!((code, text.as_str()), (StatusCode::Internal, "unknown node: …"));
    let mismatch = refusal("1.2", older, |_| ());
    assert_eq!(mismatch, Refusal::MetadataMismatch { syncs_first: false });
    let (code, text) = seen(mismatch, "1.2");
    assert_eq!(code, StatusCode::FailedPrecondition);
    assert_eq!(text, "remote metadata version mismatch…");
    // The peer has a newer configuration, which explains the difference.
    let mut behind = acceptor("1.2");
    older(&mut behind);
    let header = Some(Header { my_nodes_config_version: Some(1), ..Header::default() });
    let frame = Message { header, body: Some(Body::Hello(hello())) };
    let mismatch = Refusal::MetadataMismatch { syncs_first: true };
    assert_eq!(behind.accept(Arrival::Frame(&frame)), Err(mismatch));
    for release in LINES.into_iter().filter(|release| *release != "1.2") {
        for set_up in [older, unknown] {
            let mut acceptor = acceptor(release);
            set_up(&mut acceptor);
            assert!(answer(&acceptor, hello_for(release)).is_ok());
        }
    }
}

#[test]
fn peers_that_were_observed() {
    for release in LINES {
        let observed = |newest_generation, is_shutting_down| {
            let mut acceptor = acceptor(release);
            let record = acceptor.peers.entry(PEER.id).or_default();
            record.newest_generation = newest_generation;
            record.is_shutting_down = is_shutting_down;
            answer(&acceptor, hello_for(release))
        };
        for fine in [observed(4, true), observed(5, false)] {
            assert!(fine.is_ok());
        }
        let newer = "newer generation 'N1:6' has been observed".to_owned();
        for is_shutting_down in [false, true] {
            let refusal = observed(6, is_shutting_down).unwrap_err();
            assert_eq!(seen(refusal, release), (StatusCode::AlreadyExists, newer.clone()));
        }
        let gone = match release {
            "1.2" => "node N1:5 was shut down",
            _ => "node was previously observed as shutting down",
        };
        let refusal = observed(5, true).unwrap_err();
        assert_eq!(seen(refusal, release), (StatusCode::AlreadyExists, gone.to_owned()));
    }
}

#[test]
fn the_nodes_configuration_supersedes_from_1_3_on() {
    let entry = |entry| {
        move |acceptor: &mut Acceptor| acceptor.peers.entry(PEER.id).or_default().entry = entry
    };
    for release in LINES.into_iter().filter(|release| *release != "1.2") {
        let deleted = refusal(release, entry(NodeEntry::Tombstone), |_| ());
        assert_eq!(deleted, Refusal::SeenShuttingDown { peer: PEER });
        let newer = refusal(release, entry(NodeEntry::Generation(7)), |_| ());
        let newest = GenerationalNodeId::new(1, 7);
        assert_eq!(newer, Refusal::NewerGeneration { newest });
    }
    let deleted = refusal("1.2", entry(NodeEntry::Tombstone), |_| ());
    assert_eq!(deleted, Refusal::UnknownNode { peer: PEER });
}

/// Faults are removed one by one: each time the next in order shows.
#[test]
fn of_several_faults_the_first_check_reports() {
    for release in LINES {
        let has_fingerprints = !["1.2", "1.3"].contains(&release);
        let mut acceptor = acceptor(release);
        acceptor.life = Life::ShuttingDown;
        let record = PeerRecord { newest_generation: 6, ..PeerRecord::default() };
        acceptor.peers.insert(PEER.id, record);
        if has_fingerprints {
            acceptor.node_id = None;
        }
        let mut hello = Hello {
            max_protocol_version: 99,
            min_protocol_version: 99,
            cluster_name: "other".into(),
            cluster_fingerprint: 78,
            my_node_id: None,
            direction: 77,
            swimlane: 9,
        };
        let next =
            |acceptor: &Acceptor, hello: &Hello| answer(acceptor, hello.clone()).unwrap_err();
        if has_fingerprints {
            assert_eq!(next(&acceptor, &hello), Refusal::NoNodeId);
            acceptor.node_id = Some(ME);
            assert_eq!(next(&acceptor, &hello), Refusal::FingerprintMismatch);
            hello.cluster_fingerprint = 77;
        }
        assert_eq!(next(&acceptor, &hello), Refusal::PeerIdMissing);
        hello.my_node_id = Some(GenerationalNodeId::new(0, 0));
        assert_eq!(next(&acceptor, &hello), Refusal::PeerIdZero);
        hello.my_node_id = Some(GenerationalNodeId::new(ME.id, 0));
        assert_eq!(next(&acceptor, &hello), Refusal::PeerGenerationZero);
        hello.my_node_id = Some(GenerationalNodeId::new(ME.id, 1));
        assert_eq!(next(&acceptor, &hello), Refusal::OwnIdOtherGeneration);
        hello.my_node_id = Some(PEER);
        assert_eq!(next(&acceptor, &hello), Refusal::ClusterNameMismatch);
        hello.cluster_name = "c".into();
        assert_eq!(next(&acceptor, &hello), Refusal::UnsupportedVersion { reported: 99 });
        hello.min_protocol_version = 1;
        hello.max_protocol_version = acceptor.release.range().max;
        if release == "1.2" {
            assert_eq!(next(&acceptor, &hello), Refusal::UnknownNode { peer: PEER });
            acceptor.peers.entry(PEER.id).or_default().entry = NodeEntry::Generation(5);
        }
        let newest = GenerationalNodeId::new(1, 6);
        assert_eq!(next(&acceptor, &hello), Refusal::NewerGeneration { newest });
        let record = acceptor.peers.entry(PEER.id).or_default();
        (record.newest_generation, record.is_shutting_down) = (5, true);
        assert_eq!(next(&acceptor, &hello), Refusal::SeenShuttingDown { peer: PEER });
        acceptor.peers.entry(PEER.id).or_default().is_shutting_down = false;
        assert_eq!(next(&acceptor, &hello), Refusal::ShuttingDown);
        acceptor.life = Life::Alive;
        assert!(answer(&acceptor, hello).is_ok());
    }
}

#[test]
fn a_node_may_dial_itself() {
    for release in LINES {
        let mut acceptor = acceptor(release);
        let entry = NodeEntry::Generation(ME.generation);
        acceptor.peers.insert(ME.id, PeerRecord { entry, ..PeerRecord::default() });
        let hello = Hello { my_node_id: Some(ME), ..hello_for(release) };
        assert_eq!(answer(&acceptor, hello).unwrap().peer, ME);
    }
}

#[test]
fn directions_are_echoed_as_understood() {
    for release in LINES {
        for (direction, echo, may_request) in
            [(0, 0, true), (1, 1, true), (2, 2, false), (3, 3, true), (77, 0, true), (-1, 0, true)]
        {
            let hello = Hello { direction, ..hello_for(release) };
            let accepted = answer(&acceptor(release), hello).unwrap();
            let Some(Body::Welcome(welcome)) = accepted.welcome.body else { panic!() };
            let understands = release != "1.2";
            assert_eq!(welcome.direction_ack, if understands { echo } else { 0 });
            assert_eq!(accepted.may_request, may_request || !understands);
        }
    }
}
