//! What a testee makes of an input, beside what the release makes of it that it stands for: the same
//! value, the same bytes, or refused by both.
//!
//! Inputs are those of the targets `decode`, `roundtrip`, `cross` and `differential`. What they say of
//! release and version is put right: the testee stands for one release, and has each message at some
//! versions.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::came::{Came, Refusal};
use super::case::{Case, Chosen, Cross, Decode, Differential, Roundtrip, Taken};
use super::{notes, objection};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{Envelope, EnvelopeType};
use crate::fabric::release::Release;
use crate::fabric::session::Dialect;
use crate::fabric::version::ProtocolVersion;
use crate::harness::boundary::{Breach, caught, raise, uncounted};
use crate::harness::fuzz::{Features, Objection};
use crate::suite::subject::Subject;
use crate::suite::testee::{Behind, is_same};

/// The testee of this process: bodies of targets are functions, and take nothing along.
static ASKED: OnceLock<Arc<Behind>> = OnceLock::new();

/// How many inputs have asked it something.
static INPUTS: AtomicU64 = AtomicU64::new(0);
/// How many of them could not be judged by what it answered.
static UNTRIED: AtomicU64 = AtomicU64::new(0);

/// How many inputs have asked the testee something, and how many of them came to nothing.
pub(super) fn inputs() -> (u64, u64) {
    (INPUTS.load(Ordering::Relaxed), UNTRIED.load(Ordering::Relaxed))
}

/// Names the testee that is asked from now on; false if another one is already.
pub(super) fn set(testee: Arc<Behind>) -> bool {
    ASKED.set(testee).is_ok()
}

/// What an input asks a testee.
#[derive(Debug, Clone)]
pub enum Asked {
    /// What it reads of a payload at the version with a number.
    Payload(MessageType, i32, Bytes),
    /// What it writes of a value.
    Value(Box<Message>, i32),
    /// What it reads of a frame, or a part of one.
    Frame(EnvelopeType, Bytes),
}

/// How an input of a target is read.
pub(super) type Read = fn(&Behind, &[u8], &mut Features) -> Option<Asked>;

/// How inputs of a target are read; none if testees are not asked them.
pub(super) fn reader(target: &str) -> Option<Read> {
    match target {
        "decode" => Some(payload),
        "roundtrip" => Some(value),
        "cross" => Some(across),
        "differential" => Some(any),
        _ => None,
    }
}

/// What an input of a target asks the testee of this process. None if that does not have the message.
pub(super) fn asked(target: &str, bytes: &[u8]) -> Option<Asked> {
    reader(target)?(ASKED.get()?, bytes, &mut Features::unwanted())
}

/// An input of `decode`.
pub(super) fn payload(testee: &Behind, bytes: &[u8], _: &mut Features) -> Option<Asked> {
    let case = Decode::of(bytes)?;
    let number = spoken(testee, case.message.0, case.number.0, testee.release())?;
    Some(Asked::Payload(case.message.0, number, case.payload.0))
}

/// An input of `roundtrip`.
pub(super) fn value(testee: &Behind, bytes: &[u8], features: &mut Features) -> Option<Asked> {
    let Roundtrip { value, number, .. } = Roundtrip::of(bytes)?;
    value.note(features);
    let release = testee.release();
    let number = spoken(testee, value.message.message_type(), number.0, release)?;
    let version = release.highest_version();
    let held = value.message.fitted(Context { release, version }).ok()?;
    Some(Asked::Value(Box::new(held), number))
}

/// An input of `cross`: what another release writes.
pub(super) fn across(testee: &Behind, bytes: &[u8], features: &mut Features) -> Option<Asked> {
    let Cross { value, writer, number, .. } = Cross::of(bytes)?;
    value.note(features);
    let of = value.message.message_type();
    let number = spoken(testee, of, number.0, writer.0)?;
    let bytes = value.message.encode(writer.0, number).ok()?;
    Some(Asked::Payload(of, number, bytes))
}

/// An input of `differential`: a payload, or a frame.
pub(super) fn any(testee: &Behind, bytes: &[u8], _: &mut Features) -> Option<Asked> {
    let case = Differential::of(bytes)?;
    match case.taken {
        Taken::Payload(Chosen(of)) => {
            let number = spoken(testee, of, case.number.0, testee.release())?;
            Some(Asked::Payload(of, number, case.bytes.0))
        }
        Taken::Frame(Chosen(of)) => testee.has_frame(of).then(|| Asked::Frame(of, case.bytes.0)),
        Taken::Flexbuffer(_) | Taken::Anything => None,
    }
}

/// A version at which the testee has a message and another release speaks: the one that is asked for, if
/// it is one.
fn spoken(testee: &Behind, of: MessageType, number: i32, other: Release) -> Option<i32> {
    let versions = testee.release().versions().rev().map(ProtocolVersion::number);
    let is_spoken = |number: &i32| {
        testee.offers(testee.release(), of, *number)
            && other.versions().any(|version| version.number() == *number)
    };
    [number].into_iter().chain(versions).find(is_spoken)
}

/// The body, for inputs that are read so. Memory that is held here is the tool's, and counted for nobody.
pub(super) fn body(read: Read, bytes: &[u8], features: &mut Features) -> Result<(), Objection> {
    let Some(testee) = ASKED.get().filter(|it| it.testee().over().is_none()) else { return Ok(()) };
    let Some(asked) = read(testee, bytes, features) else { return Ok(()) };
    INPUTS.fetch_add(1, Ordering::Relaxed);
    let judged = || match asked {
        Asked::Payload(of, number, payload) => is_read(testee, of, number, &payload, features),
        Asked::Value(value, number) => is_written(testee, &value, number, features),
        Asked::Frame(of, frame) => is_read_as_frame(testee, of, &frame, features),
    };
    let result = uncounted(|| caught(judged)).unwrap_or_else(|breach| {
        if matches!(breach, Breach::NotTried(_)) {
            UNTRIED.fetch_add(1, Ordering::Relaxed);
        }
        raise(breach)
    });
    // What came of a question that was not asked any more says nothing.
    if testee.testee().over().is_some() { Ok(()) } else { result }
}

/// A payload is the same value to both, and is written alike again.
fn is_read(
    testee: &Behind,
    message: MessageType,
    number: i32,
    payload: &Bytes,
    features: &mut Features,
) -> Result<(), Objection> {
    let release = testee.release();
    let place = (message, release, number);
    let right = Message::decode(message, payload, release, number);
    features.note(notes::mix([
        message as u64,
        match &right {
            Ok(_) => notes::magnitude(payload.len()),
            Err(error) => notes::refusal(error),
        },
    ]));
    let read = testee.decode(message, payload, release, number);
    match (right, read) {
        (Ok(right), Ok(read)) if right == read => written(testee, &right, place, payload),
        (Ok(right), Ok(read)) => {
            let came = Came::value(&right, &read).of_bytes(payload);
            Err(objection::at("another-value", place, came))
        }
        (Ok(right), Err(words)) => {
            let came = Came::words(&words, format_args!("{right:?}"), &words);
            Err(objection::at("not-read", place, came.of_bytes(payload)))
        }
        (Err(error), Ok(read)) => {
            let place_of = Refusal::place(&error);
            let came = Came::words(place_of, error, format_args!("{read:?}"));
            Err(objection::at("not-refused", place, came.of_bytes(payload)))
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

/// A value is refused where its release refuses it, or written in its bytes.
fn is_written(
    testee: &Behind,
    value: &Message,
    number: i32,
    features: &mut Features,
) -> Result<(), Objection> {
    let (release, message) = (testee.release(), value.message_type());
    let place = (message, release, number);
    let right = value.encode(release, number);
    let len = right.as_ref().map_or(0, Bytes::len);
    features.note(notes::mix([message as u64, number as u64, notes::magnitude(len)]));
    let error = match right {
        Ok(bytes) => return written(testee, value, place, &bytes),
        Err(error) => error,
    };
    // Who may send what cannot be asked of it without values.
    if !testee.writes_values() {
        return Ok(());
    }
    match testee.encode(value, release, number) {
        Ok(bytes) => {
            let came = Came::words(&error, &error, hex::encode(&bytes)).of_bytes(&bytes);
            Err(objection::at("sent-what-is-refused", place, came))
        }
        Err(_) => Ok(()),
    }
}

/// A frame is the same to both.
fn is_read_as_frame(
    testee: &Behind,
    of: EnvelopeType,
    frame: &Bytes,
    features: &mut Features,
) -> Result<(), Objection> {
    let release = testee.release();
    let object = |kind, came: Came| {
        let shown_by = [("frame", of.word().to_owned()), objection::release(release)];
        Err(objection::of(kind, shown_by, came.of_bytes(frame)))
    };
    let right = Envelope::decode(of, release, frame.clone());
    features.note(notes::mix([of as u64, 1, u64::from(right.is_ok())]));
    match (right, testee.decode_envelope(of, frame, release)) {
        (Ok(right), Ok(read)) if right == read => Ok(()),
        (Ok(right), Ok(read)) => object("another-value", Came::value(&right, &read)),
        (Ok(right), Err(words)) => {
            object("not-read", Came::words(&words, format_args!("{right:?}"), &words))
        }
        (Err(error), Ok(read)) => {
            object("not-refused", Came::words(&error, &error, format_args!("{read:?}")))
        }
        (Err(_), Err(_)) => Ok(()),
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
