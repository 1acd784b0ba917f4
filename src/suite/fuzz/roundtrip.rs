//! Any value, encoded by any release at any version and decoded by the same.
//!
//! An input is the message, the release that holds the value, the release that speaks, the number
//! of the version, then what the value is drawn from.

use bytes::Bytes;

use super::came::Came;
use super::gates::Gate;
use super::held::Held;
use super::input::Input;
use super::notes;
use super::objection;
use crate::fabric::annotate;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::payload::EncodeError;
use crate::fabric::release::Release;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::expectations;
use crate::suite::subject::Subject;

/// How many bytes stand before what the value is drawn from.
pub(super) const HEAD_LEN: usize = Held::HEAD_LEN + 2;

/// What an input asks for.
pub(super) struct Case {
    pub(super) message: Message,
    pub(super) release: Release,
    pub(super) number: i32,
}

impl Case {
    pub(super) fn of(bytes: &[u8], features: &mut Features) -> Option<Self> {
        let mut input = Input(bytes);
        let held = Held::of(&mut input)?;
        let release = input.release()?;
        let number = input.number();
        Some(Self { message: held.value(input.0, features)?, release, number })
    }

    fn place(&self) -> (MessageType, Release, i32) {
        (self.message.message_type(), self.release, self.number)
    }
}

/// The body.
pub(super) fn body(
    subject: &(impl Subject + ?Sized),
    bytes: &[u8],
    features: &mut Features,
) -> Result<(), Objection> {
    let Some(case) = Case::of(bytes, features) else { return Ok(()) };
    let gate = Gate::of_value(&case.message, case.release, case.number);
    let encoded = subject.encode(&case.message, case.release, case.number);
    let (message, len) = (case.message.message_type(), encoded.as_ref().map_or(0, Bytes::len));
    features.note(notes::mix([message as u64, case.number as u64, notes::magnitude(len)]));
    let Some(cx) = gate.context(case.release) else {
        return match encoded {
            Err(error) if gate.is_why_not_encoded(&error) => Ok(()),
            other => {
                let came = gate.instead(format_args!("{other:?}"));
                Err(objection::at("gate-differs", case.place(), came))
            }
        };
    };
    behind_the_gate(subject, &case, cx, encoded)
}

/// What becomes of a value that the version can carry.
fn behind_the_gate(
    subject: &(impl Subject + ?Sized),
    case: &Case,
    cx: Context,
    encoded: Result<Bytes, EncodeError>,
) -> Result<(), Objection> {
    let understood = case.message.clone().fitted(cx).ok();
    let is_whole = understood.as_ref() == Some(&case.message);
    let bytes = match encoded {
        Ok(bytes) => bytes,
        Err(EncodeError::Unfit { .. }) if !is_whole => return Ok(()),
        Err(error) => {
            let came = Came::refusal(format_args!("{:?}", case.message), &error);
            return Err(objection::at("fits-but-refused", case.place(), came));
        }
    };
    let has_stand_in = expectations::has_stand_in(&case.message, cx);
    let Some(understood) = understood.filter(|_| is_whole || has_stand_in) else {
        let came = match &case.message.clone().fitted(cx) {
            Ok(understood) => Came::value(&case.message, understood),
            Err(unfit) => Came::words(&unfit.what, format_args!("{:?}", case.message), "bytes"),
        };
        return Err(objection::at("dropped-in-silence", case.place(), came.of_bytes(&bytes)));
    };
    let message = case.message.message_type();
    match subject.decode(message, &bytes, case.release, case.number) {
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
