//! Bytes as the payload of a message.
//!
//! An input is the message, the release, the number of the version, then the payload.

use bytes::Bytes;

use super::came::Came;
use super::gates::Gate;
use super::input::Input;
use super::{notes, objection, records};
use crate::fabric::annotate::{self, Annotation};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::payload::EncodeError;
use crate::fabric::release::Release;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::expectations;
use crate::suite::log_records::bodies;
use crate::suite::subject::Subject;

/// What an input asks for.
pub(super) struct Case {
    pub(super) message: MessageType,
    pub(super) release: Release,
    pub(super) number: i32,
    pub(super) payload: Bytes,
}

impl Case {
    /// How many bytes stand before the payload.
    pub(super) const HEAD_LEN: usize = 3;

    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let mut input = Input(bytes);
        let (message, release) = (input.message()?, input.release()?);
        let number = input.number();
        Some(Self { message, release, number, payload: Bytes::copy_from_slice(input.0) })
    }

    fn place(&self) -> (MessageType, Release, i32) {
        (self.message, self.release, self.number)
    }

    fn annotated<'a>(&self, bytes: &'a [u8]) -> Option<Annotation<'a>> {
        let cx = Gate::of_bytes(self.message, self.release, self.number).context(self.release)?;
        Some(annotate::payload(self.message, cx, bytes))
    }

    /// What came of bytes, with these.
    #[cold]
    fn marked(&self, came: Came, bytes: &[u8]) -> Came {
        match self.annotated(bytes) {
            Some(annotation) => came.in_bytes(&annotation),
            None => came.of_bytes(bytes),
        }
    }
}

/// The body.
pub(super) fn body(
    subject: &(impl Subject + ?Sized),
    bytes: &[u8],
    features: &mut Features,
) -> Result<(), Objection> {
    let Some(case) = Case::of(bytes) else { return Ok(()) };
    let gate = Gate::of_bytes(case.message, case.release, case.number);
    let asked = notes::mix([case.message as u64, case.number as u64]);
    let decoded = subject.decode(case.message, &case.payload, case.release, case.number);
    let message = match decoded {
        Err(error) => {
            features.note(notes::mix([asked, notes::refusal(&error)]));
            return if gate.is_why_not_decoded(&error) {
                Ok(())
            } else {
                Err(objection::at("refused-otherwise", case.place(), gate.instead(error)))
            };
        }
        Ok(message) => message,
    };
    if !matches!(gate, Gate::Open(_)) {
        let came = gate.instead(format_args!("{message:?}")).of_bytes(&case.payload);
        return Err(objection::at("not-refused", case.place(), came));
    }
    features.note(notes::mix([asked, notes::magnitude(case.payload.len())]));
    for (_, body) in bodies(&message) {
        records::again(subject, case.place(), &body, features)?;
    }
    again(subject, &case, &message, features)
}

/// What was decoded is encoded and decoded again.
fn again(
    subject: &(impl Subject + ?Sized),
    case: &Case,
    message: &Message,
    features: &mut Features,
) -> Result<(), Objection> {
    let (release, number) = (case.release, case.number);
    let encoded = match subject.encode(message, release, number) {
        Ok(encoded) => encoded,
        Err(error) if is_only_read(message, &error) => return Ok(()),
        Err(error) => {
            let came = Came::refusal(format_args!("{message:?}"), &error).of_bytes(&case.payload);
            return Err(objection::at("decoded-but-not-encoded", case.place(), came));
        }
    };
    let is_same = encoded == case.payload;
    features.note(notes::mix([case.message as u64, number as u64, 99, u64::from(is_same)]));
    if is_same {
        // The same bytes give the same value: nothing is left to ask.
        return Ok(());
    }
    let value = match subject.decode(case.message, &encoded, release, number) {
        Ok(value) => value,
        Err(error) => {
            let came = Came::refusal(format_args!("{message:?}"), &error);
            return Err(objection::at(
                "own-bytes-refused",
                case.place(),
                case.marked(came, &encoded),
            ));
        }
    };
    if value != *message {
        let came = case.marked(Came::value(message, &value), &encoded);
        return Err(objection::at("reads-otherwise", case.place(), came));
    }
    match subject.encode(&value, release, number) {
        Ok(again) if again == encoded || has_documents(case.message) => Ok(()),
        Ok(again) => {
            let came = match case.annotated(&encoded) {
                Some(annotation) => Came::bytes(&annotation, &again),
                None => Came::words("", hex::encode(&encoded), hex::encode(&again)),
            };
            Err(objection::at("reencodes-otherwise", case.place(), came))
        }
        Err(error) => {
            let came = Came::refusal(hex::encode(&encoded), &error);
            Err(objection::at("reencodes-otherwise", case.place(), came))
        }
    }
}

/// Whether a message has values of any kind in it. The entries of a map are written in the order in
/// which their keys lie in the buffer that was read, which is nobody's order if keys are shared with
/// something before them.
pub(super) fn has_documents(message: MessageType) -> bool {
    matches!(message, MessageType::MetadataUpdate | MessageType::MetadataMessage)
}

/// Whether a value is one that is read and not written: what a later version has.
fn is_only_read(message: &Message, error: &EncodeError) -> bool {
    match error {
        EncodeError::IncompatibleVersion { min_required, .. } => {
            *min_required == expectations::first_version(message)
        }
        _ => false,
    }
}
