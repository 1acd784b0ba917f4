//! What nobody has heard of: fields, variants and numbers of a release that is not there yet. What
//! a released decoder does with each kind of stranger is known (03 §2 and §3.1).

use bytes::Bytes;
use serde_json::Value as Json;

use super::Checks;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion::{self, V1, V2, V3};
use crate::suite::compare::Difference;
use crate::suite::requirements;
use crate::suite::subject::Subject;
use crate::suite::vectors::same_value;

const CHECK: &str = "strangers met as they should";

/// Bytes with a stranger in them.
struct Stranger {
    what: &'static str,
    message: MessageType,
    version: ProtocolVersion,
    hex: &'static str,
    /// The value that is read; none if it is refused.
    read: Option<&'static str>,
}

impl Stranger {
    /// The table is ours: what is no hexadecimal in it is nothing.
    fn bytes(&self) -> Bytes {
        hex::decode(self.hex).unwrap_or_default().into()
    }
}

const STRANGERS: [Stranger; 7] = [
    Stranger {
        what: "tag",
        message: MessageType::Trim,
        version: V2,
        hex: "0505040104f40204c2021c05",
        read: Some(r#"{"header":{"loglet_id":1,"known_global_tail":500},"trim_point":450}"#),
    },
    Stranger {
        what: "tag-in-a-one-of",
        message: MessageType::Appended,
        version: V2,
        hex: "05050d03c90000",
        read: Some(r#"{"header":{"status":"Unknown"},"last_offset":0}"#),
    },
    Stranger {
        what: "number-of-an-enum",
        message: MessageType::Stored,
        version: V2,
        hex: "05021063",
        read: None,
    },
    Stranger {
        what: "number-wider-than-its-type",
        message: MessageType::Trim,
        version: V2,
        hex: "0880fffefe0e",
        read: None,
    },
    Stranger {
        what: "key",
        message: MessageType::Trim,
        version: V1,
        hex: "686561646572006c6f676c65745f6964006b6e6f776e5f676c6f62616c5f7461696c0068696e740003\
              0619240300010003000300f40101000909097072696f72697479007472696d5f706f696e7400035016\
              0e0004000100030028000900c201250909092501",
        read: Some(r#"{"header":{"loglet_id":1,"known_global_tail":500},"trim_point":450}"#),
    },
    Stranger {
        what: "variant",
        message: MessageType::MetadataUpdate,
        version: V2,
        hex: "636f6e7461696e65720052756c6573000107010101070801180101010724022401",
        read: None,
    },
    Stranger {
        what: "variant-without-a-form",
        message: MessageType::Gossip,
        version: V1,
        hex: "",
        read: None,
    },
];

/// A value with a key that the specification leaves out, and the way to it (07 §3.3).
const LEFT_OUT: &str = r#"{"container": {"Schema": {
    "deployments_v2": [{
        "id": "dp_16za9Yb9WDRfnNAjaW0tf3P",
        "created_at": 1754000000123,
        "ty": {"Http": {
            "address": "http://10.0.0.7:9080/",
            "http_version": "HTTP/2.0",
            "protocol_type": "BidiStream"
        }},
        "delivery_options": {"additional_headers": {}},
        "supported_protocol_versions": {"start": 5, "end": 7},
        "services": [{
            "name": "Greeter", "ty": "Service", "handlers": [], "revision": 1, "public": true,
            "retry_policy_max_attempts": null
        }]
    }],
    "subscriptions": [],
    "version": 1
}}}"#;
const LEFT_OUT_AT: &str = "/container/Schema/deployments_v2/0/services/0/retry_policy_max_attempts";

/// Checks all strangers, with every line that speaks their version.
pub(super) fn run(checks: &mut Checks<'_>) {
    for release in Release::lines().filter(|line| line.range().contains(V3.number())) {
        let result = is_carried(checks.subject, Context { release, version: V3 });
        let case = requirements::STRANGER.case([release.name(), "key-left-out"]);
        checks.record(CHECK, release, case, result);
    }
    for stranger in &STRANGERS {
        for release in Release::lines().filter(|line| is_met(*line, stranger)) {
            let cx = Context { release, version: stranger.version };
            let bytes = stranger.bytes();
            let number = cx.version.number();
            let decoded = checks.subject.decode(stranger.message, &bytes, release, number);
            let result = compare(stranger, decoded.map_err(|error| error.to_string()), cx);
            let name = release.name();
            let case = requirements::STRANGER.case([name, stranger.what]);
            checks.record(CHECK, release, case, result);
        }
    }
}

/// The bytes with strangers in them, each with its message and version.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = (MessageType, ProtocolVersion, Bytes)> {
    STRANGERS.iter().map(|stranger| (stranger.message, stranger.version, stranger.bytes()))
}

/// A schema with this under a key that the specification leaves out.
pub(super) fn with_left_out(value: Json) -> Json {
    let mut json: Json = serde_json::from_str(LEFT_OUT).unwrap_or_default();
    if let Some(place) = json.pointer_mut(LEFT_OUT_AT) {
        *place = value;
    }
    json
}

/// What a schema has under that key.
pub(super) fn left_out(schema: &Json) -> Option<&Json> {
    schema.pointer(LEFT_OUT_AT)
}

/// A key that the specification leaves out is written and read as it is.
fn is_carried(subject: &dyn Subject, cx: Context) -> Result<(), Difference> {
    let requirement = "a key that the specification leaves out is carried as it is";
    let failed = |words: String| Difference::new(requirement, LEFT_OUT_AT, words);
    let (message, number) = (MessageType::MetadataUpdate, cx.version.number());
    let json = with_left_out(7.into());
    let value =
        Message::from_json(message, &json, cx).map_err(|fault| failed(fault.to_string()))?;
    let bytes = subject.encode(&value, cx.release, number);
    let bytes = bytes.map_err(|error| failed(error.to_string()))?;
    let read = subject.decode(message, &bytes, cx.release, number);
    let read = read.map_err(|error| failed(error.to_string()))?;
    let shown = read.to_json(cx).map_err(|unfit| failed(unfit.what))?;
    if shown.pointer(LEFT_OUT_AT) == Some(&7.into()) {
        Ok(())
    } else {
        Err(failed(shown.to_string()))
    }
}

fn is_met(line: Release, stranger: &Stranger) -> bool {
    line.range().contains(stranger.version.number()) && stranger.message.row().is_known_to(line)
}

fn compare(
    stranger: &Stranger,
    decoded: Result<Message, String>,
    cx: Context,
) -> Result<(), Difference> {
    let requirement = "a stranger is ignored where the format allows it, and refused elsewhere";
    match (stranger.read, decoded) {
        (None, Err(_)) => Ok(()),
        (None, Ok(message)) => {
            Err(Difference::new(requirement, "an error", format!("{message:?}")))
        }
        (Some(read), Err(error)) => Err(Difference::new(requirement, read, error)),
        (Some(read), Ok(actual)) => {
            let json: Json = serde_json::from_str(read).unwrap_or_default();
            let expected = Message::from_json(stranger.message, &json, cx)
                .map_err(|fault| Difference::new(requirement, read, fault.to_string()))?;
            same_value(requirement, &expected, &actual, cx)
        }
    }
}
