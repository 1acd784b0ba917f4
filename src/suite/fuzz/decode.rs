//! Bytes as the payload of a message.
//!
//! An input is the message, the release, the number of the version, then the payload.

use arbitrary::Arbitrary;

use super::came::Came;
use super::case::{Case, Chosen, Judgement, Raw};
use super::gates::Gate;
use super::{describe, notes, objection, records};
use crate::fabric::annotate::{self, Annotation};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::payload::EncodeError;
use crate::fabric::release::Release;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::expectations;
use crate::suite::log_records::bodies;
use crate::suite::subject::Subject;

/// What an input asks for.
#[derive(Debug, Clone, Arbitrary)]
pub struct Decode {
    /// The message.
    pub message: Chosen<MessageType>,
    /// Who reads it.
    pub release: Chosen<Release>,
    /// The number of the version.
    pub number: Chosen<i32>,
    /// The payload.
    pub payload: Raw,
}

impl Decode {
    /// How many bytes stand before the payload.
    pub(super) const HEAD_LEN: usize = 3;

    fn place(&self) -> (MessageType, Release, i32) {
        (self.message.0, self.release.0, self.number.0)
    }

    fn annotated<'a>(&self, bytes: &'a [u8]) -> Option<Annotation<'a>> {
        let cx = Gate::of_bytes(self.message.0, self.release.0, self.number.0)
            .context(self.release.0)?;
        Some(annotate::payload(self.message.0, cx, bytes))
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

impl Case for Decode {
    fn holds(self, subject: &(impl Subject + ?Sized), features: &mut Features) -> Judgement {
        let (of, release, number) = self.place();
        let gate = Gate::of_bytes(of, release, number);
        let asked = notes::mix([of as u64, number as u64]);
        let decoded = subject.decode(of, &self.payload.0, release, number);
        let message = match decoded {
            Err(error) => {
                features.note(notes::mix([asked, notes::refusal(&error)]));
                return if gate.is_why_not_decoded(&error) {
                    Ok(())
                } else {
                    Err(objection::at("refused-otherwise", self.place(), gate.instead(error)))
                };
            }
            Ok(message) => message,
        };
        if !matches!(gate, Gate::Open(_)) {
            let came = gate.instead(format_args!("{message:?}")).of_bytes(&self.payload.0);
            return Err(objection::at("not-refused", self.place(), came));
        }
        features.note(notes::mix([asked, notes::magnitude(self.payload.0.len())]));
        for (_, body) in bodies(&message) {
            records::again(subject, self.place(), &body, features)?;
        }
        again(subject, &self, &message, features)
    }

    fn commands(&self) -> Vec<String> {
        let (message, release, number) = self.place();
        describe::payload(message, release, number, &self.payload.0)
    }
}

/// What was decoded is encoded and decoded again.
fn again(
    subject: &(impl Subject + ?Sized),
    case: &Decode,
    message: &Message,
    features: &mut Features,
) -> Result<(), Objection> {
    let (message_type, release, number) = case.place();
    let encoded = match subject.encode(message, release, number) {
        Ok(encoded) => encoded,
        Err(error) if is_only_read(message, &error) => return Ok(()),
        // A name that becomes a key in the old layout of a schema: no bytes say it (07 §3.2).
        Err(EncodeError::Unfit { unfit, .. }) if unfit.is_nul_in_key() => return Ok(()),
        Err(error) => {
            let came = Came::refusal(format_args!("{message:?}"), &error).of_bytes(&case.payload.0);
            return Err(objection::at("decoded-but-not-encoded", case.place(), came));
        }
    };
    let is_same = encoded == case.payload.0;
    features.note(notes::mix([message_type as u64, number as u64, 99, u64::from(is_same)]));
    if is_same {
        // The same bytes give the same value: nothing is left to ask.
        return Ok(());
    }
    let value = match subject.decode(message_type, &encoded, release, number) {
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
        Ok(again) if again == encoded || has_documents(message_type) => Ok(()),
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
