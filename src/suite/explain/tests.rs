//! Samples of every message, frames of the specification, and damage.

use super::*;
use crate::fabric::catalogue::Message;
use crate::fabric::codec::tree::Context;
use crate::fabric::messages::log_server::Store;
use crate::fabric::messages::records::{Payloads, Record};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::suite::form::Form;
use crate::suite::samples;

fn bytes(hex: &str) -> Bytes {
    hex::decode(hex.replace(' ', "")).unwrap().into()
}

fn guess(bytes: &Bytes) -> Explanation<'_> {
    explain(bytes, &Hints::default())
}

/// Bytes of every sample, by the newest release that speaks each version.
fn all_samples() -> impl Iterator<Item = (Form, Context, Bytes)> {
    let lines = [("1.7", 3), ("1.7", 2), ("1.4", 1), ("1.3", 1)];
    let contexts = lines.map(|(release, number)| Context {
        release: release.parse::<Release>().unwrap(),
        version: ProtocolVersion::from_number(number).unwrap(),
    });
    samples::all().flat_map(move |sample| {
        contexts.into_iter().filter_map(move |cx| {
            let form = Form::Payload(sample.message.message_type());
            let message = sample.message.clone().fitted(cx).ok()?;
            let bytes = message.encode(cx.release, cx.version.number()).ok()?;
            Some((form, cx, bytes))
        })
    })
}

#[test]
fn every_sample_is_recognised() {
    let (mut count, mut certain, mut guessed) = (0, 0, 0);
    for (form, cx, bytes) in all_samples() {
        let explanation = guess(&bytes);
        let Ranking { best, others, certainty, .. } = &explanation.ranking;
        let place = format!("{form} at {} of {}: {}", cx.version, cx.release, hex::encode(&bytes));
        assert!(!explanation.is_damaged(), "{place}");
        let mut top = std::iter::once(best).chain(others).filter(|it| it.is_as_good_as(best));
        let found = top.find(|it| it.form == form);
        assert!(found.is_some(), "{place} is taken for {best:?}");
        count += 1;
        certain += usize::from(*certainty == Certainty::Certain);
        // Some releases write what they would not write again of what they read.
        guessed += usize::from(*certainty == Certainty::Guess);
        let has_place = found.is_some_and(|it| it.contexts.contains(&cx));
        assert!(has_place || *certainty == Certainty::Guess, "{place}");
    }
    assert!(count > 800, "{count}");
    assert!(certain * 2 > count, "{certain} of {count}");
    assert!(guessed * 50 < count, "{guessed} of {count}");
}

#[test]
fn frames_are_recognised_and_opened() {
    for (frame, release, has_payload) in [
        ("0a00 1a18 0801 1001 1a0c746573742d636c7573746572 2204 0801 1002", "1.7", false),
        ("0a00 2208 1001 1a04 0802 1009", "1.7", false),
        ("1219 0801 1215 4e6f6465206973207368757474696e6720646f776e", "1.7", false),
        ("0a02 0807 c23e 08 080a 1204 04010203", "1.4", true),
        ("0a06 0808 1007 1803 c23e 08 080b 1204 04010203", "1.4", true),
        (
            "0a00 1a1f 0802 1003 1a0c746573742d636c7573746572 2204 0801 1002 2801 38959aef3a",
            "1.7",
            false,
        ),
        ("0a00 220a 1002 1a04 0802 1009 2001", "1.7", false),
        ("0a00 2a14 a20611 083e 1a06476f73736970 a20604 04010203", "1.7", true),
        ("2a16 a20613 083e 1000 1a06476f73736970 a20604 04010203", "1.7", true),
        ("2a02 2a00", "1.7", false),
        ("2a06 2204 0803 1000", "1.7", false),
        ("0a02 1803 1219 0801 103e 1a0c4765744e6f64655374617465 a20604 04010203", "1.7", true),
    ] {
        let frame = bytes(frame);
        let explanation = guess(&frame);
        let best = &explanation.ranking.best;
        assert!(matches!(best.form, Form::Envelope(_)), "{}", explanation.to_text());
        assert_eq!(explanation.ranking.certainty, Certainty::Certain, "{}", explanation.to_text());
        assert_eq!(best.context().unwrap().release.name(), release);
        assert_eq!(explanation.payload.is_some(), has_payload, "{}", explanation.to_text());
        // What stands for a payload in these frames is none.
        assert_eq!(explanation.is_damaged(), has_payload, "{}", explanation.to_text());
    }
}

#[test]
fn a_reply_is_opened_as_what_fits() {
    // The reply to call 1: a NodeStateResponse is a reply, a Trim is not.
    let reply = bytes("2a0b 1209 0801 9a06 04 0801 0401");
    let explanation = explain(&reply, &Hints::new(None, None, Some(2)).unwrap());
    let payload = explanation.payload.as_ref().unwrap();
    let names: Vec<_> = std::iter::once(&payload.best).chain(&payload.others).collect();
    assert!(names.iter().all(|it| it.form.word() != "Trim"), "{}", explanation.to_text());
}

/// Who says that bytes are a frame wants no guess at the answer in it, and no call outside a stream.
#[test]
fn what_is_said_to_be_a_frame_is_read_as_one() {
    let hints = Hints::frame(None, None).unwrap();
    let reply = bytes("2a0b 1209 0801 9a06 04 0801 0401");
    let explanation = explain(&reply, &hints);
    assert_eq!(explanation.payload.as_ref().map(|it| it.best.form), None);
    assert_eq!(explanation.unread, Some(Unread::Answer { len: 4 }));
    assert!(!explanation.is_damaged() && !explanation.is_guess(), "{}", explanation.to_text());
    // The response of a call outside a stream, which a frame has other fields for, and a payload,
    // which is no protobuf.
    for (other, is_damaged) in [("0a021803 1205 0809 900605", false), ("0505 0401 04f402", true)] {
        let other = bytes(other);
        let explanation = explain(&other, &hints);
        assert_eq!(explanation.ranking.best.form.word(), "frame");
        assert!(explanation.ranking.others.is_empty() && !explanation.is_guess());
        assert_eq!(explanation.is_damaged(), is_damaged, "{}", explanation.to_text());
    }
}

#[test]
fn a_target_for_two_messages_is_told_apart_by_the_header() {
    // In response to nothing, and to 7.
    for (frame, expected) in [
        ("0a02 0807 c23e 08 0801 1204 04010203", "GetMetadataRequest"),
        ("0a06 0808 1007 1803 c23e 08 0801 1204 04010203", "MetadataUpdate"),
    ] {
        let frame = bytes(frame);
        let explanation = explain(&frame, &Hints::frame(Some("1.4"), None).unwrap());
        let payload = explanation.payload.unwrap();
        assert_eq!(payload.best.form.word(), expected);
        assert_eq!((payload.certainty, payload.others.len()), (Certainty::Named, 0));
    }
}

#[test]
fn a_payload_that_cannot_be_is_a_fault() {
    for (frame, hints, expected) in [
        ("2a14 a20611 083e 1a06476f73736978 a20604 04010203", Some(2), "4 bytes of \"Gossix\", "),
        ("0a02 0807 c23e 08 0863 1204 04010203", Some(1), "4 bytes of target 99, "),
        ("0a02 0807 c23e 08 080a 1204 04010203", Some(2), "4 bytes of target 10, "),
    ] {
        let frame = bytes(frame);
        let explanation = explain(&frame, &Hints::frame(None, hints).unwrap());
        let unread = explanation.unread.as_ref().unwrap().to_string();
        assert!(unread.starts_with(expected), "{unread}");
        assert!(explanation.is_damaged() && explanation.payload.is_none());
    }
}

/// Damage has a place, in the dump or in the decoder's words.
#[test]
fn what_is_wrong_has_a_place() {
    for (form, cx, bytes) in all_samples().step_by(5) {
        let release = cx.release.to_string();
        let hints = Hints::new(Some(form.word()), Some(&release), Some(cx.version.number()));
        let hints = hints.unwrap();
        for cut in [bytes.len() / 3, bytes.len() / 2, bytes.len().saturating_sub(1)] {
            let cut = bytes.slice(..cut);
            let explanation = explain(&cut, &hints);
            assert!(explanation.ranking.others.is_empty(), "{}", explanation.to_text());
            if let Err(reason) = &explanation.ranking.verdict {
                let has_place =
                    reason.contains("(byte ") || explanation.annotation.damage().is_some();
                assert!(has_place, "{}", explanation.to_text());
            }
        }
    }
}

#[test]
fn a_named_payload_is_explained_in_its_place() {
    let frame = bytes("2a11 a2060e 083e 1a06476f73736970 a20601 04");
    let damaged = guess(&frame);
    assert!(damaged.is_damaged());
    let frame = bytes("2a12 a2060f 083e 1a06476f73736970 a20602 0401");
    let explanation = guess(&frame);
    let text = explanation.to_text();
    assert!(text.contains("datagram.unary.payload.instance_ts = 1"), "{text}");
    assert!(text.contains("named by the frame"), "{text}");
    assert!(!explanation.is_damaged(), "{text}");
}

#[test]
fn damage_is_named_and_the_rest_is_shown() {
    for (form, cx, bytes) in all_samples().filter(|it| it.2.len() > 40).step_by(7) {
        let cut = bytes.slice(..bytes.len() - 3);
        let number = cx.version.number();
        let hints =
            Hints::new(Some(form.word()), Some(&cx.release.to_string()), Some(number)).unwrap();
        let explanation = explain(&cut, &hints);
        assert_eq!(explanation.ranking.best.form, form);
        // What was cut off may have been a whole field.
        let is_whole = explanation.ranking.best.grade == Grade::Exact;
        assert_eq!(explanation.is_damaged(), !is_whole, "{}", explanation.to_text());
        let read = explanation.annotation.spans().map(|span| span.len()).sum::<usize>();
        assert_eq!(read, cut.len());
        // And without a hint.
        let explanation = guess(&cut);
        assert!(explanation.to_text().lines().count() > 3);
        assert!(explanation.to_json().starts_with('{'));
    }
}

#[test]
fn what_nobody_knows_is_said_to_be_nothing() {
    let nothing = bytes("ff ff ff ff ff ff ff ff");
    let explanation = guess(&nothing);
    assert!(explanation.is_damaged());
    assert_eq!(explanation.ranking.certainty, Certainty::Nothing, "{}", explanation.to_text());
    // Well-formed, but no message has such fields.
    let zeros = Bytes::from(vec![0; 64]);
    assert!(guess(&zeros).is_damaged(), "{}", guess(&zeros).to_text());
    let none = Bytes::new();
    assert!(matches!(guess(&none).ranking.certainty, Certainty::Shared(_)));
}

#[test]
fn the_text_reads_like_this() {
    let trim = bytes("0505040104f40204c202");
    let hints = Hints::new(Some("Trim"), None, Some(2)).unwrap();
    let expected = "\
bytes     10 bytes: Trim in bilrost, read as release 1.7 at V2
how sure  as asked; it encodes to the same bytes again
the same  for V2 of 1.4 to 1.7

0000  05 05                     header: tag 1, delimited, 5 bytes
0002  04 01                     header.loglet_id = 1  (tag 1, varint)
0004  04 f4 02                  header.known_global_tail = 500  (tag 2, varint)
0007  04 c2 02                  trim_point = 450  (tag 2, varint)

value     {\"header\":{\"known_global_tail\":500,\"loglet_id\":1},\"trim_point\":450}
";
    assert_eq!(explain(&trim, &hints).to_text(), expected);
}

/// The body that a release writes of a sample.
fn body(case: &str, release: &str) -> Bytes {
    let release: Release = release.parse().unwrap();
    let record = log_records::sample(case).unwrap().written_by(release).unwrap();
    crate::fabric::log_records::encode(&record, release).unwrap()
}

#[test]
fn the_body_of_a_log_record_is_explained_by_itself_and_in_its_message() {
    let rule = body("rule-book", "1.7");
    let as_read_by = |release| {
        let hints = Hints::new(Some("LogRecord"), Some(release), None).unwrap();
        let explanation = explain(&rule, &hints);
        (explanation.is_damaged(), explanation.to_text())
    };
    let (is_damaged, text) = as_read_by("1.7");
    assert!(!is_damaged, "{text}");
    for words in [
        "LogRecord in flexbuffers, read as release 1.7\n",
        "header.source.Processor.leader_epoch = 5",
        "command.UpsertRuleBook",
        "record    the body: UpsertRuleBook; 1.7: applied",
        "behind 5 bytes",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let (is_damaged, text) = as_read_by("1.6");
    assert!(is_damaged && text.contains("unknown variant \"UpsertRuleBook\""), "{text}");
    assert!(text.contains("1.6: stops"), "{text}");
    // Whoever reads an effect sees its kind, and a command its name, wherever they are carried.
    let bodies = [rule, body("effect-paused", "1.7")];
    let records = bodies.map(|body| Record { body, ..Record::default() });
    let store = Store { payloads: Payloads(records.to_vec()), ..Store::default() };
    let bytes = Message::Store(store).encode("1.7".parse().unwrap(), 3).unwrap();
    let hints = Hints::new(Some("Store"), Some("1.7"), Some(3)).unwrap();
    let text = explain(&bytes, &hints).to_text();
    assert!(text.contains("record    payloads[0]: UpsertRuleBook; 1.7: applied"), "{text}");
    assert!(text.contains("record    payloads[1]: effect Paused; 1.7: applied"), "{text}");
}

#[test]
fn what_is_cut_in_a_body_is_said_with_its_place() {
    let whole = body("truncate", "1.7");
    let hints = Hints::new(Some("LogRecord"), Some("1.7"), None).unwrap();
    for len in [0, 1, 4, 5, 20, whole.len() - 1] {
        let cut = whole.slice(..len);
        let explanation = explain(&cut, &hints);
        assert!(explanation.is_damaged(), "{len}: {}", explanation.to_text());
    }
}
