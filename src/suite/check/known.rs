//! Bytes that are known without our codec: the examples of the wire specification.

use bytes::Bytes;
use serde_json::Value as Json;

use super::Checks;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion::{self, V1, V2, V3};
use crate::suite::compare::{self, Difference};
use crate::suite::requirements;
use crate::suite::vectors::same_value;

/// A message, what of it, from which release at which versions, the value, and the bytes (03).
type Example = (
    &'static str,
    &'static str,
    &'static str,
    &'static [ProtocolVersion],
    &'static str,
    &'static str,
);

const EXAMPLES: [Example; 20] = [
    ("GetNodeState", "nothing", "1.4", &[V1], "{}", "00000100002401"),
    ("GetNodeState", "nothing", "1.7", &[V2, V3], "{}", ""),
    (
        "Append",
        "one record",
        "1.6",
        &[V2],
        r#"{"header":{"log_id":1,"segment_index":0,"loglet_id":4294967298},"payloads":[
            {"created_at":1754000000123456789,"body":{"bytes_hex":"68656c6c6f"},"keys":"None"}]}"#,
        "050804010882fffefe0e0515011304959992faceb5dcaa170507050568656c6c6f",
    ),
    (
        "Append",
        "one record",
        "1.6",
        &[V3],
        r#"{"header":{"log_id":1,"segment_index":0,"loglet_id":4294967298},"payloads":[
            {"created_at":1754000000123456789,"body":{"bytes_hex":"68656c6c6f"},"keys":"None"}]}"#,
        "050804010882fffefe0e051401121104959992faceb5dcaa17090568656c6c6f",
    ),
    (
        "Stored",
        "ok",
        "1.7",
        &[V2, V3],
        r#"{"header":{"local_tail":15,"known_global_tail":11,"sealed":false,"status":"Ok"}}"#,
        "0506040f040b0801",
    ),
    (
        "Stored",
        "unknown",
        "1.7",
        &[V2, V3],
        r#"{"header":{"local_tail":15,"known_global_tail":11,"sealed":false,"status":"Unknown"}}"#,
        "0504040f040b",
    ),
    (
        "GetRecords",
        "limit of nothing",
        "1.7",
        &[V2, V3],
        r#"{"header":{"loglet_id":4294967298,"known_global_tail":100},"total_limit_in_bytes":0,
            "filter":"Any","from_offset":1,"to_offset":100}"#,
        "05080482fffefe0e0464040008010464",
    ),
    (
        "WaitForTail",
        "local tail 0",
        "1.7",
        &[V2, V3],
        r#"{"header":{"loglet_id":4294967298,"known_global_tail":500},"query":{"LocalTail":0}}"#,
        "05090482fffefe0e04f4020400",
    ),
    (
        "Digest",
        "three runs",
        "1.7",
        &[V2, V3],
        r#"{"header":{"local_tail":500,"known_global_tail":480,"sealed":false,"status":"Ok"},
            "entries":[{"from_offset":1,"to_offset":10,"status":"Trimmed"},
            {"from_offset":11,"to_offset":20,"status":"Archived"},
            {"from_offset":21,"to_offset":499,"status":"Exists"}]}"#,
        "050804f40204e002080105060401040a04010106040b041404020107041504f3020403",
    ),
    ("Appended", "ok and all default", "1.7", &[V2, V3], "{}", ""),
    (
        "Appended",
        "unknown",
        "1.7",
        &[V2, V3],
        r#"{"header":{"status":"Unknown"},"last_offset":0}"#,
        "05020d00",
    ),
    (
        "Appended",
        "typical",
        "1.7",
        &[V2, V3],
        r#"{"header":{"known_global_tail":100,"sealed":false,"status":null},"last_offset":99}"#,
        "0504046404000463",
    ),
    (
        "SequencerState",
        "sealed",
        "1.7",
        &[V2, V3],
        r#"{"header":{"known_global_tail":77,"sealed":false,"status":"Sealed"}}"#,
        "0508044d040005020900",
    ),
    (
        "Gossip",
        "timestamps",
        "1.4",
        &[V2],
        r#"{"instance_ts":1754000000123,"sent_at":1754000000124}"#,
        "04fb87af93853204fc87af938532",
    ),
    (
        "RemoteQueryScannerOpened",
        "scan zero",
        "1.7",
        &[V2, V3],
        r#"{"Success":{"scanner_id":[[0,0],0]}}"#,
        "0500",
    ),
    ("RemoteQueryScannerOpened", "failure", "1.7", &[V2, V3], r#""Failure""#, ""),
    (
        "IngestRequest",
        "one record",
        "1.7",
        &[V2, V3],
        r#"{"records":[{"keys":"None","record":{"bytes_hex":"7061796c6f6164"}}]}"#,
        "050a0909077061796c6f6164",
    ),
    ("IngestResponse", "acknowledged", "1.7", &[V2, V3], r#"{"status":"Ack"}"#, "05020500"),
    (
        "NodeStateResponse",
        "five seconds",
        "1.7",
        &[V2, V3],
        r#"{"partition_processor_state":null,"uptime":{"secs":5,"nanos":0}}"#,
        "090105",
    ),
    (
        "NodeStateResponse",
        "a nanosecond",
        "1.7",
        &[V2, V3],
        r#"{"partition_processor_state":[],"uptime":{"secs":0,"nanos":1}}"#,
        "050005020001",
    ),
];

/// Checks all examples.
pub fn run(checks: &mut Checks<'_>) {
    for (message, what, release, versions, json, hex) in EXAMPLES {
        let Ok(release) = release.parse::<Release>() else { continue };
        for &version in versions {
            let cx = Context { release, version };
            let what = what.replace(' ', "-");
            let segments = [release.name(), &version.to_string(), message, &what];
            let case = requirements::KNOWN.case(segments);
            let result = example(message, cx, json, hex, checks);
            checks.record("bytes of the specification", release, case, result);
        }
    }
}

fn example(
    message: &str,
    cx: Context,
    json: &str,
    hex: &str,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    let requirement = "an example of the specification is a value and its bytes";
    let broken = |what: String| Difference::new(requirement, json, what);
    let message_type: MessageType = message.parse().map_err(|e| broken(format!("{e}")))?;
    let json: Json = serde_json::from_str(json).map_err(|e| broken(e.to_string()))?;
    let expected = Bytes::from(hex::decode(hex).map_err(|e| broken(e.to_string()))?);
    let value =
        Message::from_json(message_type, &json, cx).map_err(|fault| broken(fault.to_string()))?;
    let (release, number) = (cx.release, cx.version.number());
    let encoded =
        checks.subject.encode(&value, release, number).map_err(|e| broken(e.to_string()))?;
    compare::payload_bytes("a value has these bytes", message_type, cx, &expected, &encoded)?;
    let decoded = checks
        .subject
        .decode(message_type, &expected, release, number)
        .map_err(|e| broken(e.to_string()))?;
    same_value("bytes have this value", &value, &decoded, cx)
}
