//! The model behind a pipe: how the pipe is tested, and how somebody tries a harness of their own.

use std::fmt;
use std::ops::RangeInclusive;

use bytes::Bytes;
use serde_json::Value as Json;
use skewproof_testee::{
    At, Content, Hello, Input, Message as Offered, Moved, No, Opening, Role, Sample, Span, State,
    Testee, Verb,
};

use super::PROTOCOL;
use crate::fabric::annotate;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{Envelope, EnvelopeType};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::skew::peer::{Offer, Peer, Refusal};
use crate::suite::samples;
use crate::suite::skew::{Node, lanes};

/// All that the model can be asked.
const VERBS: [Verb; 8] = [
    Verb::Reencode,
    Verb::Decode,
    Verb::Encode,
    Verb::Samples,
    Verb::Explain,
    Verb::Open,
    Verb::Feed,
    Verb::Drop,
];

/// A node of the model as a testee.
pub struct Model {
    node: Node,
    verbs: Vec<Verb>,
    sessions: Vec<(u64, Opening)>,
}

/// What a question is about.
#[derive(Clone, Copy)]
enum Subject {
    Payload(MessageType, i32),
    Frame(EnvelopeType),
}

impl Model {
    /// A node that can be asked everything.
    pub fn new(node: Node) -> Self {
        Self { node, verbs: VERBS.to_vec(), sessions: Vec::new() }
    }

    /// The same, which can be asked only what has these names.
    ///
    /// # Errors
    ///
    /// The first name that is none.
    pub fn only(self, names: &[String]) -> Result<Self, String> {
        let named = |name: &String| {
            VERBS.into_iter().find(|verb| verb.name() == name).ok_or_else(|| name.clone())
        };
        let verbs = names.iter().map(named).collect::<Result<_, _>>()?;
        Ok(Self { verbs, ..self })
    }

    /// The names of all that it can be asked.
    pub fn verbs() -> [&'static str; VERBS.len()] {
        VERBS.map(Verb::name)
    }

    fn release(&self) -> Release {
        self.node.release()
    }

    fn subject_of(&self, at: At<'_>) -> Result<Subject, No> {
        let unknown = || No::Unsupported(format!("there is no message {:?}", at.message));
        match at.version {
            Some(number) => {
                let of = MessageType::all().find(|of| of.row().word() == at.message);
                of.map(|of| Subject::Payload(of, number)).ok_or_else(unknown)
            }
            None => {
                let of = EnvelopeType::ALL.iter().find(|of| of.word() == at.message);
                of.map(|of| Subject::Frame(*of)).ok_or_else(unknown)
            }
        }
    }

    fn cx(&self, number: i32) -> Context {
        let version = ProtocolVersion::from_number(number);
        let version = version.unwrap_or_else(|| self.release().highest_version());
        Context { release: self.release(), version }
    }

    fn read_payload(&self, of: MessageType, number: i32, bytes: &[u8]) -> Result<Message, No> {
        let bytes = Bytes::copy_from_slice(bytes);
        Ok(self.node.subject().decode(of, &bytes, self.release(), number)?)
    }

    fn read_frame(&self, of: EnvelopeType, bytes: &[u8]) -> Result<Envelope, No> {
        let bytes = Bytes::copy_from_slice(bytes);
        self.node.subject().decode_envelope(of, &bytes, self.release()).map_err(No::refused)
    }

    fn write_payload(&self, message: &Message, number: i32) -> Result<Vec<u8>, No> {
        Ok(self.node.subject().encode(message, self.release(), number)?.into())
    }

    fn write_frame(&self, frame: &Envelope) -> Result<Vec<u8>, No> {
        let bytes = self.node.subject().encode_envelope(frame, self.release());
        bytes.map(Vec::from).map_err(No::refused)
    }

    /// What a side of a connection does after what it has heard.
    fn moved(&self, opening: &Opening, input: &Input) -> Result<Moved, No> {
        let (frames, state) = match (opening.role, input) {
            (_, Input::Close) => (Vec::new(), State::Ended { words: None }),
            (Role::Acceptor, Input::Frame(frame)) => {
                match self.node.accept(&Bytes::copy_from_slice(frame)) {
                    Ok(accepted) => {
                        let lane = Some(accepted.lane.to_owned());
                        let state = State::Agreed { version: accepted.version, lane };
                        (vec![accepted.answer.into()], state)
                    }
                    Err(Refusal { status, text }) => {
                        (Vec::new(), State::Refused { status: Some(status), words: text })
                    }
                }
            }
            (Role::Initiator, Input::Frame(frame)) => {
                (Vec::new(), concluded(self.node.conclude(Ok(&Bytes::copy_from_slice(frame)))))
            }
            (Role::Initiator, Input::Refused { status, words }) => {
                let refusal = Refusal { status: *status, text: words.clone() };
                (Vec::new(), concluded(self.node.conclude(Err(&refusal))))
            }
            (Role::Acceptor, Input::Refused { .. }) => {
                return Err(No::Fault("an acceptor is not refused".to_owned()));
            }
        };
        Ok(Moved { frames, state })
    }
}

fn concluded(conclusion: Result<i32, String>) -> State {
    match conclusion {
        Ok(version) => State::Agreed { version, lane: None },
        Err(words) => State::Refused { status: None, words },
    }
}

/// A value that the release has no form for.
fn misread(error: impl fmt::Display) -> No {
    No::refused(format!("the value is none of the message: {error}"))
}

impl Testee for Model {
    fn hello(&self) -> Hello {
        let release = self.release();
        // What the release does not know it refuses, as it should.
        let payloads = MessageType::all().map(|of| Offered {
            name: of.row().word().to_owned(),
            versions: Some(versions(release)),
        });
        let frames = EnvelopeType::ALL.iter();
        let frames = frames.map(|of| Offered { name: of.word().to_owned(), versions: None });
        Hello {
            verbs: self.verbs.clone(),
            messages: payloads.chain(frames).collect(),
            lanes: self.node.lanes().into_iter().map(str::to_owned).collect(),
            ..Hello::new(PROTOCOL, format!("model of {}", self.node.name()), release.name())
        }
    }

    fn reencode(&mut self, at: At<'_>, bytes: &[u8]) -> Result<Vec<u8>, No> {
        match self.subject_of(at)? {
            Subject::Payload(of, number) => {
                self.write_payload(&self.read_payload(of, number, bytes)?, number)
            }
            Subject::Frame(of) => self.write_frame(&self.read_frame(of, bytes)?),
        }
    }

    fn decode(&mut self, at: At<'_>, bytes: &[u8]) -> Result<Json, No> {
        match self.subject_of(at)? {
            Subject::Payload(of, number) => {
                let message = self.read_payload(of, number, bytes)?;
                message.to_json(self.cx(number)).map_err(|unfit| No::Fault(unfit.what))
            }
            Subject::Frame(of) => {
                self.read_frame(of, bytes)?.to_json(self.release()).map_err(No::refused)
            }
        }
    }

    fn encode(&mut self, at: At<'_>, value: &Json) -> Result<Vec<u8>, No> {
        match self.subject_of(at)? {
            Subject::Payload(of, number) => {
                // What the version has no form for is for the codec to refuse.
                let highest =
                    Context { version: self.release().highest_version(), ..self.cx(number) };
                let read = |cx| Message::from_json(of, value, cx);
                let message = read(self.cx(number)).or_else(|_| read(highest)).map_err(misread)?;
                self.write_payload(&message, number)
            }
            Subject::Frame(of) => {
                let frame = Envelope::from_json(of, self.release(), value).map_err(misread)?;
                self.write_frame(&frame)
            }
        }
    }

    fn samples(&mut self, at: At<'_>) -> Result<Vec<Sample>, No> {
        let sample = |case: &str, bytes: Result<Vec<u8>, No>| {
            Some(Sample { name: case.to_owned(), content: Content::Bytes(bytes.ok()?) })
        };
        Ok(match self.subject_of(at)? {
            Subject::Payload(of, number) => samples::samples(of)
                .into_iter()
                .filter_map(|it| sample(it.case, self.write_payload(&it.message, number)))
                .collect(),
            Subject::Frame(of) => samples::envelope::samples(of)
                .into_iter()
                .filter_map(|(case, frame)| sample(case, self.write_frame(&frame)))
                .collect(),
        })
    }

    fn explain(&mut self, at: At<'_>, bytes: &[u8]) -> Result<Vec<Span>, No> {
        let annotation = match self.subject_of(at)? {
            Subject::Payload(of, number) => {
                self.node.subject().annotate(of, self.cx(number), bytes)
            }
            Subject::Frame(of) => annotate::protobuf(of, self.release(), bytes, |_| None),
        };
        let spans = annotation.spans().map(|span| Span {
            at: span.start() as u64,
            len: span.len() as u64,
            words: format!("{}: {}", span.path(), span.role()),
        });
        Ok(spans.collect())
    }

    fn open(&mut self, session: u64, opening: Opening) -> Result<Moved, No> {
        let moved = match opening.role {
            Role::Acceptor => Moved { frames: Vec::new(), state: State::Waiting },
            Role::Initiator => {
                let lanes = lanes::of(self.release());
                let lane = opening.lane.as_deref();
                let lane = lanes.iter().position(|it| Some(*it) == lane).unwrap_or_default();
                let own = self.release().range();
                let pinned = opening
                    .offer
                    .as_ref()
                    .filter(|offer| (*offer.start(), *offer.end()) != (own.min, own.max));
                let pinned = pinned.map(|offer| *offer.end());
                let hello = self.node.dial(Offer { pinned, lane }).map_err(No::refused)?;
                Moved { frames: vec![hello.into()], state: State::Waiting }
            }
        };
        self.sessions.retain(|(number, _)| *number != session);
        self.sessions.push((session, opening));
        Ok(moved)
    }

    fn feed(&mut self, session: u64, input: Input) -> Result<Moved, No> {
        match self.sessions.iter().find(|(number, _)| *number == session) {
            Some((_, opening)) => self.moved(opening, &input),
            None => Err(No::Fault(format!("there is no session {session}"))),
        }
    }

    fn drop_session(&mut self, session: u64) -> Result<(), No> {
        self.sessions.retain(|(number, _)| *number != session);
        Ok(())
    }
}

/// The versions that a release speaks.
fn versions(release: Release) -> RangeInclusive<i32> {
    let numbers = || release.versions().map(ProtocolVersion::number);
    numbers().min().unwrap_or_default()..=numbers().max().unwrap_or_default()
}
