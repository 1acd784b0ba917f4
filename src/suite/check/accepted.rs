//! What a reader of flexbuffers takes although no release writes it so, and what it refuses (07 §4, §6).
//!
//! The values are those of the samples, with one place of their tree replaced before the reference encoder
//! makes bytes of it.

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::{Checks, explained, strangers};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::fault::FaultKind;
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion::{V1, V2, V3};
use crate::suite::compare::{self, Difference};
use crate::suite::reference::{self, Rules, Value};
use crate::suite::subject::Subject;
use crate::suite::{requirements, samples};

const CHECK: &str = "what is written otherwise";

/// What becomes of a tree in which one place is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// The value that it was.
    Same,
    /// It is refused.
    Refused,
}

/// A place of a sample at V1, with what stands there instead.
struct Odd {
    what: &'static str,
    message: MessageType,
    /// The keys on the way, from the root.
    at: &'static [&'static str],
    other: fn(Value) -> Value,
    comes: Comes,
}

const fn trim(
    what: &'static str,
    at: &'static [&'static str],
    other: fn(Value) -> Value,
    comes: Comes,
) -> Odd {
    Odd { what, message: MessageType::Trim, at, other, comes }
}

/// Longest path in an explanation that is read, in bytes.
const PATH_LEN_MAX: usize = 256;

const TRACE_STATE: &str = "trace_state";

const TABLE: &[&str] = &["table"];
const HEADER: &[&str] = &["header"];
const TAIL: &[&str] = &["header", "known_global_tail"];

/// What 07 §4 says of places that a release writes in one way.
const ODD: &[Odd] = &[
    trim("signed", TAIL, |it| signed(&it), Comes::Same),
    trim("negative", TAIL, |_| Value::Int(-1), Comes::Refused),
    trim("float", TAIL, |_| Value::Float(500.0), Comes::Refused),
    trim("truth", TAIL, |_| Value::Bool(true), Comes::Refused),
    trim("null", TAIL, |_| Value::Null, Comes::Refused),
    trim("text", TAIL, |_| Value::Text("500".to_owned()), Comes::Refused),
    trim("wider-than-the-field", &["trim_point"], |_| Value::Uint(1 << 32), Comes::Refused),
    trim("nothing-for-a-structure", HEADER, |_| Value::Null, Comes::Refused),
    trim("by-position", HEADER, |it| Value::List(elements(it)), Comes::Same),
    trim("by-position-and-more", HEADER, |it| longer(elements(it)), Comes::Same),
    trim("by-position-and-less", &[], |it| shorter(elements(it)), Comes::Refused),
    trim("key-twice", HEADER, twice, Comes::Refused),
    trim("unknown-null", HEADER, |it| with(it, Value::Null), Comes::Same),
    trim("unknown-truth", HEADER, |it| with(it, Value::Bool(true)), Comes::Same),
    trim("unknown-signed", HEADER, |it| with(it, Value::Int(-5)), Comes::Same),
    trim("unknown-float", HEADER, |it| with(it, Value::Float(0.5)), Comes::Same),
    trim("unknown-text", HEADER, |it| with(it, Value::Text("né".to_owned())), Comes::Same),
    trim("unknown-bytes", HEADER, |it| with(it, Value::Blob(vec![0xff; 9])), Comes::Same),
    trim("unknown-list", HEADER, |it| with(it, Value::List(vec![Value::Null; 3])), Comes::Same),
    trim("unknown-texts", HEADER, |it| with(it, texts()), Comes::Same),
    trim("unknown-numbers", HEADER, |it| with(it, numbers()), Comes::Same),
    trim("unknown-long-name", &[], long_name, Comes::Same),
    trim("unknown-long-path", &[], long_path, Comes::Same),
    trim("unknown-map", &[], |it| with(it.clone(), it), Comes::Same),
    Odd {
        what: "text-as-bytes",
        message: MessageType::RemoteQueryScannerOpen,
        at: TABLE,
        other: |it| Value::Blob(octets(&it)),
        comes: Comes::Same,
    },
    Odd {
        what: "text-as-bytes-that-are-none",
        message: MessageType::RemoteQueryScannerOpen,
        at: TABLE,
        other: |_| Value::Blob(vec![0xc3, 0x28]),
        comes: Comes::Refused,
    },
    Odd {
        what: "text-as-a-number",
        message: MessageType::RemoteQueryScannerOpen,
        at: TABLE,
        other: |_| Value::Uint(5),
        comes: Comes::Refused,
    },
    Odd {
        what: "closed-structure-with-more",
        message: MessageType::NodeStateResponse,
        at: &["uptime"],
        other: |it| with(it, Value::Null),
        comes: Comes::Refused,
    },
];

/// Seconds and nanoseconds, and the same as they are read; none if they are refused.
type Carried = ([u64; 2], Option<[u64; 2]>);

/// Nanoseconds that are seconds (07 §4).
const CARRIED: [Carried; 5] = [
    ([5, 999_999_999], Some([5, 999_999_999])),
    ([5, 1_000_000_000], Some([6, 0])),
    ([5, 4_294_967_295], Some([9, 294_967_295])),
    ([5, 4_294_967_296], None),
    ([u64::MAX, 1_000_000_000], None),
];

/// Where a deployment may listen: a URI (07 §3.3), which has no blank and one host.
const ADDRESSES: [(&str, bool); 9] = [
    ("http://10.0.0.7:9080/", true),
    ("http://user:word@host:1/path?query=1", true),
    ("http://[::1]:9080/", true),
    ("", false),
    ("http://a b/", false),
    ("http://host/a b", false),
    ("http://a@b@c/", false),
    ("http://[::1/", false),
    ("http://:80/", false),
];

/// Whether a text is a list of `key=value`, which releases up to 1.4 panic without (07 §7).
const TRACE_STATES: [(&str, bool); 7] = [
    ("", true),
    ("key=value", true),
    ("tenant@system=value,key=other", true),
    ("key", false),
    ("key=some=value", false),
    ("tenant@System=value", false),
    ("Key=value", false),
];

/// Documents of any kind, each unlike the others.
fn documents() -> Vec<(&'static str, Json)> {
    vec![
        ("octets", json!([0, 254, 255])),
        ("numbers", json!([0, 255, 256])),
        ("greater-numbers", json!([256, 300, 400])),
        ("other-numbers", json!([256, 300, 401])),
        ("signed", json!([-1, 1])),
        ("float", json!([0.5, 1e300])),
        ("text", json!(["", "é"])),
        ("truth", json!([true, false, null])),
        ("keys", json!({"b": 1, "a": {"d": "y", "c": "x"}})),
        ("other-value", json!({"b": 1, "a": {"d": "y", "c": "z"}})),
        ("other-key", json!({"b": 1, "a": {"d": "y", "e": "x"}})),
        ("fewer-keys", json!({"b": 1, "a": {"d": "y"}})),
        ("no-keys", json!({})),
    ]
}

/// Checks every line.
pub(super) fn run(checks: &mut Checks<'_>) {
    for release in Release::lines().filter(|line| line.speaks(V1)) {
        let cx = Context { release, version: V1 };
        for odd in ODD {
            record(checks, release, &["V1", odd.what], |subject| is_taken(odd, cx, subject));
        }
        for (parts, expected) in CARRIED {
            let what = format!("duration-{}-{}", parts[0], parts[1]);
            record(checks, release, &["V1", &what], |subject| {
                is_carried(parts, expected, cx, subject)
            });
        }
    }
    for release in Release::lines() {
        for version in [V2, V3].into_iter().filter(|version| release.speaks(*version)) {
            let cx = Context { release, version };
            let name = version.to_string();
            // The schema has that place since 1.5 (07 §3.3).
            if release.minor() >= 5 {
                record(checks, release, &[&name, "documents"], |subject| are_kept(cx, subject));
            }
            record(checks, release, &[&name, "nanoseconds"], |subject| are_bounded(cx, subject));
            record(checks, release, &[&name, "texts"], |_| are_checked(cx));
            record(checks, release, &[&name, "field-twice"], |subject| is_once(cx, subject));
            record(checks, release, &[&name, "longer-lists"], |_| are_whole(cx));
        }
    }
}

fn record(
    checks: &mut Checks<'_>,
    release: Release,
    what: &[&str],
    check: impl FnOnce(&dyn Subject) -> Result<(), Difference>,
) {
    let place = || what.last().map(|it| (*it).to_owned());
    let result = check(checks.subject).map_err(|difference| Difference {
        place: difference.place.clone().or_else(place),
        ..difference
    });
    let segments = [&[release.name()], what].concat();
    checks.record(CHECK, release, requirements::ACCEPTED.case(segments), result);
}

/// A sample with one place replaced is read as it was, or refused; and what is said of the bytes is true.
fn is_taken(odd: &Odd, cx: Context, subject: &dyn Subject) -> Result<(), Difference> {
    let value = typical(odd.message, cx)?;
    let mut tree = tree(&value, cx)?;
    let place = at(&mut tree, odd.at).ok_or_else(|| missing(odd.at))?;
    *place = (odd.other)(std::mem::replace(place, Value::Null));
    let bytes = reference::encode_tree(odd.message, tree, cx, &Rules::RIGHT);
    let seen = subject.decode(odd.message, &bytes, cx.release, cx.version.number());
    let is_so = match odd.comes {
        Comes::Same => seen.as_ref() == Ok(&value),
        Comes::Refused => seen.is_err(),
    };
    if !is_so {
        let expected = match odd.comes {
            Comes::Same => format!("{value:?}"),
            Comes::Refused => "a refusal".to_owned(),
        };
        let seen = seen.map_or_else(|error| error.to_string(), |value| format!("{value:?}"));
        return Err(different(expected, format!("{seen}, of {}", hex::encode(&bytes))));
    }
    let annotation = subject.annotate(odd.message, cx, &bytes);
    if let Some(span) = annotation.spans().find(|span| span.path().len() > PATH_LEN_MAX) {
        return Err(different(format!("a path of at most {PATH_LEN_MAX} bytes"), span.path()));
    }
    explained::is_true(odd.message, cx, &bytes, subject)
}

/// Nanoseconds that are seconds are carried into them.
fn is_carried(
    [secs, nanos]: [u64; 2],
    expected: Option<[u64; 2]>,
    cx: Context,
    subject: &dyn Subject,
) -> Result<(), Difference> {
    let message = MessageType::NodeStateResponse;
    let mut tree = tree(&typical(message, cx)?, cx)?;
    let uptime = at(&mut tree, &["uptime"]).ok_or_else(|| missing(&["uptime"]))?;
    let parts = [("secs", secs), ("nanos", nanos)];
    *uptime = Value::Map(parts.map(|(key, it)| (key.to_owned(), Value::Uint(it))).into());
    let bytes = reference::encode_tree(message, tree, cx, &Rules::RIGHT);
    let read = subject.decode(message, &bytes, cx.release, cx.version.number());
    let read = read.ok().and_then(|value| value.to_json(cx).ok());
    let uptime = read.as_ref().and_then(|json| json.get("uptime"));
    let expected = expected.map(|[secs, nanos]| json!({"secs": secs, "nanos": nanos}));
    if uptime == expected.as_ref() {
        return Ok(());
    }
    Err(different(format!("{expected:?}"), format!("{uptime:?}")))
}

/// What the specification leaves out may be anything: it is written and read as it is, and two that
/// differ are told apart.
fn are_kept(cx: Context, subject: &dyn Subject) -> Result<(), Difference> {
    let message = MessageType::MetadataUpdate;
    let mut known: Vec<(&str, Message, Bytes)> = Vec::new();
    for (name, document) in documents() {
        let failed = |why: &dyn std::fmt::Display| different(name, why.to_string());
        let json = strangers::with_left_out(document.clone());
        let value = Message::from_json(message, &json, cx).map_err(|error| failed(&error))?;
        let number = cx.version.number();
        let bytes = subject.encode(&value, cx.release, number).map_err(|error| failed(&error))?;
        let read = subject.decode(message, &bytes, cx.release, number);
        let read = read.map_err(|error| failed(&error))?;
        if read != value {
            return Err(different(format!("{name}: {value:?}"), format!("{read:?}")));
        }
        let json = read.to_json(cx).unwrap_or_default();
        let seen = strangers::left_out(&json).unwrap_or(&Json::Null);
        compare::json(requirements::ACCEPTED.sentence, &document, seen)?;
        let again = subject.encode(&read, cx.release, number).map_err(|error| failed(&error))?;
        let is_alike =
            |(_, other, theirs): &&(&str, Message, Bytes)| *other == value || *theirs == bytes;
        if again != bytes || known.iter().any(|it| is_alike(&it)) {
            return Err(different(name, "bytes or a value as of another document"));
        }
        known.push((name, value, bytes));
    }
    Ok(())
}

/// Texts that have a grammar are read if they are of it.
fn are_checked(cx: Context) -> Result<(), Difference> {
    if cx.release.minor() >= 5 {
        for (text, is_address) in ADDRESSES {
            let mut json = strangers::with_left_out(Json::Null);
            replace(&mut json, "address", text);
            let read = Message::from_json(MessageType::MetadataUpdate, &json, cx);
            is_so(text, is_address, read.is_ok())?;
        }
    }
    let message = MessageType::PartitionProcessorRpcRequest;
    let mut samples = samples::samples(message).filter_map(|it| it.message.to_json(cx).ok());
    let sample = samples.find(|json| json.to_string().contains(TRACE_STATE));
    let sample = sample.ok_or_else(|| missing(&[TRACE_STATE]))?;
    for (text, is_list) in TRACE_STATES {
        let mut json = sample.clone();
        replace(&mut json, TRACE_STATE, text);
        let read = Message::from_json(message, &json, cx);
        is_so(text, is_list || cx.release.minor() >= 5, read.is_ok())?;
    }
    Ok(())
}

fn is_so(text: &str, expected: bool, seen: bool) -> Result<(), Difference> {
    let words = |is_read| format!("`{text}` is {}", if is_read { "read" } else { "refused" });
    if expected == seen { Ok(()) } else { Err(different(words(expected), words(seen))) }
}

/// Puts a text everywhere where a member has a name.
fn replace(json: &mut Json, name: &str, text: &str) {
    match json {
        Json::Array(elements) => elements.iter_mut().for_each(|it| replace(it, name, text)),
        Json::Object(members) => members.iter_mut().for_each(|(key, value)| match key == name {
            true => *value = text.into(),
            false => replace(value, name, text),
        }),
        _ => {}
    }
}

/// In bilrost nanoseconds are less than a second (07 §5).
fn are_bounded(cx: Context, subject: &dyn Subject) -> Result<(), Difference> {
    let (message, number) = (MessageType::NodeStateResponse, cx.version.number());
    let value = typical(message, cx)?;
    let mut json = value.to_json(cx).map_err(|unfit| different("a value", unfit.what))?;
    json["uptime"] = json!({"secs": 12, "nanos": 999_999_999});
    let value = Message::from_json(message, &json, cx);
    let value = value.map_err(|fault| different("a value", fault.to_string()))?;
    let bytes = subject.encode(&value, cx.release, number);
    let bytes = bytes.map_err(|error| different("bytes", error.to_string()))?;
    let [most, more] =
        [999_999_999, 1_000_000_000].map(|nanos| reference::varint(nanos, &Rules::RIGHT));
    let place = bytes.windows(most.len()).position(|it| it == most);
    let place = place.ok_or_else(|| different("the nanoseconds", hex::encode(&bytes)))?;
    let mut other = bytes.to_vec();
    other.splice(place..place + most.len(), more);
    let read = subject.decode(message, &other.into(), cx.release, number);
    if subject.decode(message, &bytes, cx.release, number).as_ref() == Ok(&value) && read.is_err() {
        return Ok(());
    }
    Err(different("a billion nanoseconds are refused, and one less is not", format!("{read:?}")))
}

/// In bilrost a field that comes twice is refused, and explained as such (03 §2).
fn is_once(cx: Context, subject: &dyn Subject) -> Result<(), Difference> {
    let (message, number) = (MessageType::Trim, cx.version.number());
    let bytes = subject.encode(&typical(message, cx)?, cx.release, number);
    let mut bytes = bytes.map_err(|error| different("bytes", error.to_string()))?.to_vec();
    // The tag of the last field again: nothing is added to it, and it is a number.
    bytes.extend([0, 5]);
    let read = subject.decode(message, &bytes.clone().into(), cx.release, number);
    let annotation = subject.annotate(message, cx, &bytes);
    if read.is_err() && annotation.damage().is_some_and(|it| it.kind == FaultKind::Repeated) {
        return Ok(());
    }
    Err(different("a field that comes twice", format!("{read:?}, {:?}", annotation.damage())))
}

/// In JSON a list has as many elements as it has places, and nanoseconds are less than a second.
fn are_whole(cx: Context) -> Result<(), Difference> {
    let read = |message, json: &Json| Message::from_json(message, json, cx).is_ok();
    let mut json = typical(MessageType::NodeStateResponse, cx)?.to_json(cx).unwrap_or_default();
    for (nanos, expected) in [(999_999_999, true), (1_000_000_000, false)] {
        json["uptime"] = json!({"secs": 12, "nanos": nanos});
        is_so(&json.to_string(), expected, read(MessageType::NodeStateResponse, &json))?;
    }
    for (surplus, expected) in [(None, true), (Some(json!("surplus")), false)] {
        let message = MessageType::MetadataUpdate;
        let mut samples = samples::samples(message).filter_map(|it| it.message.to_json(cx).ok());
        let path = "/container/NodesConfiguration/nodes/0";
        let Some(mut json) = samples.find(|json| json.pointer(path).is_some()) else {
            return Err(missing(&[path]));
        };
        if let Some(Json::Array(pair)) = json.pointer_mut(path) {
            pair.extend(surplus);
        }
        is_so(&json.to_string(), expected, read(message, &json))?;
    }
    Ok(())
}

fn typical(message: MessageType, cx: Context) -> Result<Message, Difference> {
    let all = samples::samples(message).filter(|it| it.case == "typical");
    let mut all = all.filter_map(|it| it.message.fitted(cx).ok());
    all.next().ok_or_else(|| different(format!("a typical {}", message.name()), "none"))
}

fn tree(value: &Message, cx: Context) -> Result<Value, Difference> {
    reference::tree(value, cx, &Rules::RIGHT)
        .map_err(|error| different("a tree", error.to_string()))
}

/// The place in a tree to which the keys lead.
fn at<'t>(tree: &'t mut Value, keys: &[&str]) -> Option<&'t mut Value> {
    let Some((key, rest)) = keys.split_first() else { return Some(tree) };
    let Value::Map(entries) = tree else { return None };
    let (_, inner) = entries.iter_mut().find(|(name, _)| name == key)?;
    at(inner, rest)
}

fn missing(keys: &[&str]) -> Difference {
    different(keys.join("."), "no such place")
}

fn different(expected: impl Into<String>, seen: impl Into<String>) -> Difference {
    Difference::new(requirements::ACCEPTED.sentence, expected.into(), seen.into())
}

fn signed(value: &Value) -> Value {
    match value {
        Value::Uint(number) => Value::Int(i64::try_from(*number).unwrap_or(i64::MAX)),
        other => other.clone(),
    }
}

fn octets(value: &Value) -> Vec<u8> {
    if let Value::Text(text) = value { text.clone().into() } else { Vec::new() }
}

/// The values of a structure.
fn elements(value: Value) -> Vec<Value> {
    match value {
        Value::Map(entries) => entries.into_iter().map(|(_, value)| value).collect(),
        other => vec![other],
    }
}

fn longer(mut elements: Vec<Value>) -> Value {
    elements.push(Value::Text("surplus".to_owned()));
    Value::List(elements)
}

fn shorter(mut elements: Vec<Value>) -> Value {
    elements.pop();
    Value::List(elements)
}

/// With an unknown field.
fn with(value: Value, unknown: Value) -> Value {
    with_entry(value, |_| Some(("zz-unknown".to_owned(), unknown)))
}

/// With its first field once more.
fn twice(value: Value) -> Value {
    with_entry(value, |entries| entries.first().cloned())
}

/// With an unknown field whose name is longer than anybody reads.
fn long_name(value: Value) -> Value {
    with_entry(value, |_| Some((format!("zz-{}", "long".repeat(200)), Value::Uint(1))))
}

/// With an unknown field that has another in it, and so on: the way to the last is longer than anybody reads.
fn long_path(value: Value) -> Value {
    let around = |inner, _| Value::Map(vec![("long".repeat(12), inner)]);
    let nested = (0..6).fold(Value::Uint(1), around);
    with_entry(value, |_| Some(("zz-nested".to_owned(), nested)))
}

type Entry = (String, Value);

fn with_entry(mut value: Value, entry: impl FnOnce(&[Entry]) -> Option<Entry>) -> Value {
    if let Value::Map(entries) = &mut value {
        entries.extend(entry(entries));
    }
    value
}

fn texts() -> Value {
    Value::List(["a", "bc", "def"].map(|text| Value::Text(text.to_owned())).into())
}

fn numbers() -> Value {
    Value::List((0..9).map(Value::Uint).collect())
}

#[cfg(test)]
mod tests {
    use super::super::objections;
    use super::*;
    use crate::fabric::payload::DecodeError;
    use crate::fabric::session::Dialect;
    use crate::suite::subject::Fabric;

    /// What a reader takes that is not as released.
    enum Other {
        Anything,
        Nothing,
        OneDocument,
    }

    impl Subject for Other {}

    impl Dialect for Other {
        fn decode(
            &self,
            message: MessageType,
            bytes: &Bytes,
            release: Release,
            number: i32,
        ) -> Result<Message, DecodeError> {
            let read = Fabric.decode(message, bytes, release, number);
            match self {
                Self::Anything if read.is_err() => {
                    let version = release.versions().find(|it| it.number() == number).unwrap();
                    Ok(typical(message, Context { release, version }).unwrap())
                }
                Self::Nothing => Err(DecodeError::UnknownMessage { message, release }),
                Self::OneDocument if message == MessageType::MetadataUpdate => {
                    let version = release.versions().find(|it| it.number() == number).unwrap();
                    let json = strangers::with_left_out(json!([0, 254, 255]));
                    Ok(Message::from_json(message, &json, Context { release, version }).unwrap())
                }
                _ => read,
            }
        }
    }

    #[test]
    fn a_reader_that_takes_other_things_is_seen() {
        assert_eq!(objections(run, &Fabric), [""; 0]);
        let seen = |other: Other, case: &str| {
            objections(run, &other)
                .iter()
                .any(|it| it.starts_with("check/accepted/") && it.ends_with(case))
        };
        assert!(seen(Other::Anything, "/negative"));
        assert!(seen(Other::Anything, "/by-position-and-less"));
        assert!(seen(Other::Anything, "/nanoseconds"));
        assert!(seen(Other::Nothing, "/signed"));
        assert!(seen(Other::Nothing, "/duration-5-1000000000"));
        assert!(seen(Other::OneDocument, "/documents"));
    }
}
