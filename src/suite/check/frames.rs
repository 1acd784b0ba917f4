//! Frames, and what they are made of, in JSON (01 §2 to §6): each form is the value again, what it has that
//! nobody knows is refused where it stands, and a known frame has the names of the specification.

use serde_json::{Value as Json, json};

use super::Checks;
use crate::fabric::envelope::{Envelope, EnvelopeError, EnvelopeType, JsonProblem};
use crate::fabric::release::Release;
use crate::suite::compare::{self, Difference};
use crate::suite::requirements;
use crate::suite::samples::envelope::samples;
use crate::suite::subject::Subject;

const CHECK: &str = "JSON form of frames";
/// A key that nobody has, and a name.
const UNHEARD: &str = "unheard";

/// Frames of released servers (01 §10): since which release, the bytes, and what is in them.
fn known() -> [(&'static str, &'static str, Json); 4] {
    let node = json!({"id": 1, "generation": 2});
    let versions = |nodes_config: u32| {
        json!({"my_nodes_config_version": nodes_config, "my_logs_version": 0,
            "my_schema_version": 0, "my_partition_table_version": 0})
    };
    [
        (
            "1.7",
            "0a001a1f080210031a0c746573742d636c7573746572220408011002280138959aef3a",
            json!({"header": versions(0), "body": {"hello": {
                "min_protocol_version": {"name": "V2", "number": 2},
                "max_protocol_version": {"name": "V3", "number": 3},
                "cluster_name": "test-cluster", "my_node_id": node,
                "direction": {"name": "BIDIRECTIONAL", "number": 1},
                "swimlane": {"name": "GENERAL", "number": 0},
                "cluster_fingerprint": 123_456_789}}}),
        ),
        (
            "1.7",
            "0a00220a10021a04080210092001",
            json!({"header": versions(0), "body": {"welcome": {
                "protocol_version": {"name": "V2", "number": 2},
                "my_node_id": {"id": 2, "generation": 9},
                "direction_ack": {"name": "BIDIRECTIONAL", "number": 1}}}}),
        ),
        (
            "1.7",
            "0a002a14a20611083e1a06476f73736970a2060404010203",
            json!({"header": versions(0), "body": {"datagram": {"unary": {
                "service": {"name": "GOSSIP_SERVICE", "number": 62}, "sort_code": null,
                "msg_type": "Gossip", "payload": {"bytes_hex": "04010203"}}}}}),
        ),
        (
            "1.2",
            "0a06080810071803c23e08080b120404010203",
            json!({"header": {"msg_id": 8, "in_response_to": 7, "my_nodes_config_version": 3,
                "my_logs_version": null, "my_schema_version": null,
                "my_partition_table_version": null, "span_context": null},
                "body": {"encoded": {"target": {"name": "LOG_SERVER_STORED", "number": 11},
                "payload": {"bytes_hex": "04010203"}}}}),
        ),
    ]
}

/// Checks every frame, and every part of one, in every release.
pub fn run(checks: &mut Checks<'_>) {
    for (release, hex, form) in known() {
        let Ok(release) = release.parse::<Release>() else { continue };
        let result = is_known(release, hex, &form, checks.subject);
        let body = form.get("body").and_then(Json::as_object).and_then(|it| it.keys().next());
        let name = body.map_or("frame", String::as_str);
        let case = requirements::JSON.case(["known-frame", release.name(), name]);
        checks.record(CHECK, release, case, result);
    }
    for release in Release::stable() {
        for of in EnvelopeType::ALL.iter().copied().filter(|of| of.gate().is_open(release)) {
            let result = samples(of).into_iter().try_for_each(|(case, value)| {
                is_same(&value, release, checks.subject).map_err(|difference| {
                    let place = Some(format!("the sample {case}"));
                    Difference { place: difference.place.or(place), ..difference }
                })
            });
            let case = requirements::JSON.case(["frame", release.name(), of.word()]);
            checks.record(CHECK, release, case, result);
        }
    }
}

fn other(expected: impl Into<String>, actual: impl Into<String>) -> Difference {
    Difference::new(requirements::JSON.sentence, expected, actual)
}

/// Bytes are the form that stands above, and the form the bytes.
fn is_known(
    release: Release,
    hex: &str,
    form: &Json,
    subject: &dyn Subject,
) -> Result<(), Difference> {
    let of = EnvelopeType::Message;
    let failed = |error: EnvelopeError| other(form.to_string(), error.to_string());
    let bytes = hex::decode(hex).map_err(|error| other("bytes", error.to_string()))?;
    let read = subject.decode_envelope(of, &bytes.clone().into(), release).map_err(failed)?;
    compare::json(requirements::JSON.sentence, form, &read.to_json(release).map_err(failed)?)?;
    let value = Envelope::from_json(of, release, form).map_err(failed)?;
    let written = subject.encode_envelope(&value, release).map_err(failed)?;
    compare::bytes(requirements::JSON.sentence, &bytes, &written, |_| None)
}

/// The form of a value is the value again, also by way of its bytes, and what is wrong with a form is
/// named. What a release has no field for has neither.
fn is_same(value: &Envelope, release: Release, subject: &dyn Subject) -> Result<(), Difference> {
    let of = value.envelope_type();
    let failed = |error: EnvelopeError| other("a form", error.to_string());
    let form = match value.to_json(release) {
        Ok(form) => form,
        Err(refused) => {
            let written = subject.encode_envelope(value, release);
            let is_refused = written.as_ref() == Err(&refused);
            let words = || other(format!("no bytes either: {refused}"), format!("{written:?}"));
            return if is_refused { Ok(()) } else { Err(words()) };
        }
    };
    let read = Envelope::from_json(of, release, &form).map_err(failed)?;
    let again = read.to_json(release).map_err(failed)?;
    compare::json(requirements::JSON.sentence, &form, &again)?;
    let bytes = subject.encode_envelope(value, release).map_err(failed)?;
    let written = subject.encode_envelope(&read, release).map_err(failed)?;
    compare::bytes(requirements::JSON.sentence, &bytes, &written, |_| None)?;
    let decoded = subject.decode_envelope(of, &bytes, release).map_err(failed)?;
    let decoded = decoded.to_json(release).map_err(failed)?;
    compare::json(requirements::JSON.sentence, &form, &decoded)?;
    let mut pointers = Vec::new();
    objects(&form, String::new(), &mut pointers);
    pointers.iter().try_for_each(|pointer| is_refused(of, &form, pointer, release))
}

/// The pointers of all objects in a form that have the keys of a release.
fn objects(form: &Json, pointer: String, pointers: &mut Vec<String>) {
    let Json::Object(entries) = form else { return };
    for (key, value) in entries {
        objects(value, format!("{pointer}/{key}"), pointers);
    }
    pointers.push(pointer);
}

/// What nobody knows is refused in one object of a form, and where it is.
fn is_refused(
    of: EnvelopeType,
    form: &Json,
    pointer: &str,
    release: Release,
) -> Result<(), Difference> {
    let path = format!("${}", pointer.replace('/', "."));
    // The entries of a context of traces may have any keys.
    if of == EnvelopeType::SpanContext || pointer.contains("/span_context") {
        return Ok(());
    }
    let changed = |key: &str, value: Json| {
        let mut form = form.clone();
        let entries = form.pointer_mut(pointer).and_then(Json::as_object_mut)?;
        entries.insert(key.to_owned(), value);
        Some(form)
    };
    let fails = |form: Option<Json>, path: &str, problem: JsonProblem| {
        let Some(form) = form else { return Ok(()) };
        let expected = format!("at {path}: {problem}");
        match Envelope::from_json(of, release, &form) {
            Err(EnvelopeError::Json { path: at, problem: is, .. })
                if at == path && is == problem =>
            {
                Ok(())
            }
            read => Err(other(expected, format!("{read:?}"))),
        }
    };
    let unheard = format!("{path}.{UNHEARD}");
    fails(changed(UNHEARD, Json::Null), &unheard, JsonProblem::UnknownKey)?;
    let entries = form.pointer(pointer).and_then(Json::as_object);
    let entry = |key: &str| entries.and_then(|entries| entries.get(key));
    let (Some(name), Some(number)) = (entry("name"), entry("number").and_then(Json::as_i64)) else {
        return Ok(());
    };
    fails(changed("name", UNHEARD.into()), &path, JsonProblem::UnknownName)?;
    let (true, Ok(right)) = (name.is_string(), i32::try_from(number)) else { return Ok(()) };
    let beside = changed("number", (right ^ 1).into());
    fails(beside, &path, JsonProblem::WrongNumber(right))?;
    either_will_do(of, form, pointer, release)
}

/// A name without its number is the same, and so is a number without its name.
fn either_will_do(
    of: EnvelopeType,
    form: &Json,
    pointer: &str,
    release: Release,
) -> Result<(), Difference> {
    for key in ["name", "number"] {
        let mut shorter = form.clone();
        let entries = shorter.pointer_mut(pointer).and_then(Json::as_object_mut);
        entries.and_then(|entries| entries.remove(key));
        let failed = |error: EnvelopeError| other(form.to_string(), error.to_string());
        let read = Envelope::from_json(of, release, &shorter).map_err(failed)?;
        let again = read.to_json(release).map_err(failed)?;
        compare::json(requirements::JSON.sentence, form, &again)?;
    }
    Ok(())
}
