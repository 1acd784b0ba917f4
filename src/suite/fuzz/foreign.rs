//! Bytes as a payload, read by a testee and by the release that it stands for: the same value, or
//! refused by both.
//!
//! An input is that of the target `decode`. What it says of release and version is put right: the testee
//! stands for one release, and has each message at some versions.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::came::{Came, Refusal};
use super::decode::Case;
use super::{notes, objection};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;
use crate::fabric::session::Dialect;
use crate::fabric::version::ProtocolVersion;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::subject::Subject;
use crate::suite::testee::{Behind, is_same};

/// The testee of this process: bodies of targets are functions, and take nothing along.
static ASKED: OnceLock<Arc<Behind>> = OnceLock::new();

/// How many inputs have asked it something.
static INPUTS: AtomicU64 = AtomicU64::new(0);

/// How many inputs have asked the testee something.
pub(super) fn inputs() -> u64 {
    INPUTS.load(Ordering::Relaxed)
}

/// Names the testee that is asked from now on; false if another one is already.
pub(super) fn set(testee: Arc<Behind>) -> bool {
    ASKED.set(testee).is_ok()
}

/// What an input asks the testee: the message, the number of the version, the bytes. None if it does not
/// have the message.
pub(super) fn asked(bytes: &[u8]) -> Option<(&'static Behind, Case)> {
    let (testee, case) = (ASKED.get()?, Case::of(bytes)?);
    let has = |number: &i32| testee.offers(testee.release(), case.message, *number);
    let versions = testee.release().versions().rev().map(|it| it.number());
    let number = [case.number].into_iter().chain(versions).find(has)?;
    Some((testee, Case { number, release: testee.release(), ..case }))
}

/// The body.
pub(super) fn body(bytes: &[u8], features: &mut Features) -> Result<(), Objection> {
    let Some((testee, case)) = asked(bytes).filter(|(it, _)| it.testee().over().is_none()) else {
        return Ok(());
    };
    INPUTS.fetch_add(1, Ordering::Relaxed);
    let (release, number) = (case.release, case.number);
    let place = (case.message, release, number);
    let right = Message::decode(case.message, &case.payload, release, number);
    features.note(notes::mix([
        case.message as u64,
        match &right {
            Ok(_) => notes::magnitude(case.payload.len()),
            Err(error) => notes::refusal(error),
        },
    ]));
    let read = testee.decode(case.message, &case.payload, release, number);
    if testee.testee().over().is_some() {
        return Ok(());
    }
    match (right, read) {
        (Ok(right), Ok(read)) if right == read => written(testee, &right, place, &case.payload),
        (Ok(right), Ok(read)) => {
            let came = Came::value(&right, &read).of_bytes(&case.payload);
            Err(objection::at("another-value", place, came))
        }
        (Ok(right), Err(words)) => {
            let came = Came::words(&words, format_args!("{right:?}"), &words);
            Err(objection::at("not-read", place, came.of_bytes(&case.payload)))
        }
        (Err(error), Ok(read)) => {
            let place_of = Refusal::place(&error);
            let came = Came::words(place_of, error, format_args!("{read:?}"));
            Err(objection::at("not-refused", place, came.of_bytes(&case.payload)))
        }
        (Err(_), Err(_)) => Ok(()),
    }
}

/// What was read is written in the same bytes as the release writes.
fn written(
    testee: &Behind,
    value: &Message,
    place: (MessageType, Release, i32),
    payload: &[u8],
) -> Result<(), Objection> {
    let (_, release, number) = place;
    let Ok(right) = value.encode(release, number) else { return Ok(()) };
    match testee.encode(value, release, number) {
        Ok(bytes) if bytes == right || is_in_other_order(value, &bytes, place) => Ok(()),
        Ok(bytes) => {
            let came = Came::words("", hex::encode(right), hex::encode(bytes));
            Err(objection::at("other-bytes", place, came.of_bytes(payload)))
        }
        Err(error) => {
            let came = Came::words(&error, hex::encode(right), &error);
            Err(objection::at("not-written", place, came.of_bytes(payload)))
        }
    }
}

/// Whether bytes are those of a value whose parts stand in another order, which JSON does not keep.
fn is_in_other_order(
    value: &Message,
    bytes: &Bytes,
    (message, release, number): (MessageType, Release, i32),
) -> bool {
    let Some(version) = ProtocolVersion::from_number(number) else { return false };
    let read = Message::decode(message, bytes, release, number);
    read.is_ok_and(|read| is_same(&read, value, Context { release, version }))
}
