//! Two readers and two writers of one format.
//!
//! An input is the message (with the highest bit: of the envelope), the release, the number of the
//! version, then the bytes. The decoder is compared with the annotator, which reads the same format
//! by its shapes alone, and the encoder with the reference encoder. The libraries of the released
//! servers are not in the product; `tests/it/differential.rs` compares with them.

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;

use super::came::{self, Came};
use super::case::{Case, Chosen, Judgement, Raw};
use super::decode::has_documents;
use super::explain::Taken;
use super::gates::Gate;
use super::notes;
use super::objection;
use crate::fabric::annotate::{self, Annotation, Damage, Span, Value, What};
use crate::fabric::catalogue::{Codec, Message, MessageType};
use crate::fabric::codec::fault::{Fault, FaultKind};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{EnvelopeError, EnvelopeType};
use crate::fabric::payload::DecodeError;
use crate::fabric::release::Release;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::reference::{self, Rules};
use crate::suite::subject::Subject;

/// Set in the first byte if the bytes are a message of the envelope.
pub(super) const IS_ENVELOPE: u8 = 0x80;

/// What an input asks for.
#[derive(Debug, Clone, Arbitrary)]
pub struct Differential {
    /// What the bytes are taken for.
    #[arbitrary(with = taken)]
    pub taken: Taken,
    /// Whose they are.
    pub release: Chosen<Release>,
    /// The number of the version.
    pub number: Chosen<i32>,
    /// The bytes.
    pub bytes: Raw,
}

/// By one byte: a frame or a payload, and which.
fn taken(bytes: &mut Unstructured<'_>) -> arbitrary::Result<Taken> {
    let byte = u8::arbitrary(bytes)?;
    let which = byte & !IS_ENVELOPE;
    Ok(if byte == which {
        Taken::Payload(Chosen::of(which)?)
    } else {
        Taken::Frame(Chosen::of(which)?)
    })
}

/// Most bytes of a value that are compared with those of the reference encoder: a short input may stand for
/// more, whose JSON form takes more memory than a run may.
const COMPARED_LEN_MAX: usize = 1 << 20;

impl Case for Differential {
    fn holds(self, subject: &(impl Subject + ?Sized), features: &mut Features) -> Judgement {
        let (release, number, bytes) = (self.release.0, self.number.0, &self.bytes.0);
        match self.taken {
            Taken::Payload(Chosen(of)) => {
                match Gate::of_bytes(of, release, number).context(release) {
                    Some(cx) => payload(subject, of, cx, bytes, features),
                    None => Ok(()),
                }
            }
            Taken::Frame(Chosen(of)) => envelope(subject, of, release, bytes, features),
            Taken::Flexbuffer(_) | Taken::Anything => Ok(()),
        }
    }

    fn commands(&self) -> Vec<String> {
        self.taken.commands(self.release.0, self.number.0, &self.bytes.0)
    }
}

/// The decoder and the annotator of a payload.
fn payload(
    subject: &(impl Subject + ?Sized),
    message: MessageType,
    cx: Context,
    bytes: &Bytes,
    features: &mut Features,
) -> Result<(), Objection> {
    let number = cx.version.number();
    let place = (message, cx.release, number);
    let decoded = subject.decode(message, bytes, cx.release, number);
    let annotation = annotate::payload(message, cx, bytes);
    let damage = annotation.damage();
    let asked = notes::mix([message as u64, number as u64, damage.is_some().into()]);
    features.note(notes::mix([asked, decoded.as_ref().map_or_else(notes::refusal, |_| 0)]));
    features.note(notes::mix([asked, notes::magnitude(bytes.len())]));
    match (decoded, damage) {
        // What a release does not know it does not look into.
        (Ok(_), Some(damage)) if is_in_what_is_unknown(&annotation, damage) => Ok(()),
        (Ok(_), Some(damage)) => {
            Err(objection::at("reads-what-is-damaged", place, reads_damaged(&annotation, damage)))
        }
        (Err(DecodeError::Malformed { fault, .. }), None) => {
            let is_structural = match message.row().codec_at(cx.version) {
                Codec::Flexbuffers => {
                    is_of_flexbuffers(&fault) && !is_of_bytes(&annotation, &fault)
                }
                Codec::Bilrost => !is_beyond_bilrost(&fault),
            };
            if is_structural {
                let came = Came::refusal("a value", &fault).in_bytes(&annotation);
                Err(objection::at("refuses-what-is-sound", place, came))
            } else {
                Ok(())
            }
        }
        (Err(_), _) => Ok(()),
        (Ok(value), None) => {
            // What is read and not written has no bytes to compare, and what the JSON form cannot
            // tell apart the reference encoder cannot either.
            let Ok(encoded) = subject.encode(&value, cx.release, number) else { return Ok(()) };
            if encoded.len() > COMPARED_LEN_MAX {
                return Ok(());
            }
            let json = value.to_json(cx).ok();
            if json.is_none_or(|json| Message::from_json(message, &json, cx).as_ref() != Ok(&value))
            {
                return Ok(());
            }
            match reference::encode(&value, cx, &Rules::RIGHT) {
                Ok(expected) if expected == encoded => Ok(()),
                // JSON has no order of keys, which documents of any kind are written in.
                Ok(expected)
                    if has_documents(message)
                        && subject.decode(message, &expected, cx.release, number).as_ref()
                            == Ok(&value) =>
                {
                    Ok(())
                }
                Ok(expected) => {
                    let came = Came::bytes(&annotate::payload(message, cx, &expected), &encoded);
                    Err(objection::at("writes-otherwise", place, came))
                }
                Err(error) => {
                    let came = Came::words(&error, format_args!("{value:?}"), &error);
                    Err(objection::at("has-no-reference", place, came))
                }
            }
        }
    }
}

/// What is read although it is damaged. The cause is in the format, not in the field.
#[cold]
fn reads_damaged(annotation: &Annotation<'_>, damage: &Damage) -> Came {
    let came = Came::words(&damage.path, format_args!("an error: {damage}"), "a value");
    Came { place: came::kind(&damage.kind), ..came.in_bytes(annotation) }
}

/// Whether the damage is inside of a field that the release does not know.
fn is_in_what_is_unknown(annotation: &Annotation<'_>, damage: &Damage) -> bool {
    annotation.spans().any(|span| span.is_foreign() && damage.path.starts_with(&span.path()))
}

/// Whether a fault is one of the format, which the annotator reads without knowing the message.
fn is_of_flexbuffers(fault: &Fault) -> bool {
    matches!(fault.kind(), FaultKind::NotFlexbuffers { .. } | FaultKind::NotUtf8)
}

/// Whether bytes stand where text is read, which need not be text for who does not know the message. The
/// decoder knows a place by the name of its field; the annotator by its number, in a vector.
fn is_of_bytes(annotation: &Annotation<'_>, fault: &Fault) -> bool {
    let read = fault.place().offset().and_then(|offset| annotation.span_at(offset));
    let is_bytes =
        |span: &Span<'_>| matches!(span.what(), What::Value { value: Value::Bytes(_), .. });
    *fault.kind() == FaultKind::NotUtf8
        && read.is_some_and(|read| {
            annotation.spans().any(|span| is_bytes(&span) && span.path() == read.path())
        })
}

/// Whether a fault is one that the annotator does not look for: keys that come twice, nanoseconds
/// that are a second, memory.
fn is_beyond_bilrost(fault: &Fault) -> bool {
    match fault.kind() {
        FaultKind::Repeated | FaultKind::TooMuch { .. } => true,
        FaultKind::OutOfRange { what } => *what == "nanoseconds",
        _ => false,
    }
}

/// The decoder and the annotator of the envelope.
fn envelope(
    subject: &(impl Subject + ?Sized),
    of: EnvelopeType,
    release: Release,
    bytes: &Bytes,
    features: &mut Features,
) -> Result<(), Objection> {
    if !of.gate().is_open(release) {
        return Ok(());
    }
    let decoded = subject.decode_envelope(of, bytes, release);
    let annotation = annotate::protobuf(of, release, bytes, |_| None);
    let damage = annotation.damage();
    features.note(notes::mix([of as u64, 1, damage.is_some().into()]));
    let object = |kind, came| {
        let frame = ("frame", of.word().to_owned());
        Err(objection::of(kind, [frame, objection::release(release)], came))
    };
    match (decoded, damage) {
        // What a release does not know it does not look into.
        (Ok(_), Some(damage)) if is_in_what_is_unknown(&annotation, damage) => Ok(()),
        (Ok(_), Some(damage)) => {
            object("reads-what-is-damaged", reads_damaged(&annotation, damage))
        }
        (Err(EnvelopeError::Malformed { reason, .. }), None) => {
            let came = Came::words(&reason, "a value", &reason);
            object("refuses-what-is-sound", came.of_bytes(bytes))
        }
        _ => Ok(()),
    }
}
