//! Any value, encoded by any release at any version and decoded by the same.
//!
//! An input is the message, the release that holds the value, the release that speaks, the number
//! of the version, then what the value is drawn from.

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;

use super::came::Came;
use super::case::{Case, Chosen, Judgement};
use super::describe;
use super::gates::Gate;
use super::held::{Held, Value};
use super::notes;
use super::objection;
use crate::fabric::annotate;
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::tree::Context;
use crate::fabric::payload::EncodeError;
use crate::fabric::release::Release;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::expectations;
use crate::suite::subject::Subject;

/// How many bytes stand before what the value is drawn from.
pub(super) const HEAD_LEN: usize = Held::HEAD_LEN + 2;

/// What an input asks for.
#[derive(Debug, Clone)]
pub struct Roundtrip {
    /// The value.
    pub value: Value,
    /// Who speaks.
    pub release: Chosen<Release>,
    /// The number of the version.
    pub number: Chosen<i32>,
}

/// What the value is comes first, and the value itself last.
impl<'a> Arbitrary<'a> for Roundtrip {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let held: Held = bytes.arbitrary()?;
        let (release, number) = bytes.arbitrary()?;
        Ok(Self { value: held.value(bytes)?, release, number })
    }
}

impl Roundtrip {
    fn place(&self) -> (MessageType, Release, i32) {
        (self.value.message.message_type(), self.release.0, self.number.0)
    }
}

impl Case for Roundtrip {
    fn holds(self, subject: &(impl Subject + ?Sized), features: &mut Features) -> Judgement {
        self.value.note(features);
        let (message, release, number) = (&self.value.message, self.release.0, self.number.0);
        let gate = Gate::of_value(message, release, number);
        let encoded = subject.encode(message, release, number);
        let len = encoded.as_ref().map_or(0, Bytes::len);
        let of = message.message_type();
        features.note(notes::mix([of as u64, number as u64, notes::magnitude(len)]));
        let Some(cx) = gate.context(release) else {
            return match encoded {
                Err(error) if gate.is_why_not_encoded(&error) => Ok(()),
                other => {
                    let came = gate.instead(format_args!("{other:?}"));
                    Err(objection::at("gate-differs", self.place(), came))
                }
            };
        };
        behind_the_gate(subject, &self, cx, encoded)
    }

    fn commands(&self) -> Vec<String> {
        describe::value(&self.value.message, self.release.0, self.number.0)
    }
}

/// What becomes of a value that the version can carry.
fn behind_the_gate(
    subject: &(impl Subject + ?Sized),
    case: &Roundtrip,
    cx: Context,
    encoded: Result<Bytes, EncodeError>,
) -> Result<(), Objection> {
    let understood = case.value.message.clone().fitted(cx).ok();
    let is_whole = understood.as_ref() == Some(&case.value.message);
    let bytes = match encoded {
        Ok(bytes) => bytes,
        Err(EncodeError::Unfit { .. }) if !is_whole => return Ok(()),
        Err(error) => {
            let came = Came::refusal(format_args!("{:?}", case.value.message), &error);
            return Err(objection::at("fits-but-refused", case.place(), came));
        }
    };
    let has_stand_in = expectations::has_stand_in(&case.value.message, cx);
    let Some(understood) = understood.filter(|_| is_whole || has_stand_in) else {
        let came = match &case.value.message.clone().fitted(cx) {
            Ok(understood) => Came::value(&case.value.message, understood),
            Err(unfit) => {
                Came::words(&unfit.what, format_args!("{:?}", case.value.message), "bytes")
            }
        };
        return Err(objection::at("dropped-in-silence", case.place(), came.of_bytes(&bytes)));
    };
    let (message, release, number) = case.place();
    match subject.decode(message, &bytes, release, number) {
        Ok(value) if value == understood => Ok(()),
        Ok(value) => {
            let came = Came::value(&understood, &value);
            let came = came.in_bytes(&annotate::payload(message, cx, &bytes));
            Err(objection::at("reads-otherwise", case.place(), came))
        }
        Err(error) => {
            let came = Came::refusal(format_args!("{understood:?}"), &error);
            let came = came.in_bytes(&annotate::payload(message, cx, &bytes));
            Err(objection::at("own-bytes-refused", case.place(), came))
        }
    }
}
