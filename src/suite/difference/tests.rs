//! Planted bugs, versions and encodings, as a reviewer sees them.

use serde_json::json;

use super::*;
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::tree::Context;
use crate::fabric::version::ProtocolVersion;
use crate::suite::form::Form;
use crate::suite::planted;
use crate::suite::samples;
use crate::suite::subject::{Fabric, Subject};

fn context(release: &str, number: i32) -> Context {
    let version = ProtocolVersion::from_number(number).unwrap();
    Context { release: release.parse().unwrap(), version }
}

/// A sample as a subject encodes it, with its value, as a fixture has it.
fn side(
    name: &str,
    subject: &dyn Subject,
    message: MessageType,
    case: &str,
    contexts: &[Context],
) -> Side {
    let sample = samples::samples(message).find(|sample| sample.case == case);
    let cx = contexts[0];
    let value = sample.unwrap().message.fitted(cx).unwrap();
    let bytes = subject.encode(&value, cx.release, cx.version.number()).unwrap();
    Side {
        name: name.to_owned(),
        form: Form::Payload(message),
        contexts: contexts.to_vec(),
        bytes,
        value: Some(value.to_json(cx).unwrap()),
    }
}

fn planted(id: &str, message: MessageType, case: &str, cx: Context) -> Difference {
    let old = side("old", &Fabric, message, case, &[cx]);
    let subject = planted::find(id).unwrap().subject();
    let new = side("new", subject.as_ref(), message, case, &[cx]);
    between(&old, &new)
}

/// The fields that were renumbered, with both tags.
fn renumbered(difference: &Difference) -> Vec<(&str, u32, u32)> {
    let is_it = |change: &&Change| change.kind == Kind::Renumbered;
    let tags = |change: &Change| -> Option<(u32, u32)> {
        Some((change.old.as_ref()?.tag?, change.new.as_ref()?.tag?))
    };
    let found = difference.changes.iter().filter(is_it);
    found.filter_map(|change| tags(change).map(|(o, n)| (change.path.as_str(), o, n))).collect()
}

#[test]
fn a_renumbered_field_is_named_with_both_tags() {
    let cx = context("1.7", 2);
    let difference = planted("M05", MessageType::Store, "typical", cx);
    let text = difference.to_text(9);
    assert_eq!(renumbered(&difference), [("known_archived", 6, 8)], "{text}");
    assert_eq!(difference.changes.len(), 1, "{text}");
    assert_eq!(difference.verdict(), Verdict::Broken, "{text}");
    assert!(text.contains("known_archived: tag 6 -> tag 8"), "{text}");
}

#[test]
fn swapped_tags_are_seen_as_such() {
    // One of the two is not there; but both sides stand for the same value.
    let difference = planted("M04", MessageType::Store, "typical", context("1.7", 3));
    assert_eq!(renumbered(&difference), [("first_offset", 4, 3)], "{}", difference.to_text(9));
    assert_eq!(difference.changes.len(), 1, "{}", difference.to_text(9));
    let store = |name, bytes: &[u8]| {
        Side::of_bytes(name, bytes.to_vec().into(), "Store", None, None).unwrap()
    };
    let difference = between(&store("a", &[0x0c, 1, 0x04, 7]), &store("b", &[0x0c, 7, 0x04, 1]));
    let expected = [("flags", 3, 4), ("first_offset", 4, 3)];
    assert_eq!(renumbered(&difference), expected, "{}", difference.to_text(9));
    // One left out, another set to the same.
    let difference = between(&store("a", &[0x0c, 1]), &store("b", &[0x10, 1]));
    assert!(renumbered(&difference).is_empty(), "{}", difference.to_text(9));
}

#[test]
fn shifted_tags_are_seen_as_such() {
    let difference = planted("M20", MessageType::Store, "typical", context("1.7", 2));
    let text = difference.to_text(9);
    let found = renumbered(&difference);
    assert!(found.contains(&("sequencer.id", 0, 1)), "{text}");
    assert!(found.contains(&("sequencer.generation", 1, 2)), "{text}");
    assert!(difference.changes.iter().all(|it| it.kind == Kind::Renumbered), "{text}");
    assert_eq!(difference.verdict(), Verdict::Broken, "{text}");
}

#[test]
fn shifted_variants_are_seen_as_such() {
    let cx = context("1.7", 3);
    for (case, tags) in [("status-Sealed", (2, 1)), ("status-Gone", (3, 2))] {
        let difference = planted("M26", MessageType::Appended, case, cx);
        let text = difference.to_text(9);
        let found = renumbered(&difference);
        assert!(found.iter().any(|it| (it.1, it.2) == tags), "{text}");
        assert!(found.iter().any(|it| it.0.contains("status")), "{text}");
        assert_eq!(difference.verdict(), Verdict::Broken, "{text}");
    }
}

#[test]
fn every_planted_encoder_bug_makes_a_difference() {
    // What panics sends nothing.
    let sends = |bug: &&planted::Planted| bug.id != "M02";
    let encoders = planted::PLANTED.iter().filter(|it| it.site() == planted::Site::Encoder);
    for bug in encoders.filter(sends) {
        let subject = bug.subject();
        let mut seen = 0;
        for sample in samples::all() {
            if seen > 2 {
                break;
            }
            for (release, number) in [("1.7", 3), ("1.7", 2), ("1.4", 1), ("1.2", 1)] {
                let cx = context(release, number);
                let Ok(value) = sample.message.clone().fitted(cx) else { continue };
                let Ok(right) = value.encode(cx.release, number) else { continue };
                let Ok(wrong) = subject.encode(&value, cx.release, number) else { continue };
                if right == wrong {
                    continue;
                }
                let form = Form::Payload(value.message_type());
                let value = value.to_json(cx).ok();
                let of = |name: &str, bytes| Side {
                    name: name.to_owned(),
                    form,
                    contexts: vec![cx],
                    bytes,
                    value: value.clone(),
                };
                let difference = between(&of("old", right), &of("new", wrong));
                assert!(!difference.is_identical(), "{}", bug.id);
                assert!(difference.new_reads_old.is_ok(), "{}: {difference:?}", bug.id);
                assert!(!difference.to_text(3).is_empty());
                seen += 1;
            }
        }
        // What is sent at a version that cannot carry it has no right form to compare with.
        assert!(seen > 0 || ["M01", "M57"].contains(&bug.id), "{} makes no difference", bug.id);
    }
}

fn trim(name: &str, bytes: &[u8]) -> Side {
    Side::of_bytes(name, bytes.to_vec().into(), "Trim", None, Some(2)).unwrap()
}

#[test]
fn a_changed_value_and_an_added_field() {
    let old = trim("a", &[0x05, 2, 0x04, 1, 0x04, 7]);
    let difference = between(&old, &trim("b", &[0x05, 4, 0x04, 2, 0x04, 9, 0x04, 7]));
    let kinds: Vec<_> = difference.changes.iter().map(|it| (it.kind, it.path.as_str())).collect();
    let expected = [(Kind::Changed, "header.loglet_id"), (Kind::Added, "header.known_global_tail")];
    assert_eq!(kinds, expected, "{}", difference.to_text(9));
    assert_eq!(difference.verdict(), Verdict::Full);
    let text = "\
old  a: Trim, V2 of 1.4 to 1.7, 6 bytes
new  b: Trim, V2 of 1.4 to 1.7, 8 bytes

changed     header.loglet_id
  - 0002  header.loglet_id = 1  (tag 1, varint)
  + 0002  header.loglet_id = 2  (tag 1, varint)

added       header.known_global_tail
  + 0004  header.known_global_tail = 9  (tag 2, varint)

1 added, 1 changed
FULL: new reads old; old reads new
";
    assert_eq!(difference.to_text(9), text);
}

#[test]
fn equal_bytes_do_not_differ() {
    let side = trim("a", &[0x08, 7]);
    let difference = between(&side, &side);
    assert!(difference.is_identical());
    assert!(difference.to_text(9).contains("no byte differs\nFULL"));
}

#[test]
fn a_message_that_is_gone_is_gone_as_a_whole() {
    let difference = between(&trim("a", &[0x05, 2, 0x04, 1, 0x04, 7]), &trim("b", &[0x08, 7]));
    assert_eq!(difference.changes.len(), 1, "{}", difference.to_text(9));
    let change = &difference.changes[0];
    assert_eq!((change.kind, change.path.as_str(), change.inner), (Kind::Removed, "header", 1));
}

#[test]
fn bytes_that_nobody_reads_break_it() {
    let difference = between(&trim("a", &[0x08, 7]), &trim("b", &[0x08]));
    assert_eq!(difference.verdict(), Verdict::Broken, "{}", difference.to_text(9));
}

#[test]
fn record_layouts_do_not_read_each_other() {
    let v2: Vec<_> = ["1.6", "1.7"].map(|release| context(release, 2)).to_vec();
    let v3: Vec<_> = ["1.6", "1.7"].map(|release| context(release, 3)).to_vec();
    let old = side("v2", &Fabric, MessageType::Store, "typical", &v2);
    let new = side("v3", &Fabric, MessageType::Store, "typical", &v3);
    let difference = between(&old, &new);
    let text = difference.to_text(99);
    assert_eq!(difference.verdict(), Verdict::Broken, "{text}");
    assert!(difference.changes.iter().all(|it| it.path.starts_with("payloads")), "{text}");
    assert!(text.contains("retyped     payloads[0]\n"), "{text}");
}

#[test]
fn another_encoding_is_said_once() {
    let case = "typical";
    let old = side("v1", &Fabric, MessageType::Trim, case, &[context("1.4", 1)]);
    let new = side("v2", &Fabric, MessageType::Trim, case, &[context("1.4", 2)]);
    let difference = between(&old, &new);
    let text = difference.to_text(99);
    assert_eq!(difference.changes[0].kind, Kind::Recoded, "{text}");
    assert_eq!(difference.changes.len(), 1, "{text}");
    assert_eq!(difference.verdict(), Verdict::Broken, "{text}");
}

#[test]
fn flexbuffers_are_compared_by_fields_too() {
    let difference = planted(
        "M36",
        MessageType::PartitionProcessorRpcRequest,
        &first_case("M36"),
        context("1.7", 2),
    );
    let text = difference.to_text(9);
    assert!(difference.changes.iter().any(|it| it.kind == Kind::Retyped), "{text}");
    let difference = planted("M28", MessageType::Appended, "tail-zero", context("1.4", 1));
    let text = difference.to_text(9);
    assert_eq!(difference.changes[0].path, "header.status", "{text}");
}

/// The first sample of a call to a processor that a bug makes a difference to.
fn first_case(id: &str) -> String {
    let subject = planted::find(id).unwrap().subject();
    let cx = context("1.7", 2);
    let samples: Vec<_> = samples::samples(MessageType::PartitionProcessorRpcRequest).collect();
    let differs = |sample: &&samples::Sample| {
        let Ok(value) = sample.message.clone().fitted(cx) else { return false };
        let right = value.encode(cx.release, 2);
        right.is_ok() && right != subject.encode(&value, cx.release, 2)
    };
    samples.iter().find(differs).unwrap().case.to_owned()
}

const FIXTURE: &str = "\
---
source: tests/it/golden.rs
---
message:    Trim
version:    V2
codec:      bilrost
case:       typical
written by: 1.4, 1.5

value, as 1.4 has it:
{
  \"header\": { \"known_global_tail\": 0, \"loglet_id\": 0 },
  \"trim_point\": 7
}

bytes: 2
0000  08 07                     trim_point = 7  (tag 2, varint)
";

#[test]
fn a_fixture_is_a_side() {
    let side = Side::of_fixture("a.snap", FIXTURE).unwrap();
    assert_eq!(side.bytes[..], [0x08, 0x07]);
    assert_eq!(side.contexts, [context("1.4", 2), context("1.5", 2)]);
    assert_eq!(side.value.as_ref().unwrap()["trim_point"], json!(7));
    let hex = side.with_bytes("hex", vec![0x08, 0x07].into());
    assert!(between(&side, &hex).is_identical());
    let cut = FIXTURE.replace("0000  08 07", "0000  08 zz");
    let error = Side::of_fixture("a.snap", &cut).unwrap_err();
    assert_eq!((error.name.as_str(), error.line), ("a.snap", 17), "{error}");
    assert!(Side::of_fixture("a.snap", "no head").is_err());
}

#[test]
fn folders_say_what_came_and_went() {
    let old: std::collections::BTreeMap<_, _> = [("a", FIXTURE), ("b", FIXTURE), ("c", FIXTURE)]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    let mut new = old.clone();
    new.remove("a");
    new.insert("d".to_owned(), FIXTURE.to_owned());
    new.insert("b".to_owned(), FIXTURE.replace("08 07", "08 08").replace("\": 7", "\": 8"));
    let difference = between_folders(&old, &new);
    let text = difference.to_text(5, 5);
    assert!(text.contains("removed  a\nchanged  b: 1 changed; FULL\n"), "{text}");
    assert!(text.contains("added    d\n1 added, 1 removed, 1 changed, 1 the same\n"), "{text}");
    assert!(between_folders(&old, &old).is_identical());
}
