//! The cases are those of the specification, and each planted bug is seen where it should be.

use std::collections::BTreeSet;

use super::*;
use crate::suite::planted::{self, Planted, Site};
use crate::suite::subject::Fabric;

fn played<S: Scene>(release: &str, names: &[&str], subject: &dyn Subject) -> Played {
    let twists = S::twists();
    let of = |name: &&str| twists.iter().find(|twist| twist.name == **name).unwrap();
    let chosen: Vec<_> = names.iter().map(of).collect();
    scene::<S>(release.parse().unwrap(), &chosen).play(subject)
}

fn heard(release: &str, names: &[&str]) -> String {
    played::<HelloScene>(release, names, &Fabric).actual
}

#[test]
fn names_are_unique_and_cases_are_single_or_pairs_of_two_parts() {
    let twists = HelloScene::twists();
    let names: BTreeSet<_> = twists.iter().map(|twist| twist.name.as_str()).collect();
    assert_eq!(names.len(), twists.len());
    let cases = cases(&twists);
    assert!(cases.len() > 1000);
    assert!(cases.iter().all(|case| case.len() < 2 || case[0].part != case[1].part));
    let release = "1.7".parse().unwrap();
    let addresses: BTreeSet<_> = cases.iter().map(|case| address(release, case)).collect();
    assert_eq!(addresses.len(), cases.len());
}

/// The order of the checks of an acceptor (02 §2), a fault of each with all that come later.
#[test]
fn the_first_of_two_faults_is_told() {
    let order = [
        ("silence", "DEADLINE_EXCEEDED: Hello message wasn't received within deadline"),
        ("no-header", "INVALID_ARGUMENT: Header should always be set"),
        ("control-first", "INVALID_ARGUMENT: Only hello is allowed in handshake!"),
        ("no-own-id", "UNAVAILABLE: this node has not acquired a node ID yet"),
        ("other-fingerprint", "INVALID_ARGUMENT: cluster fingerprint mismatch"),
        ("no-id", "INVALID_ARGUMENT: GenerationalNodeId is not set in the Hello message"),
        ("other-cluster", "INVALID_ARGUMENT: cluster name mismatch"),
        (
            "offers:4..4",
            "INVALID_ARGUMENT: peer has unsupported protocol version 4, \
             supported versions are '[2:3]'",
        ),
        ("seen-newer", "ALREADY_EXISTS: newer generation 'N1:4' has been observed"),
        ("tombstone", "ALREADY_EXISTS: node was previously observed as shutting down"),
        ("shutting-down", "ABORTED: …"),
    ];
    for (index, (first, told)) in order.iter().enumerate() {
        assert_eq!(heard("1.7", &[*first]), *told);
        for (later, _) in &order[index + 1..] {
            assert_eq!(heard("1.7", &[*first, *later]), *told, "{later}");
        }
    }
}

/// Where releases differ (02 §2).
#[test]
fn releases_answer_in_their_own_words() {
    assert_eq!(heard("1.4", &["id-0"]), "INVALID_ARGUMENT: Peer cannot have node Id of 0");
    assert_eq!(heard("1.5", &["id-0"]), "INVALID_ARGUMENT: peer cannot have node Id of 0");
    assert_eq!(heard("1.3", &["no-own-id", "silence"]), "UNAVAILABLE: svc is not ready yet");
    assert_eq!(heard("1.2", &["not-configured"]), "INTERNAL: unknown node: …");
    assert_eq!(heard("1.2", &["seen-shutting-down"]), "ALREADY_EXISTS: node N1:3 was shut down");
    assert!(heard("1.3", &["other-fingerprint"]).starts_with("V1 with N1:3"));
    assert!(heard("1.3", &["not-configured"]).starts_with("V1 with N1:3"));
    let told = heard("1.7", &["direction:1"]);
    assert_eq!(told, "V3 with N1:3, which may be asked; Welcome 3 from N2:7, direction 1");
}

#[test]
fn every_bug_of_negotiation_is_seen_in_a_case_of_its_own() {
    for (id, case) in [
        ("M64", "hello/1.3/offers:1..2"),
        ("M65", "hello/1.7/offers:1..1"),
        ("M66", "hello/1.4/offers:2..1"),
        ("M67", "hello/1.7/offers:0..0"),
        ("M68", "welcome/1.7/version:1"),
        ("M69", "welcome/1.7/version:2"),
        ("M70", "hello/1.7/offers:2..3"),
        ("M71", "hello/1.4/no-fingerprint"),
        ("M71", "hello/1.7/no-own-fingerprint"),
        ("M72", "hello/1.4/other-fingerprint"),
        ("M73", "hello/1.2/other-cluster+offers:7..9"),
        ("M74", "hello/1.3/id-0"),
        ("M74b", "hello/1.3/generation-0"),
        ("M75", "hello/1.3/not-configured"),
        ("M75", "hello/1.7/id-nobody-knows"),
        ("M76", "hello/1.7/seen-newer"),
        ("M76", "hello/1.7/seen-older"),
        ("M77", "hello/1.3/direction:2"),
        ("M77b", "hello/1.3/direction:99"),
    ] {
        let (side, release, twists) = match case.split('/').collect::<Vec<_>>()[..] {
            [side, release, twists] => (side, release, twists),
            _ => panic!("{case}"),
        };
        assert!(story(&format!("check/{case}")).unwrap().is_foreseen, "{case}");
        let planted = story(&format!("check/{side}/{release}+{id}/{twists}")).unwrap();
        assert!(!planted.is_foreseen, "{id}: {planted}");
    }
    let is_negotiation = |bug: &&Planted| bug.site() == Site::Negotiation;
    assert_eq!(planted::PLANTED.iter().filter(is_negotiation).count(), 16);
}

#[test]
fn addresses_of_nothing_are_refused() {
    for wrong in [
        "check/hello/1.7",
        "check/hello/1.9/no-id",
        "check/hello/1.7/no-idea",
        "check/hello/1.7+M99/no-id",
        "check/goodbye/1.7/no-id",
    ] {
        assert!(story(wrong).is_err(), "{wrong}");
    }
}
