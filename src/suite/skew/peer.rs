//! A node of the fabric: one release, as itself or with a bug planted in it.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::{lanes, rewritten};
use crate::fabric::annotate;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{
    Body, Envelope, EnvelopeType, GenerationalNodeId, Message as Frame, Swimlane,
};
use crate::fabric::negotiation::{
    Acceptor, Answer, Arrival, Initiator, NodeEntry, PeerRecord, Refusal as WhyRefused, StatusCode,
};
use crate::fabric::release::Release;
use crate::fabric::session::{Dialect, Fate, Quirk, Quirks};
use crate::fabric::version::ProtocolVersion;
use crate::harness::skew::peer::{Accepted, Layer, Offer, Peer, Refusal};
use crate::harness::version::Version;
use crate::suite::expectations;
use crate::suite::faults::Severity;
use crate::suite::planted;
use crate::suite::subject::{Fabric, Subject};
use crate::suite::testee::Behind;
use crate::suite::value::ValueType;

/// What nodes of the fabric send each other.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one at a time is sent, and nearly all are payloads")]
pub enum Spoken {
    /// A payload.
    Payload(Message),
    /// A frame, or something that frames are made of.
    Frame(Envelope),
}

/// One node of one release.
pub struct Node {
    name: String,
    release: Release,
    quirks: Quirks,
    subject: Arc<dyn Subject>,
    /// The testee that is its subject, if one is.
    behind: Option<Arc<Behind>>,
}

/// Who dials, and who is dialled.
const DIALS: GenerationalNodeId = GenerationalNodeId::new(1, 1);
const IS_DIALLED: GenerationalNodeId = GenerationalNodeId::new(2, 1);
const CLUSTER: &str = "cluster";

impl Node {
    /// A release as it was released. The build of issue 3263 asserts what it should refuse.
    pub fn of(release: Release) -> Self {
        let subject: Arc<dyn Subject> = if release.row().gossips_to_v1 {
            Arc::new(planted::Asserting::ON_BOTH_SIDES)
        } else {
            Arc::new(Fabric)
        };
        Self {
            name: release.to_string(),
            release,
            quirks: Quirks::of(release),
            subject,
            behind: None,
        }
    }

    /// A testee, under its own name, with everything that is no codec as in its release.
    pub fn testee(behind: Arc<Behind>) -> Self {
        let (name, release) = (behind.testee().name().to_owned(), behind.release());
        let subject: Arc<dyn Subject> = Arc::<Behind>::clone(&behind);
        Self { name, release, quirks: Quirks::of(release), subject, behind: Some(behind) }
    }

    /// The testee that it is, if that has handshakes.
    fn shaking(&self) -> Option<&Behind> {
        self.behind.as_deref().filter(|behind| behind.shakes_hands())
    }

    /// The same without the faults that its release was shipped with.
    #[must_use]
    pub fn repaired(self) -> Self {
        self.with_quirks(Quirks::NONE)
    }

    /// The same with these faults and no others.
    #[must_use]
    pub fn with_quirks(self, quirks: Quirks) -> Self {
        Self { quirks, ..self }
    }

    /// The faults of released servers that it has.
    pub fn quirks(&self) -> Quirks {
        self.quirks
    }

    /// The node with a name: a release, or a release with a bug, as `1.4+M24`.
    pub fn named(name: &str) -> Option<Self> {
        let Some((release, bug)) = name.split_once('+') else {
            return name.parse().ok().map(Self::of);
        };
        let (release, planted) = (release.parse().ok()?, planted::find(bug)?);
        let (quirks, subject) = (Quirks::of(release), Arc::from(planted.subject()));
        Some(Self { name: name.to_owned(), release, quirks, subject, behind: None })
    }

    /// The release that it speaks as.
    pub fn release(&self) -> Release {
        self.release
    }

    /// How it speaks and understands.
    pub fn subject(&self) -> &dyn Subject {
        &*self.subject
    }

    /// The same, for whoever keeps it.
    pub fn shared_subject(&self) -> Arc<dyn Subject> {
        Arc::clone(&self.subject)
    }

    /// What it makes of values and of the frames of handshakes.
    pub fn shared_dialect(&self) -> Arc<dyn Dialect> {
        Arc::<dyn Subject>::clone(&self.subject)
    }

    /// How it sees the value at a layer. What it can hold does not depend on the version: that is
    /// seen at its highest.
    fn cx(&self, layer: Layer) -> Option<Context> {
        let Layer::Version(version) = layer else { return None };
        let version = ProtocolVersion::from_number(version.number())?;
        Some(Context { release: self.release, version })
    }

    fn highest(&self) -> Context {
        Context { release: self.release, version: self.release.highest_version() }
    }

    /// A message under the name that this release sends it by: one that came under another goes
    /// back so.
    fn sent_as<'a>(&self, message: &'a Message, layer: Layer) -> Cow<'a, Message> {
        match self.cx(layer) {
            Some(cx) if !message.message_type().row().is_known_to(self.release) => {
                Cow::Owned(renamed(message.clone(), cx))
            }
            _ => Cow::Borrowed(message),
        }
    }

    /// The first frame of its release when it dials, with the versions that are offered, or else its own.
    ///
    /// # Errors
    ///
    /// If its release has no form for it.
    pub fn hello(&self, offered: Option<[i32; 2]>, lane: usize) -> Result<Bytes, String> {
        let swimlane = lanes::number(self.release, lane);
        let initiator = Initiator {
            swimlane: Swimlane::of(self.release, swimlane),
            ..Initiator::new(self.release, DIALS, CLUSTER)
        };
        let mut frame = initiator.hello();
        if let (Some([min, max]), Some(Body::Hello(hello))) = (offered, &mut frame.body) {
            (hello.min_protocol_version, hello.max_protocol_version) = (min, max);
        }
        self.answer(&frame)
    }

    /// The answer of its release to a node that dials, with another version in it.
    ///
    /// # Errors
    ///
    /// If its release has no form for it.
    pub fn welcome(&self, version: i32) -> Result<Bytes, String> {
        let hello = self.hello(None, 0)?;
        let accepted = self.accept(&hello).map_err(|refusal| refusal.text)?;
        let mut frame =
            Frame::decode(self.release, accepted.answer).map_err(|error| error.to_string())?;
        if let Some(Body::Welcome(welcome)) = &mut frame.body {
            welcome.protocol_version = version;
        }
        self.answer(&frame)
    }

    fn answer(&self, frame: &Frame) -> Result<Bytes, String> {
        frame.encode(self.release).map(Bytes::from).map_err(|error| error.to_string())
    }

    /// An acceptor that has `DIALS` in its nodes configuration: 1.2 accepts nobody else.
    fn acceptor(&self) -> Acceptor {
        let mut acceptor = Acceptor::new(self.release, IS_DIALLED, CLUSTER);
        let entry = NodeEntry::Generation(DIALS.generation);
        acceptor.peers.insert(DIALS.id, PeerRecord { entry, ..PeerRecord::default() });
        acceptor
    }

    fn refusal(&self, why: &WhyRefused) -> Refusal {
        let text = why.text(self.release).to_string();
        Refusal { status: i32::from(why.code(self.release).number()), text }
    }
}

/// What one side of a handshake is told of itself and the other (`docs/testee.md`).
fn config(own: GenerationalNodeId, other: GenerationalNodeId) -> Json {
    json!({ "cluster": CLUSTER, "node": own.to_string(), "peer": other.to_string() })
}

/// A message under the name that a release has for it.
fn renamed(message: Message, cx: Context) -> Message {
    match expectations::counterpart(&message, cx) {
        Some(counterpart) => counterpart.value,
        None => message,
    }
}

/// A version of the fabric, as it is written everywhere.
pub const fn version(number: i32) -> Version {
    fn written(number: i32) -> String {
        format!("V{number}")
    }
    Version::new(number, written)
}

impl Peer for Node {
    type Value = Spoken;

    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self, number: i32) -> Version {
        version(number)
    }

    fn layers(&self) -> Vec<Layer> {
        let versions = self.release.versions();
        versions.map(|it| Layer::Version(version(it.number()))).chain([Layer::Envelope]).collect()
    }

    fn lanes(&self) -> Vec<&'static str> {
        lanes::of(self.release)
    }

    fn has(&self, message: &str, layer: Layer) -> bool {
        match layer {
            Layer::Version(version) | Layer::Rewritten(version) => {
                let mut all = MessageType::all();
                let of = all.find(|of| of.row().word() == message);
                of.is_none_or(|of| self.subject.offers(self.release, of, version.number()))
            }
            Layer::Envelope => {
                let of = EnvelopeType::ALL.iter().find(|of| of.word() == message);
                of.is_none_or(|of| self.subject.offers_frame(self.release, *of))
            }
        }
    }

    fn kind(&self, message: &str) -> Option<Vec<bool>> {
        // Whoever does not know the message says so in its own name.
        if let Some(of) = EnvelopeType::ALL.iter().find(|of| of.word() == message) {
            let is_known = of.gate().is_open(self.release);
            return is_known.then(|| self.subject.kind_of_frames(self.release)).flatten();
        }
        let of = MessageType::all().find(|of| of.row().word() == message)?;
        let is_known = of.row().is_known_to(self.release);
        let kind = self.subject.kind(ValueType::Message(of), self.release).filter(|_| is_known)?;
        Some(kind.into_iter().chain([self.quirks.has(Quirk::PanicsOnPayload)]).collect())
    }

    fn lane_of(&self, value: &Spoken) -> &'static str {
        match value {
            Spoken::Payload(message) => lanes::of_message(self.release, message.message_type()),
            Spoken::Frame(_) => lanes::GENERAL,
        }
    }

    fn dial(&self, offer: Offer) -> Result<Bytes, String> {
        if let Some(behind) = self.shaking() {
            return behind.dial(offer, &config(DIALS, IS_DIALLED));
        }
        self.hello(offer.pinned.map(|pinned| [pinned, pinned]), offer.lane)
    }

    fn accept(&self, hello: &Bytes) -> Result<Accepted, Refusal> {
        if let Some(behind) = self.shaking() {
            return behind.accept(hello, &config(IS_DIALLED, DIALS));
        }
        let frame = Frame::decode(self.release, hello.clone());
        let arrival = frame.as_ref().map_or(Arrival::Ended, Arrival::Frame);
        let accepted = self.subject.accept(&self.acceptor(), arrival);
        let accepted = accepted.map_err(|why| self.refusal(&why))?;
        let Some(Body::Hello(hello)) = frame.ok().and_then(|frame| frame.body) else {
            return Err(self.refusal(&WhyRefused::NotHello));
        };
        let answer = self.answer(&accepted.welcome).map_err(|text| Refusal { status: 0, text })?;
        let lane = lanes::name(self.release, hello.swimlane(self.release).number());
        Ok(Accepted { version: accepted.version.number(), lane, answer })
    }

    fn conclude(&self, answer: Result<&Bytes, &Refusal>) -> Result<i32, String> {
        if let Some(behind) = self.shaking() {
            return behind.conclude(answer, &config(DIALS, IS_DIALLED));
        }
        let initiator = Initiator {
            expected_peer: Some(IS_DIALLED),
            ..Initiator::new(self.release, DIALS, CLUSTER)
        };
        let frame = answer.map(|bytes| Frame::decode(self.release, bytes.clone()));
        let seen = match &frame {
            Ok(Ok(frame)) => Answer::Frame(frame),
            Ok(Err(_)) => Answer::Ended,
            Err(refusal) => {
                let code = u8::try_from(refusal.status).ok().and_then(StatusCode::from_number);
                code.map_or(Answer::Ended, Answer::Refused)
            }
        };
        let agreed = self.subject.conclude(&initiator, seen).map_err(|why| why.to_string())?;
        Ok(agreed.version.number())
    }

    fn hold(&self, _: Layer, value: &Spoken) -> Option<Spoken> {
        match value {
            Spoken::Payload(message) => {
                let is_known = message.message_type().row().is_known_to(self.release);
                let fitted = message.clone().fitted(self.highest()).ok().filter(|_| is_known)?;
                Some(Spoken::Payload(fitted))
            }
            Spoken::Frame(envelope) => {
                let bytes = envelope.encode(self.release).ok()?;
                let of = envelope.envelope_type();
                Envelope::decode(of, self.release, bytes.into()).ok().map(Spoken::Frame)
            }
        }
    }

    fn is_carried(&self, layer: Layer, value: &Spoken) -> bool {
        let (Spoken::Payload(message), Some(cx)) = (value, self.cx(layer)) else { return true };
        let is_whole = message.clone().fitted(cx).as_ref() == Ok(message);
        cx.version >= expectations::first_version(message)
            && (is_whole || expectations::has_stand_in(message, cx))
    }

    fn encode(&self, layer: Layer, value: &Spoken) -> Result<Bytes, String> {
        match (value, layer) {
            (Spoken::Payload(message), Layer::Version(version)) => {
                let (message, number) = (self.sent_as(message, layer), version.number());
                let encoded = self.subject.encode(&message, self.release, number);
                encoded.map_err(|error| error.to_string())
            }
            (Spoken::Frame(envelope), Layer::Envelope) => {
                let encoded = self.subject.encode_envelope(envelope, self.release);
                encoded.map_err(|error| error.to_string())
            }
            _ => Err(OTHER_LAYER.to_owned()),
        }
    }

    fn decode(&self, layer: Layer, sent: &Spoken, bytes: &Bytes) -> Result<Spoken, String> {
        match (sent, layer, self.cx(layer)) {
            (Spoken::Payload(sent), Layer::Version(version), Some(cx)) => {
                let (named, release) = (renamed(sent.clone(), cx).message_type(), self.release);
                let decoded = self.subject.decode(named, bytes, release, version.number());
                let message = decoded.map_err(|error| error.to_string())?;
                Ok(Spoken::Payload(as_named_by(sent, message)))
            }
            (Spoken::Frame(sent), Layer::Envelope, _) => {
                let of = sent.envelope_type();
                let decoded = self.subject.decode_envelope(of, bytes, self.release);
                decoded.map(Spoken::Frame).map_err(|error| error.to_string())
            }
            _ => Err(OTHER_LAYER.to_owned()),
        }
    }

    fn panics_by(&self, layer: Layer, sent: &Spoken) -> Option<String> {
        if self.behind.is_some() {
            // It says itself what it does.
            return None;
        }
        let (Spoken::Payload(sent), Some(cx)) = (sent, self.cx(layer)) else { return None };
        // Of a message that it does not know it never sees the payload.
        let named = renamed(sent.clone(), cx).message_type();
        let quirk = Quirk::PanicsOnPayload;
        let fate = Fate::of(named, self.release);
        let is_known = named.row().is_known_to(self.release);
        let is_it = is_known && self.quirks.has(quirk) && fate.is_panic();
        is_it.then(|| format!("{quirk}, {fate} ({})", severity(fate)))
    }

    fn understood(&self, layer: Layer, sent: &Spoken, sender: &Self) -> Option<Spoken> {
        match (sent, sender.cx(layer), self.cx(layer)) {
            (Spoken::Payload(sent), Some(writer), Some(reader)) => {
                let written = sent.clone().fitted(writer).ok()?;
                let found = expectations::counterpart(&written, reader)?.value;
                let is_readable =
                    !expectations::is_unreadable(&found, writer.release, reader.release);
                let fitted = found.fitted(reader).ok().filter(|_| is_readable)?;
                Some(Spoken::Payload(as_named_by(sent, fitted)))
            }
            (Spoken::Frame(sent), _, _) => {
                let bytes = sent.encode(sender.release).ok()?;
                let of = sent.envelope_type();
                Envelope::decode(of, self.release, bytes.into()).ok().map(Spoken::Frame)
            }
            _ => None,
        }
    }

    fn rewrite(&self, value: &Spoken) -> Option<Spoken> {
        let Spoken::Payload(message) = value else { return None };
        rewritten::at_next_version(message).map(Spoken::Payload)
    }

    fn show(&self, layer: Layer, value: &Spoken) -> Json {
        let shown = match value {
            Spoken::Payload(message) => {
                let cx = self.cx(layer).unwrap_or_else(|| self.highest());
                message.to_json(cx).map_err(|unfit| unfit.what.to_string())
            }
            Spoken::Frame(envelope) => {
                envelope.to_json(self.release).map_err(|error| error.to_string())
            }
        };
        shown.unwrap_or_else(|what| json!({ "has no JSON form": what }))
    }

    fn explain(&self, layer: Layer, value: &Spoken, bytes: &Bytes) -> String {
        match (value, self.cx(layer)) {
            (Spoken::Payload(message), Some(cx)) => {
                annotate::payload(message.message_type(), cx, bytes).to_string()
            }
            (Spoken::Frame(envelope), _) => {
                let of = envelope.envelope_type();
                annotate::protobuf(of, self.release, bytes, |_| None).to_string()
            }
            (Spoken::Payload(_), None) => String::new(),
        }
    }
}

/// What users notice at worst of what becomes of a payload that does not decode (08).
const fn severity(fate: Fate) -> Severity {
    match fate {
        Fate::Unread => Severity::None,
        Fate::Dropped => Severity::Log,
        Fate::Service => Severity::Degraded,
        Fate::Task => Severity::Requests,
        Fate::Loglet => Severity::Partition,
        Fate::Process => Severity::Node,
    }
}

/// A payload has no form in the envelope, and a frame none at a version.
const OTHER_LAYER: &str = "belongs to another layer";

/// A message under the name that it was sent by.
fn as_named_by(sent: &Message, message: Message) -> Message {
    if sent.message_type() == message.message_type() {
        return message;
    }
    expectations::other_name(&message).unwrap_or(message)
}
