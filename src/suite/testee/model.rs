//! The model behind a pipe: how the pipe is tested, and how somebody tries a harness of their own.

use std::fmt;
use std::ops::RangeInclusive;

use bytes::Bytes;
use serde_json::Value as Json;
use skewproof_testee::{
    At, Change, Content, Deed, Hello, Input, Message as Offered, Moved, No, Opening, Sample, Span,
    Testee, Verb,
};

use super::PROTOCOL;
use super::node::Process;
use crate::fabric::annotate;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{Envelope, EnvelopeType};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::skew::peer::Peer;
use crate::suite::samples;
use crate::suite::skew::Node;

/// All that the model can be asked.
const VERBS: [Verb; 12] = [
    Verb::Reencode,
    Verb::Decode,
    Verb::Encode,
    Verb::Samples,
    Verb::Explain,
    Verb::Open,
    Verb::Feed,
    Verb::Send,
    Verb::Wake,
    Verb::Service,
    Verb::Inform,
    Verb::Drop,
];

/// A node of the model as a testee.
pub struct Model {
    node: Node,
    verbs: Vec<Verb>,
    processes: Vec<Process>,
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
        Self { node, verbs: VERBS.to_vec(), processes: Vec::new() }
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

    /// The node that has a session.
    fn process(&mut self, session: u64) -> Result<&mut Process, No> {
        let process = self.processes.iter_mut().find(|process| process.has(session));
        process.ok_or_else(|| No::Fault(format!("there is no session {session}")))
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
                message.to_json(self.cx(number)).map_err(|_| No::Formless)
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
        self.drop_session(session)?;
        if let Some(process) = self.processes.iter_mut().find(|process| process.is_of(&opening)) {
            return process.open(session, &opening);
        }
        let mut process = Process::new(&self.node, &opening);
        let moved = process.open(session, &opening);
        self.processes.push(process);
        moved
    }

    fn feed(&mut self, session: u64, input: Input) -> Result<Moved, No> {
        self.process(session)?.feed(session, &input)
    }

    fn send(&mut self, session: u64, deed: Deed) -> Result<Moved, No> {
        self.process(session)?.send(session, &deed)
    }

    fn wake(&mut self, session: u64, ms: u64) -> Result<Moved, No> {
        self.process(session)?.wake(session, ms)
    }

    fn service(&mut self, session: u64, service: i32, change: Change) -> Result<Moved, No> {
        self.process(session)?.service(session, service, &change)
    }

    fn inform(&mut self, session: u64, config: Json) -> Result<Moved, No> {
        self.process(session)?.inform(session, &config)
    }

    fn drop_session(&mut self, session: u64) -> Result<(), No> {
        self.processes.retain_mut(|process| !process.has(session) || !process.forget(session));
        Ok(())
    }
}

/// The versions that a release speaks.
fn versions(release: Release) -> RangeInclusive<i32> {
    let numbers = || release.versions().map(ProtocolVersion::number);
    numbers().min().unwrap_or_default()..=numbers().max().unwrap_or_default()
}
