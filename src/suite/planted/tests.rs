//! Every planted bug is alive: it differs from the fabric on some sample.

use std::sync::LazyLock;

use super::*;
use crate::fabric::negotiation;
use crate::fabric::payload::EncodeError;
use crate::harness::boundary::contain;
use crate::suite::check::strangers;
use crate::suite::handshake::{self, HelloScene, Scene, WelcomeScene};
use crate::suite::subject::Fabric;
use crate::suite::{samples, session};

/// A sample as a release line sends it at a version.
struct Sent {
    case: &'static str,
    message: Message,
    cx: Context,
    encoded: Result<Bytes, EncodeError>,
}

/// Longest payload that is tried: a large record shows nothing that a small one does not.
const LEN_MAX: usize = 4096;

/// Every sample but large ones, sent by every line at every version that it speaks.
fn sent() -> &'static [Sent] {
    static SENT: LazyLock<Vec<Sent>> = LazyLock::new(|| {
        let mut sent = Vec::new();
        for release in Release::lines() {
            for version in ProtocolVersion::ALL {
                let (cx, number) = (Context { release, version }, version.number());
                for sample in samples::all().filter(|_| release.range().contains(number)) {
                    let Ok(message) = sample.message.fitted(cx) else { continue };
                    let encoded = message.encode(release, number);
                    if encoded.as_ref().is_ok_and(|bytes| bytes.len() > LEN_MAX) {
                        continue;
                    }
                    sent.push(Sent { case: sample.case, message, cx, encoded });
                }
            }
        }
        sent
    });
    &SENT
}

/// The first thing that a subject sends otherwise.
fn first_in_bytes(subject: &dyn Subject) -> Option<String> {
    let differs = |sent: &&Sent| {
        let number = sent.cx.version.number();
        let encoded = contain(|| subject.encode(&sent.message, sent.cx.release, number));
        encoded.as_ref() != Ok(&sent.encoded)
    };
    sent().iter().find(differs).map(|sent| {
        let (message, cx) = (sent.message.message_type(), sent.cx);
        format!("{message} {} of {} at {}", sent.case, cx.release, cx.version)
    })
}

/// The first thing that a subject understands otherwise.
fn first_in_values(subject: &dyn Subject) -> Option<String> {
    let samples = sent().iter().filter_map(|sent| {
        let bytes = sent.encoded.as_ref().ok()?;
        Some((sent.case, sent.message.message_type(), sent.cx.version, bytes.clone()))
    });
    let strangers =
        strangers::all().map(|(message, version, bytes)| ("stranger", message, version, bytes));
    for (case, message, version, bytes) in samples.chain(strangers) {
        let number = version.number();
        for reader in Release::lines().filter(|reader| reader.range().contains(number)) {
            let right = Message::decode(message, &bytes, reader, number);
            // A panic is another answer, too.
            if contain(|| subject.decode(message, &bytes, reader, number)) != Ok(right) {
                return Some(format!("{message} {case} to {reader} at {version}"));
            }
        }
    }
    None
}

/// The first offer from which a subject selects otherwise.
fn first_in_selection(subject: &dyn Subject) -> Option<String> {
    let offers = (0..6).flat_map(|min| (0..6).map(move |max| VersionRange::new(min, max)));
    let offers = Release::lines().flat_map(|acceptor| offers.clone().map(move |o| (acceptor, o)));
    let differs = |&(acceptor, offered): &(Release, VersionRange)| {
        subject.select(acceptor, offered) != negotiation::select(acceptor, offered)
    };
    offers.into_iter().find(differs).map(|(acceptor, offered)| format!("{offered} to {acceptor}"))
}

/// The first script whose session goes otherwise.
fn first_in_sessions(subject: &dyn Subject) -> Option<String> {
    let releases = Release::lines().collect();
    let report = session::run(subject, &session::Plan { releases, ..session::Plan::repaired() });
    report.findings().next().map(|finding| finding.case.to_string())
}

/// The first handshake in which a subject answers otherwise.
fn first_in_handshakes<S: Scene>(subject: &dyn Subject) -> Option<String> {
    let twists = S::twists();
    let cases = handshake::cases(&twists);
    Release::all()
        .flat_map(|release| cases.iter().map(move |twists| (release, twists)))
        .find(|(release, twists)| {
            let scene: S = handshake::scene(*release, twists);
            scene.play(subject).actual != scene.play(&Fabric).actual
        })
        .map(|(release, twists)| handshake::address::<S>(release, twists).to_string())
}

fn first_in_negotiation(subject: &dyn Subject) -> Option<String> {
    first_in_selection(subject)
        .or_else(|| first_in_handshakes::<HelloScene>(subject))
        .or_else(|| first_in_handshakes::<WelcomeScene>(subject))
}

#[test]
fn every_planted_bug_is_alive() {
    let mut dead = Vec::new();
    for planted in PLANTED {
        let first = match planted.site() {
            Site::Encoder | Site::EncoderAndDecoder => first_in_bytes,
            Site::Decoder => first_in_values,
            Site::Negotiation => first_in_negotiation,
            Site::Session => first_in_sessions,
        };
        match first(planted.subject().as_ref()) {
            Some(place) => println!("{} ({}): {place}", planted.id, planted.site()),
            None => dead.push(planted.id),
        }
    }
    assert!(dead.is_empty(), "no sample shows {dead:?}");
}

/// Other tags on both sides are not seen by a round trip.
#[test]
fn encoder_and_decoder_with_the_same_bug_understand_each_other() {
    let is_shared = |planted: &&Planted| planted.site() == Site::EncoderAndDecoder;
    for planted in PLANTED.iter().filter(is_shared) {
        let subject = planted.subject();
        for Sent { case, message, cx, .. } in sent() {
            let (message_type, number) = (message.message_type(), cx.version.number());
            let Ok(bytes) = subject.encode(message, cx.release, number) else { continue };
            let value = subject.decode(message_type, &bytes, cx.release, number);
            let right = message.clone().fitted(*cx).unwrap();
            assert_eq!(value, Ok(right), "{} {message_type} {case}", planted.id);
        }
    }
}

#[test]
fn without_a_bug_nothing_differs() {
    let fabric = Planted { id: "", sentence: "", bug: Bug::Rules(Rules::default()) };
    assert_eq!(first_in_bytes(fabric.subject().as_ref()), None);
}

#[test]
fn the_table_is_in_order_and_each_row_is_found() {
    assert!(PLANTED.is_sorted_by_key(|planted| planted.id));
    assert!(FUZZ_BUGS.is_sorted_by_key(|planted| planted.id));
    for planted in PLANTED.iter().chain(FUZZ_BUGS) {
        assert_eq!(find(planted.id).map(|found| found.sentence), Some(planted.sentence));
        assert!(planted.sentence.ends_with('.'), "{}", planted.id);
    }
    assert!(find("M00").is_none() && subject("M00").is_none());
    assert!(ENVELOPE_BUGS.iter().all(|bug| subject(bug.id).is_some()));
}
