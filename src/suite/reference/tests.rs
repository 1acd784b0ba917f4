//! The reference encoder against the figures of the specification, and against the fabric.

use serde_json::{Value as Json, json};

use super::*;
use crate::fabric::release::Release;
use crate::suite::samples;
use crate::suite::subject::Fabric;
use crate::suite::value::ValueType;

fn context(release: &str, version: ProtocolVersion) -> Context {
    Context { release: release.parse().unwrap(), version }
}

/// What the reference makes of a value, as hex.
fn encoded(message_type: MessageType, cx: Context, json: Json) -> String {
    let message = Message::from_json(message_type, &json, cx).unwrap();
    hex::encode(encode(&message, cx, &Rules::default()).unwrap())
}

/// Every sample as every release, at every version that it speaks.
fn spoken_samples() -> impl Iterator<Item = (&'static str, Message, Context)> {
    let contexts = Release::all().flat_map(|release| {
        let versions = ProtocolVersion::ALL.into_iter();
        let spoken = versions.filter(move |version| release.range().contains(version.number()));
        spoken.map(move |version| Context { release, version })
    });
    contexts.flat_map(|cx| {
        samples::all().filter_map(move |sample| {
            sample.message.fitted(cx).ok().map(|message| (sample.case, message, cx))
        })
    })
}

#[test]
fn right_rules_make_the_bytes_of_the_fabric() {
    let mut compared = 0;
    for (case, message, cx) in spoken_samples() {
        let Ok(fabric) = message.encode(cx.release, cx.version.number()) else { continue };
        let reference = encode(&message, cx, &Rules::default());
        let name = message.message_type();
        assert_eq!(
            reference.map(hex::encode),
            Ok(hex::encode(fabric)),
            "{name} {case} of {} at {}",
            cx.release,
            cx.version
        );
        compared += 1;
    }
    assert!(compared > 1000, "only {compared} samples were compared");
}

/// What leaders write into logs, and what is kept in the metadata store.
#[test]
fn right_rules_make_the_bodies_of_the_fabric() {
    let mut compared = 0;
    for release in Release::stable() {
        let cx = crate::fabric::log_records::context(release);
        for value in ValueType::KEPT.into_iter().flat_map(|of| of.written_by(cx)) {
            let of = value.value_type();
            let fabric = value.encode(release, cx.version.number(), &Fabric).unwrap();
            let json = value.to_json(cx).unwrap();
            // A third element, which nobody writes, is in no shape (09 §3.1).
            if json.pointer("/command/Timer/value/CompleteJournalEntry/2").is_some() {
                continue;
            }
            let tree = tree_of(of.shape(), &json, cx, &Rules::RIGHT).unwrap();
            let reference = body(&tree, &Rules::RIGHT);
            assert_eq!(hex::encode(reference), hex::encode(fabric), "{release}: {json}");
            compared += 1;
        }
    }
    assert!(compared > 1000, "only {compared} bodies were compared");
}

#[test]
fn figures_of_the_bilrost_primer() {
    for (number, expected) in [
        (0, "00"),
        (127, "7f"),
        (128, "8000"),
        (300, "ac01"),
        (16_511, "ff7f"),
        (16_512, "808000"),
        (u64::from(u32::MAX), "fffefefe0e"),
        (u64::MAX, "fffefefefefefefefe"),
    ] {
        assert_eq!(hex::encode(bilrost::varint(number, &Rules::default())), expected, "{number}");
    }
    let plain = Rules { varint: VarintForm::Plain, ..Rules::default() };
    assert_eq!(hex::encode(bilrost::varint(300, &plain)), "ac02");
    assert_eq!(hex::encode(bilrost::varint(u64::MAX, &plain)), "ffffffffffffffffff01");
}

#[test]
fn figures_of_the_flexbuffers_primer() {
    use flex_tree::Value as V;
    let text = |text: &str| V::Text(text.to_owned());
    let buffer = |value| hex::encode(flex_buffer::encode(&value, &Rules::default()));
    assert_eq!(buffer(V::Null), "000001");
    assert_eq!(buffer(V::Uint(5)), "050801");
    assert_eq!(buffer(text("Unit")), "04556e697400051401");
    assert_eq!(buffer(V::List(vec![V::Uint(1), V::Uint(2)])), "0102024401");
    assert_eq!(buffer(V::List(vec![])), "00002801");
    assert_eq!(buffer(V::Map(vec![])), "00000100002401");
    assert_eq!(buffer(V::Blob(b"abc".to_vec())), "03616263036401");
    let map = V::Map(vec![("Ok".to_owned(), V::Uint(1))]);
    assert_eq!(buffer(map), "4f6b0001040101010108022401");
}

#[test]
fn figures_of_the_message_tables() {
    let (v2, v3) = (ProtocolVersion::V2, ProtocolVersion::V3);
    let append = json!({
        "header": {"log_id": 1, "segment_index": 0, "loglet_id": 4_294_967_298_u64},
        "payloads": [{
            "created_at": 1_754_000_000_123_456_789_u64,
            "body": {"bytes_hex": "68656c6c6f"},
            "keys": "None",
        }],
    });
    let at = |version| encoded(MessageType::Append, context("1.6", version), append.clone());
    let header = "050804010882fffefe0e";
    let body = "0515011304959992faceb5dcaa170507050568656c6c6f";
    assert_eq!(at(v2), format!("{header}{body}"));
    let body = "051401121104959992faceb5dcaa17090568656c6c6f";
    assert_eq!(at(v3), format!("{header}{body}"));

    let sealed = json!({"header":
        {"known_global_tail": 77, "sealed": false, "status": "Sealed"}});
    let cx = context("1.4", v2);
    assert_eq!(encoded(MessageType::SequencerState, cx, sealed), "0508044d040005020900");
    let unknown = json!({"header":
        {"known_global_tail": null, "sealed": null, "status": "Unknown"}, "last_offset": 0});
    assert_eq!(encoded(MessageType::Appended, cx, unknown), "05020d00");
    let ingest = json!({"records":
        [{"keys": "None", "record": {"bytes_hex": "7061796c6f6164"}}]});
    let cx = context("1.7", v3);
    assert_eq!(encoded(MessageType::IngestRequest, cx, ingest), "050a0909077061796c6f6164");
    assert_eq!(encoded(MessageType::IngestResponse, cx, json!({"status": "Ack"})), "05020500");
    assert_eq!(encoded(MessageType::GetNodeState, cx, json!({})), "");
}

#[test]
fn what_the_release_cannot_express_is_an_error_with_a_place() {
    let cx = context("1.7", ProtocolVersion::V3);
    let json = json!({"instance_ts": 1, "nodes": [{"node_id": [1, 2]}]});
    let shape = MessageType::Gossip.shape();
    let error = bilrost::encode(&shape, &json, cx, &Rules::default()).unwrap_err();
    assert_eq!(error.to_string(), "sent_at: missing");

    let gossip = Message::from_json(MessageType::Gossip, &json, cx).unwrap();
    let mut json = gossip.to_json(cx).unwrap();
    json["nodes"][0]["node_id"][1] = json!("two");
    let error = bilrost::encode(&shape, &json, cx, &Rules::default()).unwrap_err();
    assert_eq!(error.to_string(), "nodes.0.node_id.generation: no unsigned number");

    let v1 = context("1.4", ProtocolVersion::V1);
    let append = Message::from_json(MessageType::Append, &json!({}), v1).unwrap();
    let json = append.to_json(v1).unwrap();
    let error = bilrost::encode(&MessageType::Append.shape(), &json, v1, &Rules::default());
    assert_eq!(error.unwrap_err().to_string(), "payloads: V1 has no bilrost");
}
