//! That the rules hold, that each is shown, and that a reader which does otherwise is seen.

use std::collections::HashSet;

use bytes::Bytes;

use super::*;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::payload::DecodeError;
use crate::fabric::release::Release;
use crate::fabric::session::Dialect;
use crate::suite::subject::{Fabric, Subject};
use crate::suite::value::ValueType;

fn tried(message: MessageType) -> Vec<Tried> {
    trial::run(ValueType::Message(message), &Fabric)
}

fn classes(tried: &[Tried], place: &str, change: Change) -> Vec<Class> {
    let here = tried.iter().filter(|it| it.place == place && it.change == change);
    let mut seen = HashSet::new();
    here.map(|it| it.class).filter(|class| seen.insert(*class)).collect()
}

#[test]
fn every_rule_holds_and_is_shown() {
    let report = report(&Fabric, Servers::Released);
    assert!(report.is_ok(), "{:#?}", report.findings().take(10).collect::<Vec<_>>());
    assert!(report.tally().passed > 9000, "{:?}", report.tally());
}

#[test]
fn a_rule_stands_for_each_change_in_each_codec_once() {
    for (index, rule) in RULES.iter().enumerate() {
        let same = |other: &Rule| (other.change, other.coded) == (rule.change, rule.coded);
        assert_eq!(RULES.iter().position(same), Some(index), "{rule:?}");
    }
}

#[test]
fn changes_are_made_where_they_can_be() {
    let store = tried(MessageType::Store);
    assert_eq!(classes(&store, "payloads[]", Change::AddNumber), [Class::Ignored]);
    assert_eq!(classes(&store, "payloads[].keys", Change::AddUnit), [Class::Refused, Class::Loss]);
    assert_eq!(classes(&store, "sequencer.id", Change::Widen), [Class::Refused]);
    assert_eq!(classes(&store, "timeout_at", Change::Require), [Class::AsMeant]);
    assert_eq!(
        classes(&store, "first_offset", Change::StopRequired),
        [Class::Refused, Class::Loss]
    );
    // By position at V1, where nothing can be left out.
    let opened = tried(MessageType::RemoteQueryScannerOpened);
    assert_eq!(classes(&opened, "Success.scanner_id.id", Change::StopRequired), [Class::Loss]);
    let stored = tried(MessageType::Stored);
    assert_eq!(classes(&stored, "header.status", Change::AddNumbered), [Class::Refused]);
    assert_eq!(classes(&stored, "", Change::NextVersion), [Class::Refused]);
}

#[test]
fn what_is_refused_says_what_becomes_of_the_server() {
    let table = |message: &str, servers| {
        let report = report_of(message, &Fabric, servers).unwrap();
        report.tables()[0].rows.iter().map(|row| row.join(" ")).collect::<Vec<_>>().join("\n")
    };
    let released = table("RemoteQueryScannerOpen", Servers::Released);
    assert!(released.contains("process ends") && released.contains("refused"), "{released}");
    let repaired = table("RemoteQueryScannerOpen", Servers::Repaired);
    assert!(repaired.contains("refused") && !repaired.contains("process ends"), "{repaired}");
    // 1.7 brings the loglet back, 1.6 does not.
    let store = table("Store", Servers::Released);
    assert!(store.contains("loglet stops") && store.contains("task panics"), "{store}");
}

#[test]
fn patches_are_tried_as_well_as_lines() {
    let tried = tried(MessageType::Trim);
    for release in Release::stable() {
        assert!(tried.iter().any(|it| it.cx.release == release), "{release}");
    }
}

/// A reader that truncates numbers, or panics on what it does not know.
struct Careless {
    panics: bool,
}

impl Subject for Careless {}

impl Dialect for Careless {
    fn decode(
        &self,
        message_type: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        let decoded = Message::decode(message_type, bytes, release, number);
        match decoded {
            Err(_) if self.panics => panic!("careless"),
            Err(_) => Ok(Message::Trim(Default::default())),
            decoded => decoded,
        }
    }
}

#[test]
fn a_careless_reader_is_named() {
    for (panics, class) in [(false, Class::Misread), (true, Class::Panicked)] {
        let tried = trial::run(ValueType::Message(MessageType::Trim), &Careless { panics });
        let widened: Vec<&Tried> = tried.iter().filter(|it| it.change == Change::Widen).collect();
        assert!(!widened.is_empty());
        assert!(widened.iter().all(|it| it.class == class), "{widened:?}");
        assert_eq!(class.verdict(Coded::FlexV2), "never");
        let report = report_of("Trim", &Careless { panics }, Servers::Released).unwrap();
        let finding = report.findings().find(|it| it.case.as_str().contains("widen")).unwrap();
        assert_eq!(finding.expected, "refused");
        assert!(finding.repro.as_ref().is_some_and(|repro| repro.contains("repro future/")));
    }
}

/// A reader that is careless in one release alone.
struct CarelessOnce(Release);

impl Subject for CarelessOnce {}

impl Dialect for CarelessOnce {
    fn decode(
        &self,
        message_type: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        let reader = Careless { panics: false };
        if release == self.0 {
            reader.decode(message_type, bytes, release, number)
        } else {
            Message::decode(message_type, bytes, release, number)
        }
    }
}

#[test]
fn a_release_does_not_share_what_another_subject_did() {
    let release: Release = "1.7".parse().unwrap();
    let tried = trial::run(ValueType::Message(MessageType::Trim), &CarelessOnce(release));
    let widened = tried.iter().filter(|it| it.change == Change::Widen);
    let mut misread: Vec<Release> =
        widened.filter(|it| it.class == Class::Misread).map(|it| it.cx.release).collect();
    misread.dedup();
    assert_eq!(misread, [release]);
}

#[test]
fn versions_from_the_future_end_in_a_version_or_a_refusal() {
    let offer = |release, range| negotiation::offer(&Fabric, release, range);
    let welcome = |release, number| negotiation::welcome(&Fabric, release, number);
    let range = crate::fabric::version::VersionRange::new;
    let release = |name: &str| -> Release { name.parse().unwrap() };
    assert_eq!(offer(release("1.7"), range(2, 4)), Ok(3));
    assert_eq!(offer(release("1.7.0-rc.3"), range(4, 4)), Ok(4));
    let refused = "peer has unsupported protocol version 4, supported versions are '[2:3]'";
    assert_eq!(offer(release("1.6"), range(4, 4)), Err(refused.to_owned()));
    let refused = "peer has unsupported protocol version 2147483647, minimum supported is '1'";
    assert_eq!(offer(release("1.2"), range(1, i32::MAX)), Err(refused.to_owned()));
    assert_eq!(offer(release("1.4"), range(i32::MIN, i32::MAX)), Ok(2));
    assert_eq!(welcome(release("1.4"), 1), Ok(1));
    assert!(welcome(release("1.7"), 1).is_err());
    assert!(welcome(release("1.7"), 9).is_err());
    assert!(negotiation::grid(&Fabric).tally().failed == 0);
}

/// What 1.7 has in bilrost inside its commands is read when they are applied, and changes there do what they
/// do in any bilrost.
#[test]
fn what_is_inside_blobs_of_log_records_is_changed_too() {
    let tried = trial::run(ValueType::LogRecord, &Fabric);
    let in_blobs: Vec<&Tried> = tried.iter().filter(|it| it.coded == Coded::Blob).collect();
    assert!(in_blobs.iter().all(|it| it.cx.release.is_at_least(7) && it.place.contains(".blob")));
    let classes = |place: &str, change| classes(&tried, &format!("command.{place}"), change);
    let book = "UpsertRuleBook.blob.rule_book";
    assert_eq!(classes(book, Change::AddRecord), [Class::Ignored]);
    assert_eq!(classes(&format!("{book}.version"), Change::Widen), [Class::Refused]);
    let rule = format!("{book}.rules[]");
    assert_eq!(classes(&format!("{rule}.disabled"), Change::StopRequired), [Class::Loss]);
    let pause = "PauseInvocation.blob.request_id";
    assert_eq!(classes(pause, Change::Require), [Class::AsMeant]);
    assert_eq!(classes(pause, Change::StopOptional), [Class::Loss]);
    let queue = "VQueuesResume.blob.queues[].bytes";
    assert_eq!(classes(queue, Change::StopRequired), [Class::Refused]);
}

/// A reader that wants what may be left out (LR2).
#[test]
fn a_bug_of_log_records_is_seen() {
    let bug = crate::suite::planted::record_bug("LR2").unwrap();
    let tried = trial::run(ValueType::LogRecord, &*bug);
    let stopped = tried.iter().filter(|it| it.place.ends_with("dedup"));
    let mut stopped = stopped.filter(|it| it.change == Change::StopOptional);
    assert!(stopped.next().is_some());
    assert!(stopped.all(|it| it.class == Class::Refused && it.expected() == Some(Class::Loss)));
}
