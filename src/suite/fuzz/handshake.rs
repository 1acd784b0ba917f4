//! Scripts of frames to both sides of a handshake.
//!
//! An input is the two sides, as for `negotiate`, then steps: which side hears what, and for a
//! frame its length, in one byte, and its bytes. Each step is the first that its side hears.

use arbitrary::{Arbitrary, Unstructured};

use super::came::Came;
use super::case::{Case, Judgement, Raw, Script};
use super::negotiate::{self, Negotiate, Sides};
use super::notes;
use super::objection;
use crate::fabric::envelope::{Envelope, EnvelopeType};
use crate::fabric::negotiation::{Answer, Arrival, RefusalText, StatusCode};
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
const KINDS: u8 = 5;

/// Steps behind the first bytes of an input: the Hello of one side, and what the other one answers;
/// none if a frame is too long for a step.
pub(super) fn script(head: &[u8]) -> Option<Vec<u8>> {
    let sides = Sides::of(&Negotiate::of(head)?);
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

/// What an input asks for.
#[derive(Debug, Clone, Arbitrary)]
pub struct Handshake {
    /// The two sides.
    pub sides: Negotiate,
    /// What they hear.
    pub steps: Script<Step, STEPS_MAX>,
}

/// What a side hears first.
#[derive(Debug, Clone)]
pub enum Step {
    /// A frame to the one that accepts.
    ToAcceptor(Raw),
    /// A frame to the one that dials.
    ToInitiator(Raw),
    /// Nothing in time, to both.
    Silence,
    /// The end of the stream, to both.
    End,
    /// A refusal with the code of this number, to the one that dials.
    Refusal(u8),
}

impl<'a> Arbitrary<'a> for Step {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match u8::arbitrary(bytes)? % KINDS {
            TO_ACCEPTOR => Self::ToAcceptor(Raw::sized(bytes)?),
            TO_INITIATOR => Self::ToInitiator(Raw::sized(bytes)?),
            SILENCE => Self::Silence,
            END => Self::End,
            _ => Self::Refusal(u8::arbitrary(bytes)? % 17),
        })
    }
}

impl Case for Handshake {
    fn holds(self, subject: &(impl Subject + ?Sized), features: &mut Features) -> Judgement {
        let sides = Sides::of(&self.sides);
        let heard = |Raw(frame): &Raw, release| {
            let heard = subject.decode_envelope(EnvelopeType::Message, frame, release);
            if let Ok(Envelope::Message(frame)) = heard { Some(frame) } else { None }
        };
        for step in &self.steps.0 {
            match step {
                Step::ToAcceptor(frame) => {
                    let frame = heard(frame, sides.acceptor.release);
                    let arrival = frame.as_ref().map_or(Arrival::Ended, Arrival::Frame);
                    accept(subject, &sides, arrival, features)?;
                }
                Step::ToInitiator(frame) => {
                    let frame = heard(frame, sides.initiator.release);
                    let answer = frame.as_ref().map_or(Answer::Ended, Answer::Frame);
                    conclude(subject, &sides, answer, features)?;
                }
                Step::Silence => {
                    accept(subject, &sides, Arrival::Silence, features)?;
                    conclude(subject, &sides, Answer::Silence, features)?;
                }
                Step::End => {
                    accept(subject, &sides, Arrival::Ended, features)?;
                    conclude(subject, &sides, Answer::Ended, features)?;
                }
                Step::Refusal(number) => {
                    if let Some(code) = StatusCode::from_number(*number) {
                        conclude(subject, &sides, Answer::Refused(code), features)?;
                    }
                }
            }
        }
        Ok(())
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
