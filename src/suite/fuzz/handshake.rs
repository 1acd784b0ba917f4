//! Scripts of frames to both sides of a handshake.
//!
//! An input is the two sides, as for `negotiate`, then steps: which side hears what, and for a
//! frame its length, in one byte, and its bytes. Each step is the first that its side hears.

use bytes::Bytes;

use super::came::Came;
use super::input::Input;
use super::negotiate::{self, Sides};
use super::notes;
use super::objection;
use crate::fabric::envelope::{Envelope, EnvelopeType, Message};
use crate::fabric::negotiation::{Answer, Arrival, RefusalText, StatusCode};
use crate::fabric::release::Release;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::handshake::order;
use crate::suite::subject::Subject;

/// Steps of one script.
const STEPS_MAX: usize = 16;
/// Bytes before the first step.
pub(super) const HEAD_LEN: usize = negotiate::HEAD_LEN;

/// What a step begins with.
pub(super) const TO_ACCEPTOR: u8 = 0;
pub(super) const TO_INITIATOR: u8 = 1;
const SILENCE: u8 = 2;
const END: u8 = 3;
const REFUSAL: u8 = 4;
const KINDS: u8 = 5;

/// Steps behind the first bytes of an input: the Hello of one side, and what the other one answers;
/// none if a frame is too long for a step.
pub(super) fn script(head: &[u8]) -> Option<Vec<u8>> {
    let sides = Sides::of(&mut Input(head))?;
    let hello = sides.hello();
    let mut script = heard(TO_ACCEPTOR, &hello.encode(sides.initiator.release).ok()?)?;
    if let Ok(accepted) = sides.acceptor.accept(Arrival::Frame(&hello)) {
        let welcome = accepted.welcome.encode(sides.acceptor.release).ok()?;
        script.append(&mut heard(TO_INITIATOR, &welcome)?);
    }
    Some(script)
}

/// The step in which a side hears a frame.
fn heard(kind: u8, frame: &[u8]) -> Option<Vec<u8>> {
    Some([&[kind, u8::try_from(frame.len()).ok()?], frame].concat())
}

/// The body.
pub(super) fn body(
    subject: &(impl Subject + ?Sized),
    bytes: &[u8],
    features: &mut Features,
) -> Result<(), Objection> {
    let mut input = Input(bytes);
    let Some(sides) = Sides::of(&mut input) else { return Ok(()) };
    for _ in 0..STEPS_MAX {
        if input.0.is_empty() {
            break;
        }
        step(subject, &sides, &mut input, features)?;
    }
    Ok(())
}

fn step(
    subject: &(impl Subject + ?Sized),
    sides: &Sides,
    input: &mut Input<'_>,
    features: &mut Features,
) -> Result<(), Objection> {
    match input.byte() % KINDS {
        TO_ACCEPTOR => {
            let frame = frame(subject, sides.acceptor.release, input);
            let arrival = frame.as_ref().map_or(Arrival::Ended, Arrival::Frame);
            accept(subject, sides, arrival, features)
        }
        TO_INITIATOR => {
            let frame = frame(subject, sides.initiator.release, input);
            let answer = frame.as_ref().map_or(Answer::Ended, Answer::Frame);
            conclude(subject, sides, answer, features)
        }
        SILENCE => {
            accept(subject, sides, Arrival::Silence, features)?;
            conclude(subject, sides, Answer::Silence, features)
        }
        END => {
            accept(subject, sides, Arrival::Ended, features)?;
            conclude(subject, sides, Answer::Ended, features)
        }
        REFUSAL => match StatusCode::from_number(input.byte() % 17) {
            Some(code) => conclude(subject, sides, Answer::Refused(code), features),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// The next frame, as a release reads it.
fn frame(
    subject: &(impl Subject + ?Sized),
    release: Release,
    input: &mut Input<'_>,
) -> Option<Message> {
    let len = usize::from(input.byte()).min(input.0.len());
    let (bytes, rest) = input.0.split_at(len);
    input.0 = rest;
    let bytes = Bytes::copy_from_slice(bytes);
    match subject.decode_envelope(EnvelopeType::Message, &bytes, release) {
        Ok(Envelope::Message(frame)) => Some(frame),
        _ => None,
    }
}

fn accept(
    subject: &(impl Subject + ?Sized),
    sides: &Sides,
    arrival: Arrival<'_>,
    features: &mut Features,
) -> Result<(), Objection> {
    let acceptor = &sides.acceptor;
    let release = acceptor.release;
    let object = |kind, came| objection::of(kind, [objection::release(release)], came);
    let answer = subject.accept(acceptor, arrival);
    let expected = order::answer(acceptor, arrival);
    if answer != expected {
        return Err(object("answers-otherwise", Came::value(&expected, &answer)));
    }
    match answer {
        Err(refusal) => {
            let code = u64::from(refusal.code(release).number());
            features.note(notes::mix([1, notes::name(release.name()), code]));
            let is_silent = refusal.text(release) == RefusalText::Exact(String::new());
            if is_silent {
                let came = Came::words("", "words", format_args!("{refusal:?}"));
                Err(object("refuses-without-a-word", came))
            } else {
                Ok(())
            }
        }
        Ok(accepted) => {
            let version = accepted.version.number();
            features.note(notes::mix([2, notes::name(release.name()), version as u64]));
            let is_right =
                release.range().contains(version) && accepted.welcome.encode(release).is_ok();
            let came = || Came::words("", "a version of its own", format_args!("{accepted:?}"));
            if is_right { Ok(()) } else { Err(object("welcomes-wrongly", came())) }
        }
    }
}

fn conclude(
    subject: &(impl Subject + ?Sized),
    sides: &Sides,
    answer: Answer<'_>,
    features: &mut Features,
) -> Result<(), Objection> {
    let initiator = &sides.initiator;
    let release = initiator.release;
    let concluded = subject.conclude(initiator, answer);
    let expected = order::conclusion(initiator, answer);
    features.note(notes::mix([
        3,
        notes::name(release.name()),
        expected.as_ref().err().map_or(0, |it| notes::name(kind(it))),
    ]));
    if concluded == expected {
        Ok(())
    } else {
        let came = Came::value(&expected, &concluded);
        Err(objection::of("concludes-otherwise", [objection::release(release)], came))
    }
}

/// A word for a complaint.
fn kind(complaint: &crate::fabric::negotiation::NoAgreement) -> &'static str {
    use crate::fabric::negotiation::NoAgreement as N;
    match complaint {
        N::WelcomeTimeout => "timeout",
        N::PeerDropped => "dropped",
        N::Refused(_) => "refused",
        N::RemoteVersionMismatch => "mismatch",
        N::HeaderMissing => "header",
        N::BodyMissing => "body",
        N::NotWelcome => "other",
        N::UnsupportedVersion { .. } => "version",
        N::PeerIdMissing => "id",
        N::UnexpectedPeer { .. } => "stranger",
    }
}
