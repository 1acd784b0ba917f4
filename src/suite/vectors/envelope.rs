//! Vectors of the protobuf envelope: messages, enum tables, supported ranges, and what one release
//! understood of another's frames.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value as Json;

use super::Origin;
use super::cross::reencoded;
use super::index::{self, Vector};
use super::line::{DamagedLine, Line};
use crate::fabric::envelope::{EnumType, Envelope, EnvelopeType};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::suite::compare::{self, Difference};

/// A message that a release wrote.
#[derive(Debug, Clone)]
pub struct EnvelopeVector {
    envelope_type: EnvelopeType,
    release: Release,
    pub(super) value: Arc<Json>,
    /// None if the release refused.
    bytes: Option<Bytes>,
    is_nondeterministic: bool,
}

/// Vectors by release, message and case.
pub type Index = index::Index<[String; 3], EnvelopeVector>;

/// The message that a line is about.
pub fn envelope_type(line: &Line) -> Result<EnvelopeType, DamagedLine> {
    let name = line.text("message")?;
    let is_it = |known: &&EnvelopeType| known.name() == name || known.word() == name;
    let found = EnvelopeType::ALL.iter().find(is_it);
    found.copied().ok_or_else(|| line.damaged(format!("unknown message {name:?}")))
}

/// The key of the vector that a line is, or refers to; `release` names the member with the release.
pub fn key(line: &Line, release: &str) -> Result<[String; 3], DamagedLine> {
    Ok([line.text(release)?, line.text("message")?, line.text("case")?].map(str::to_owned))
}

impl EnvelopeVector {
    /// Reads a line.
    pub fn read(line: &Line) -> Result<Self, DamagedLine> {
        Ok(Self {
            envelope_type: envelope_type(line)?,
            release: line.release("release")?,
            value: Arc::new(line.member("value")?.clone()),
            bytes: line.written()?,
            is_nondeterministic: line.flag("nondeterministic")?,
        })
    }

    /// What it is, who wrote it, and the bytes.
    pub fn written(&self) -> (Origin, Release, Option<Bytes>) {
        (Origin::Envelope(self.envelope_type), self.release, self.bytes.clone())
    }

    /// The value; none if its JSON form cannot be read, which [`verify`](Self::verify) finds.
    pub fn frame(&self) -> Option<Envelope> {
        Envelope::from_json(self.envelope_type, self.release, &self.value).ok()
    }

    /// The value encodes to the bytes, and the bytes decode to the value.
    pub fn verify(&self, line: &Line) -> Result<(), Difference> {
        let requirement = "the frame's JSON form is read";
        let expected = Envelope::from_json(self.envelope_type, self.release, &self.value)
            .map_err(|e| Difference::new(requirement, "a value", e.to_string()))?;
        let encoded = expected.encode(self.release).map_err(|error| error.to_string());
        let Some(bytes) = &self.bytes else { return refused(line, encoded) };
        let requirement = "the value encodes to the bytes of the release";
        let encoded =
            encoded.map_err(|error| Difference::new(requirement, hex::encode(bytes), error))?;
        if !self.is_nondeterministic {
            compare::bytes(requirement, bytes, &encoded, |_| None)?;
        }
        let requirement = "the bytes decode to the value";
        let json = decode_to_json(self.envelope_type, self.release, bytes)
            .map_err(|e| Difference::new(requirement, self.value.to_string(), e))?;
        compare(requirement, self.release, &self.value, json)
    }
}

impl Vector for EnvelopeVector {
    fn is_free(&self) -> bool {
        self.is_nondeterministic
    }

    fn is_same(&self, other: &Self) -> bool {
        self.value == other.value && self.bytes == other.bytes
    }
}

/// What a release refuses to write is refused in the same words.
fn refused(line: &Line, encoded: Result<Vec<u8>, String>) -> Result<(), Difference> {
    let requirement = "what the release refuses to encode is refused, in the same words";
    let expected = line.text("error").unwrap_or("an error");
    let actual = match encoded {
        Err(error) if error == expected => return Ok(()),
        Err(error) => error,
        Ok(bytes) => hex::encode(bytes),
    };
    Err(Difference::new(requirement, expected, actual))
}

/// A field that a release has and that recorded values of it do not name: they say nothing of it
/// (01 §3).
const UNSAID: (&str, &str) = ("1.5.6", "span_context");

/// Compares what a release understood, but for what the recorded value says nothing of.
fn compare(
    requirement: &'static str,
    release: Release,
    recorded: &Json,
    mut actual: Json,
) -> Result<(), Difference> {
    let (exact, field) = UNSAID;
    if release.row().exact == exact && !recorded.to_string().contains(field) {
        forget(&mut actual, field);
    }
    compare::json(requirement, recorded, &actual)
}

/// Takes the members with a name out of a value and of all that is in it.
fn forget(value: &mut Json, name: &str) {
    match value {
        Json::Object(members) => {
            members.remove(name);
            members.values_mut().for_each(|member| forget(member, name));
        }
        Json::Array(elements) => elements.iter_mut().for_each(|element| forget(element, name)),
        _ => {}
    }
}

fn decode_to_json(of: EnvelopeType, release: Release, bytes: &Bytes) -> Result<Json, String> {
    Envelope::decode(of, release, bytes.clone())
        .and_then(|envelope| envelope.to_json(release))
        .map_err(|error| error.to_string())
}

/// What a release understood of another's frame. None if the frame is nowhere in the folder.
pub fn verify_cross(
    line: &Line,
    index: &Index,
) -> Result<Option<Result<(), Difference>>, DamagedLine> {
    let Some(sent) = index.get(&key(line, "from")?) else { return Ok(None) };
    let Some(bytes) = &sent.bytes else { return Ok(None) };
    let decoder = line.release("decoder")?;
    let is_free = sent.is_nondeterministic || line.flag("nondeterministic")?;
    let again = reencoded(line, Some(bytes))?.filter(|_| !is_free);
    let decoded = decode_to_json(sent.envelope_type, decoder, bytes);
    if !line.is_taken()? {
        let requirement = "what the release cannot read is refused";
        return Ok(Some(match decoded {
            Err(_) => Ok(()),
            Ok(json) => Err(Difference::new(requirement, "an error", json.to_string())),
        }));
    }
    let expected = line.get("value").unwrap_or(&sent.value);
    let requirement = "the release understands what it understood";
    Ok(Some(match decoded {
        Ok(json) => compare(requirement, decoder, expected, json)
            .and_then(|()| verify_reencoding(sent.envelope_type, decoder, bytes, again)),
        Err(error) => Err(Difference::new(requirement, expected.to_string(), error)),
    }))
}

/// What was read is written again to the bytes that the release made of it.
fn verify_reencoding(
    of: EnvelopeType,
    release: Release,
    bytes: &Bytes,
    again: Option<Bytes>,
) -> Result<(), Difference> {
    let Some(again) = again else { return Ok(()) };
    let requirement = "what was understood encodes again to the bytes that the release made of it";
    let wrong = |error: String| Difference::new(requirement, hex::encode(&again), error);
    let read = Envelope::decode(of, release, bytes.clone());
    let actual = read
        .map_err(|error| error.to_string())
        .and_then(|read| read.encode(release).map_err(|error| error.to_string()))
        .map_err(wrong)?;
    compare::bytes(requirement, &again, &actual, |_| None)
}

/// The variants of an enum that a release has.
pub fn verify_enum(line: &Line) -> Result<Result<(), Difference>, DamagedLine> {
    let release = line.release("release")?;
    let name = line.text("enum")?;
    let requirement = "the enum has the variants that the release has";
    let found = EnumType::ALL.into_iter().find(|known| known.full_name(release) == Some(name));
    let Some(found) = found else {
        return Ok(Err(Difference::new(requirement, name, "no such enum")));
    };
    let mut expected = rows_of(line)?;
    let mut actual: Vec<_> =
        found.rows(release).map(|row| (i64::from(row.number), row.name.to_owned())).collect();
    expected.sort();
    actual.sort();
    Ok(if expected == actual {
        Ok(())
    } else {
        Err(Difference::new(requirement, format!("{expected:?}"), format!("{actual:?}")))
    })
}

fn rows_of(line: &Line) -> Result<Vec<(i64, String)>, DamagedLine> {
    let rows = line.member("values")?.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter()
        .map(|row| match row.as_array().map(Vec::as_slice) {
            Some([Json::String(name), number]) => {
                let number = number.as_i64();
                number.map(|number| (number, name.clone()))
            }
            _ => None,
        })
        .collect::<Option<_>>()
        .ok_or_else(|| line.damaged("\"values\" is not a list of names and numbers"))
}

/// The range of versions that a release supports.
pub fn verify_constants(line: &Line) -> Result<Result<(), Difference>, DamagedLine> {
    let range = line.release("release")?.range();
    let constants = line.member("constants")?.as_object();
    let constants = constants.ok_or_else(|| line.damaged("\"constants\" has no members"))?;
    let requirement = "the release supports this range of versions";
    for (name, number) in
        [("MIN_SUPPORTED_PROTOCOL_VERSION", range.min), ("CURRENT_PROTOCOL_VERSION", range.max)]
    {
        let actual = ProtocolVersion::from_number(number)
            .map_or_else(|| number.to_string(), |version| version.to_string());
        let expected = match constants.get(name) {
            None => return Err(line.damaged(format!("\"constants\" has no {name:?}"))),
            Some(Json::String(name)) => name.clone(),
            Some(other) => other.to_string(),
        };
        if expected != actual && expected != number.to_string() {
            return Ok(Err(Difference::new(requirement, expected, actual)));
        }
    }
    Ok(Ok(()))
}
