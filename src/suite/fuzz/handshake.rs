//! Scripts of frames to both sides of a handshake.
//!
//! An input is the two sides, as for `negotiate`, then steps: which side hears what, and for a
//! frame its length, in one byte, and its bytes. Each step is the first that its side hears.

use bytes::Bytes;

use super::input::Input;
use super::negotiate::Sides;
use super::notes;
use super::objection;
use super::order;
use crate::fabric::envelope::{Envelope, EnvelopeType, Message};
use crate::fabric::negotiation::{Answer, Arrival, RefusalText, StatusCode};
use crate::fabric::release::Release;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::subject::Subject;

/// Steps of one script.
const STEPS_MAX: usize = 16;
/// Bytes before the first step.
pub(super) const HEAD_LEN: usize = 7;

/// What a step begins with.
pub(super) const TO_ACCEPTOR: u8 = 0;
pub(super) const TO_INITIATOR: u8 = 1;
const SILENCE: u8 = 2;
const END: u8 = 3;
const REFUSAL: u8 = 4;
const KINDS: u8 = 5;

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
            accept(sides, frame.as_ref().map_or(Arrival::Ended, Arrival::Frame), features)
        }
        TO_INITIATOR => {
            let frame = frame(subject, sides.initiator.release, input);
            conclude(sides, frame.as_ref().map_or(Answer::Ended, Answer::Frame), features)
        }
        SILENCE => {
            accept(sides, Arrival::Silence, features)?;
            conclude(sides, Answer::Silence, features)
        }
        END => {
            accept(sides, Arrival::Ended, features)?;
            conclude(sides, Answer::Ended, features)
        }
        REFUSAL => match StatusCode::from_number(input.byte() % 17) {
            Some(code) => conclude(sides, Answer::Refused(code), features),
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

fn accept(sides: &Sides, arrival: Arrival<'_>, features: &mut Features) -> Result<(), Objection> {
    let acceptor = &sides.acceptor;
    let release = acceptor.release;
    let object = |kind, seen| objection::of(kind, release.name(), seen);
    let expected = order::refusal(acceptor, arrival);
    let answer = acceptor.accept(arrival);
    match (answer, expected) {
        (Err(refusal), Some(expected)) if refusal == expected => {
            features.note(notes::mix([
                1,
                notes::name(release.name()),
                u64::from(refusal.code(release).number()),
            ]));
            let is_silent = refusal.text(release) == RefusalText::Exact(String::new());
            if is_silent {
                Err(object("refuses-without-a-word", format!("{refusal:?}")))
            } else {
                Ok(())
            }
        }
        (Ok(accepted), None) => {
            let version = accepted.version.number();
            features.note(notes::mix([2, notes::name(release.name()), version as u64]));
            let is_right = release.range().contains(version)
                && order::welcome(&accepted.welcome)
                    .is_some_and(|it| it.protocol_version == version)
                && accepted.welcome.encode(release).is_ok();
            if is_right { Ok(()) } else { Err(object("welcomes-wrongly", format!("{accepted:?}"))) }
        }
        (answer, expected) => {
            Err(object("refuses-otherwise", format!("{answer:?}, and not {expected:?}")))
        }
    }
}

fn conclude(sides: &Sides, answer: Answer<'_>, features: &mut Features) -> Result<(), Objection> {
    let initiator = &sides.initiator;
    let release = initiator.release;
    let expected = order::complaint(initiator, answer);
    let concluded = initiator.conclude(answer);
    features.note(notes::mix([
        3,
        notes::name(release.name()),
        expected.map_or(0, |it| notes::name(kind(&it))),
    ]));
    match (concluded, expected) {
        (Ok(agreed), None) if release.range().contains(agreed.version.number()) => Ok(()),
        (Err(complaint), Some(expected)) if complaint == expected => Ok(()),
        (concluded, expected) => {
            let seen = format!("{concluded:?}, and not {expected:?}");
            Err(objection::of("concludes-otherwise", release.name(), seen))
        }
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
