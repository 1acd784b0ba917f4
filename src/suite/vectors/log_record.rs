//! Vectors of the second layer: bodies of log records, and the document of epochs that is kept the
//! same way (09).

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value as Json;

use super::agreement::{ACCEPTED, Agreement, Answer};
use super::cross::reencoded;
use super::foreign::{self, Outcome, outcome};
use super::index::{self, Vector};
use super::line::{DamagedLine, Line};
use crate::fabric::codec::{json, tree::Tree};
use crate::fabric::log_records::apply::{self, Deduplication, Processed};
use crate::fabric::log_records::blobs::Content;
use crate::fabric::log_records::command::Command;
use crate::fabric::log_records::custom::SecondForm;
use crate::fabric::log_records::epoch::EpochMetadata;
use crate::fabric::log_records::framing::BodyError;
use crate::fabric::log_records::{self, LogRecord, context};
use crate::fabric::release::Release;
use crate::suite::compare::{self, Difference};
use crate::suite::log_records::held_by_second_form;
use crate::suite::subject::Subject;

/// The layer of log records, as lines name it.
pub const LAYER: &str = "log-record";
/// The layer of documents that are kept in the metadata store.
pub const DOCUMENTS: &str = "metadata-document";

/// A value and the body that a release made of it.
#[derive(Debug, Clone)]
pub struct RecordVector {
    pub(super) value: Arc<Json>,
    body: Bytes,
    is_nondeterministic: bool,
}

/// Vectors by release, message and case.
pub type Index = index::Index<[String; 3], RecordVector>;

/// The key of the vector that a line is, or refers to; `release` names the member with the release.
pub fn key(line: &Line, release: &str) -> Result<[String; 3], DamagedLine> {
    Ok([line.text(release)?, line.text("message")?, line.text("case")?].map(str::to_owned))
}

impl RecordVector {
    /// Reads a line.
    pub fn read(line: &Line) -> Result<Self, DamagedLine> {
        let mut value = line.member("value")?.clone();
        if let Some(tree) = line.get("flexbuffer_tree") {
            sizes_as_numbers(&mut value, tree);
        }
        Ok(Self {
            value: Arc::new(value),
            body: line.written()?.ok_or_else(|| line.damaged("has no \"hex\""))?,
            is_nondeterministic: line.flag("nondeterministic")?,
        })
    }
}

impl Vector for RecordVector {
    fn is_free(&self) -> bool {
        self.is_nondeterministic
    }

    fn is_same(&self, other: &Self) -> bool {
        self.value == other.value && self.body == other.body
    }
}

/// What a body holds, and how a subject goes from one to the other.
trait Body: Tree + PartialEq + Clone {
    fn encode(&self, subject: &dyn Subject, release: Release) -> Result<Bytes, String>;
    fn decode(body: &Bytes, subject: &dyn Subject, release: Release) -> Result<Self, BodyError>;
}

impl Body for LogRecord {
    fn encode(&self, subject: &dyn Subject, release: Release) -> Result<Bytes, String> {
        subject.encode_record(self, release).map_err(|error| error.to_string())
    }

    fn decode(body: &Bytes, subject: &dyn Subject, release: Release) -> Result<Self, BodyError> {
        subject.decode_record(body, release)
    }
}

impl Body for EpochMetadata {
    fn encode(&self, subject: &dyn Subject, release: Release) -> Result<Bytes, String> {
        subject.encode_epoch(self, release).map_err(|error| error.to_string())
    }

    fn decode(body: &Bytes, subject: &dyn Subject, release: Release) -> Result<Self, BodyError> {
        subject.decode_epoch(body, release)
    }
}

/// Verifies a line. None if it refers to a vector that is nowhere in the folder.
pub fn verify(
    line: &Line,
    index: &Index,
    subject: &dyn Subject,
) -> Result<Option<Answer>, DamagedLine> {
    if line.text("layer")? == DOCUMENTS {
        verify_as::<EpochMetadata>(line, index, subject)
    } else {
        verify_as::<LogRecord>(line, index, subject)
    }
}

fn verify_as<B: Body>(
    line: &Line,
    index: &Index,
    subject: &dyn Subject,
) -> Result<Option<Answer>, DamagedLine> {
    let result = match line.optional_text("op")? {
        Some("convert-to-v2") => verify_second_form(line)?,
        Some(op) if foreign::is_decoding(op) => {
            return verify_input::<B>(line, subject).map(Some);
        }
        Some(op) => return Err(line.damaged(format!("unknown \"op\": {op:?}"))),
        None if line.has("decoder") => return verify_cross::<B>(line, index, subject),
        None => {
            let vector = RecordVector::read(line)?;
            match index.undisputed(&key(line, "release")?) {
                Ok(()) => verify_vector::<B>(line, &vector, subject)?,
                disputed => disputed,
            }
        }
    };
    Ok(Some(result.map(|()| Agreement::Same)))
}

/// The value encodes to the body, and the body decodes to the value.
fn verify_vector<B: Body>(
    line: &Line,
    vector: &RecordVector,
    subject: &dyn Subject,
) -> Result<Result<(), Difference>, DamagedLine> {
    let release = line.release("release")?;
    let value: B = match value(&vector.value, release) {
        Ok(value) => value,
        Err(difference) => return Ok(Err(difference)),
    };
    let requirement = "the value encodes to the bytes of the release";
    let encoded = value
        .encode(subject, release)
        .map_err(|error| Difference::new(requirement, hex::encode(&vector.body), error))
        .and_then(|encoded| {
            if vector.is_nondeterministic {
                return Ok(());
            }
            compare::bytes(requirement, &vector.body, &encoded, |_| None)
        });
    Ok(encoded.and_then(|()| {
        let requirement = "the bytes decode to the value";
        let decoded = B::decode(&vector.body, subject, release).map_err(|error| {
            Difference::new(requirement, vector.value.to_string(), error.to_string())
        })?;
        same(requirement, &vector.value, &decoded, release)
    }))
}

/// What one release understood of another's body.
fn verify_cross<B: Body>(
    line: &Line,
    index: &Index,
    subject: &dyn Subject,
) -> Result<Option<Answer>, DamagedLine> {
    let Some(sent) = index.get(&key(line, "from")?) else { return Ok(None) };
    let reader = line.release("decoder")?;
    let decoded = B::decode(&sent.body, subject, reader);
    if !line.is_taken()? {
        return refused(line, decoded.map(|_| ())).map(Some);
    }
    let understood = "the release understands what it understood";
    let expected = line.get("value").unwrap_or(&sent.value);
    let decoded = match decoded {
        Ok(decoded) => decoded,
        Err(error) => {
            let difference = Difference::new(understood, expected.to_string(), error.to_string());
            return Ok(Some(Err(difference)));
        }
    };
    let reencoded = reencoded(line, Some(&sent.body))?;
    let is_free = sent.is_nondeterministic || line.flag("nondeterministic")?;
    let result = same(understood, expected, &decoded, reader)
        .and_then(|()| again(&decoded, reencoded.filter(|_| !is_free), expected, subject, reader))
        .and_then(|()| match line.get("applied").and_then(|applied| applied.get("ok")) {
            Some(ok) => verify_step(ok == &Json::Bool(true), &sent.body, reader),
            None => Ok(()),
        });
    Ok(Some(result.map(|()| Agreement::Same)))
}

/// What a release makes of bytes that nobody wrote.
fn verify_input<B: Body>(line: &Line, subject: &dyn Subject) -> Result<Answer, DamagedLine> {
    let release = line.release("release")?;
    let body = line.bytes("input_hex")?;
    let decoded = B::decode(&body, subject, release);
    line.text("outcome")?;
    let answer = if matches!(outcome(line)?, Outcome::Answered) {
        let expected = line.get("value").cloned().unwrap_or_default();
        let again_as = line.optional_bytes("reencoded_hex")?;
        decoded
            .map_err(|error| Difference::new(ACCEPTED, expected.to_string(), error.to_string()))
            .and_then(|decoded| {
                same("the release understands what it understood", &expected, &decoded, release)?;
                again(&decoded, again_as, &expected, subject, release)
            })
            .map(|()| Agreement::Same)
    } else {
        refused(line, decoded.map(|_| ()))?
    };
    let processor = line.get("processor").and_then(|it| it.get("outcome")).and_then(Json::as_str);
    Ok(match (answer, processor) {
        (Ok(agreement), Some(outcome)) => {
            verify_processor(outcome, &body, release).map(|()| agreement)
        }
        (answer, _) => answer,
    })
}

/// What the release refuses is refused, and what it panics on is known for that.
fn refused(line: &Line, decoded: Result<(), BodyError>) -> Result<Answer, DamagedLine> {
    let requirement = "what the release cannot read is refused, or panicked on, as it does";
    let panic = line.optional_text("panic")?;
    let expected = panic.or(line.optional_text("error")?).unwrap_or("an error");
    let wrong = |actual: String| Ok(Err(Difference::new(requirement, expected, actual)));
    let error = match decoded {
        Ok(()) => return wrong("a value".to_owned()),
        Err(error) => error,
    };
    match (panic, error.known_panic()) {
        (Some(words), Some(_)) => Ok(Ok(Agreement::KnownPanic(words.to_owned()))),
        (None, None) => Ok(Ok(Agreement::Same)),
        _ => wrong(error.to_string()),
    }
}

/// What was understood is written again as the release writes it.
fn again<B: Body>(
    decoded: &B,
    expected: Option<Bytes>,
    value: &Json,
    subject: &dyn Subject,
    release: Release,
) -> Result<(), Difference> {
    let requirement = "what was understood encodes again to the bytes that the release made of it";
    let Some(expected) = expected else { return Ok(()) };
    // What was made up while reading stands in the bytes too.
    let is_made_up = self::value::<B>(value, release).is_ok_and(|recorded| recorded != *decoded);
    let written = if is_made_up { self::value(value, release)? } else { decoded.clone() };
    let actual = written
        .encode(subject, release)
        .map_err(|error| Difference::new(requirement, hex::encode(&expected), error))?;
    compare::bytes(requirement, &expected, &actual, |_| None)
}

fn value<B: Body>(json: &Json, release: Release) -> Result<B, Difference> {
    let requirement = "the JSON form of the value is read";
    json::from_json(json, context(release))
        .map_err(|fault| Difference::new(requirement, json.to_string(), fault.to_string()))
}

/// Compares a recorded value with what was understood; their JSON forms lead to the place.
fn same<B: Body>(
    requirement: &'static str,
    recorded: &Json,
    decoded: &B,
    release: Release,
) -> Result<(), Difference> {
    let actual = json::to_json(decoded, context(release))
        .map_err(|unfit| Difference::new(requirement, recorded.to_string(), unfit.what))?;
    let mut recorded = recorded.clone();
    forget_made_up(&mut recorded, &actual);
    sizes_as_numbers(&mut recorded, &actual);
    if self::value::<B>(&recorded, release)? == *decoded {
        return Ok(());
    }
    compare::json(requirement, &recorded, &actual).and(Err(Difference::new(
        requirement,
        recorded.to_string(),
        actual.to_string(),
    )))
}

/// Takes out of a recorded value what the release made up while it was reading: the id of a request
/// where the ingress gave none, and the time of a configuration that was not there.
fn forget_made_up(recorded: &mut Json, actual: &Json) {
    const ID: &str = "source_ingress_rpc_id";
    const TIME: &str = "modified_at";
    let (Json::Object(members), Json::Object(actual)) = (recorded, actual) else { return };
    let has_no_id = actual.get(ID).is_some_and(Json::is_null);
    if has_no_id && actual.get("source").and_then(Json::as_str) == Some("Ingress") {
        members.insert(ID.to_owned(), Json::Null);
    }
    let is_made_up = |name| actual.get(name).and_then(Json::as_u64) == Some(0);
    if is_made_up(TIME) && is_made_up("version") && actual.contains_key("context") {
        members.insert(TIME.to_owned(), 0.into());
    }
    for (name, member) in members.iter_mut() {
        if let Some(actual) = actual.get(name) {
            forget_made_up(member, actual);
        }
    }
}

/// Turns sizes in words, as `1.0 KiB`, into the numbers that stand in their place in another form of
/// the value: the released servers write them so in JSON, and lose digits.
fn sizes_as_numbers(recorded: &mut Json, other: &Json) {
    const SIZE: &str = "needed_memory";
    match (recorded, other) {
        (Json::Object(members), Json::Object(other)) => {
            for (name, member) in members.iter_mut() {
                match other.get(name) {
                    Some(number @ Json::Number(_)) if name == SIZE => *member = number.clone(),
                    Some(other) => sizes_as_numbers(member, other),
                    None => {}
                }
            }
        }
        (Json::Array(elements), Json::Array(others)) => {
            for (element, other) in elements.iter_mut().zip(others) {
                sizes_as_numbers(element, other);
            }
        }
        _ => {}
    }
}

/// What the processor of 1.7 says of a body.
fn verify_processor(outcome: &str, body: &Bytes, release: Release) -> Result<(), Difference> {
    let requirement = "the processor does with the body what the release does";
    let actual = match apply::process(body, release) {
        Ok(_) => "ok",
        Err(BodyError::Panics { .. }) => "panic",
        Err(_) => "error",
    };
    if actual == outcome {
        return Ok(());
    }
    Err(Difference::new(requirement, outcome, actual))
}

/// Whether the second step of 1.7 takes a body, and the blob in it.
fn verify_step(is_taken: bool, body: &Bytes, release: Release) -> Result<(), Difference> {
    let requirement = "the second step of the reader takes what the release takes";
    let takes = |command: &Command| Content::of(command, context(release)).is_ok();
    let actual = matches!(apply::process(body, release),
        Ok(Processed::Record(record)) if takes(&record.command));
    if actual == is_taken {
        return Ok(());
    }
    Err(Difference::new(requirement, is_taken.to_string(), actual.to_string()))
}

/// What the second step of 1.7 makes of a record: kind, pair of producer and number, and the blob
/// in it; and that the body in the second form means the same.
fn verify_second_form(line: &Line) -> Result<Result<(), Difference>, DamagedLine> {
    let release = line.release("release")?;
    let requirement = "the second step makes of a record what the release makes of it";
    let wrong = |expected: &str, actual: String| {
        Ok(Err(Difference::new(requirement, expected.to_owned(), actual)))
    };
    let record = match log_records::decode(&line.bytes("input_hex")?, release) {
        Ok::<LogRecord, _>(record) => record,
        Err(error) => return wrong("a record", error.to_string()),
    };
    line.text("outcome")?;
    let is_ok = matches!(outcome(line)?, Outcome::Answered);
    let Some(dedup) = Deduplication::of(&record) else {
        return if is_ok { wrong("a value", "no meaning".to_owned()) } else { Ok(Ok(())) };
    };
    if !is_ok {
        return wrong(line.text("error")?, format!("{dedup:?}"));
    }
    let payload = Content::of(&record.command, context(release));
    let says = line.get("payload").and_then(|it| it.get("outcome")).and_then(Json::as_str);
    if let (Some("error"), Ok(_)) | (Some("ok"), Err(_)) = (says, &payload) {
        return wrong(says.unwrap_or_default(), format!("{payload:?}"));
    }
    let body = line.bytes("v2_hex")?;
    let Some((&CUSTOM, _)) = body.split_first() else {
        return wrong("a body in the second form", hex::encode(&body));
    };
    let form = match SecondForm::decode(&body.slice(1..)) {
        Ok(form) => form,
        Err(fault) => return wrong("a record in the second form", fault.to_string()),
    };
    let kind = line.text("kind")?;
    if (form.kind, &form.dedup) != (Some(kind), &dedup) || kind != record.command.variant_name() {
        return wrong(&format!("{kind} {dedup:?}"), format!("{:?} {:?}", form.kind, form.dedup));
    }
    Ok(match form.command(release) {
        Ok(None) => Ok(()),
        Ok(Some(command)) if command == held_by_second_form(&record.command) => Ok(()),
        other => {
            let expected = format!("{:?}", record.command);
            Err(Difference::new(requirement, expected, format!("{other:?}")))
        }
    })
}

/// The first byte of a body in the second form.
const CUSTOM: u8 = 7;
