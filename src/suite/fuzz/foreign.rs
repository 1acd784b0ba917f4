//! Bytes as a payload, read by a testee and by the release that it stands for: the same value, or
//! refused by both.
//!
//! An input is that of the target `decode`. What it says of release and version is put right: the testee
//! stands for one release, and has each message at some versions.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

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
    let Some((testee, case)) = asked(bytes).filter(|(it, _)| !it.testee().is_over()) else {
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
    if testee.testee().is_over() {
        return Ok(());
    }
    let seen = |words: String| format!("{words}; the bytes are {}", hex::encode(&case.payload));
    match (right, read) {
        (Ok(right), Ok(read)) if right == read => written(testee, &right, place, &seen),
        (Ok(right), Ok(read)) => {
            let words = seen(format!("reads {read:?} instead of {right:?}"));
            Err(objection::at("another-value", place, words))
        }
        (Ok(_), Err(words)) => Err(objection::at(
            "not-read",
            place,
            seen(format!("refuses what {release} reads: {words}")),
        )),
        (Err(error), Ok(_)) => {
            let words = seen(format!("reads what {release} refuses: {error}"));
            Err(objection::at("not-refused", place, words))
        }
        (Err(_), Err(_)) => Ok(()),
    }
}

/// What was read is written in the same bytes as the release writes.
fn written(
    testee: &Behind,
    value: &Message,
    place: (MessageType, Release, i32),
    seen: &dyn Fn(String) -> String,
) -> Result<(), Objection> {
    let (_, release, number) = place;
    let Ok(right) = value.encode(release, number) else { return Ok(()) };
    match testee.encode(value, release, number) {
        Ok(bytes) if bytes == right || is_in_other_order(value, &bytes, place) => Ok(()),
        Ok(bytes) => {
            let (bytes, right) = (hex::encode(bytes), hex::encode(right));
            Err(objection::at(
                "other-bytes",
                place,
                seen(format!("writes {bytes} instead of {right}")),
            ))
        }
        Err(error) => {
            Err(objection::at("not-written", place, seen(format!("does not write it: {error}"))))
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
