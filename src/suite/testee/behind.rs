//! A release whose codec, and perhaps handshake, is a testee: everything else is as the model has it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value as Json, json};
use thiserror::Error;

use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::{Context, Unfit};
use crate::fabric::envelope::{Envelope, EnvelopeError, EnvelopeType};
use crate::fabric::payload::{DecodeError, EncodeError};
use crate::fabric::release::Release;
use crate::fabric::session::Dialect;
use crate::fabric::version::ProtocolVersion;
use crate::harness::boundary::{Breach, raise};
use crate::harness::requirement::Requirement;
use crate::harness::skew::peer::{Accepted, Offer, Refusal};
use crate::harness::testee::{DECODE, DROP, ENCODE, FEED, No, OPEN, REENCODE, Testee};
use crate::suite::requirements;
use crate::suite::skew::lanes;
use crate::suite::subject::Subject;

/// What testees of the fabric call the protocol.
pub const PROTOCOL: &str = "restate-fabric";

/// What is said of a side of a handshake that has heard all and says nothing.
pub(super) const WAITING: &str = "it goes on waiting";
/// Why a value that cannot be sent is not tried.
const UNASKED: &str = "what a version cannot carry is asked of testees that encode values";

/// Why a testee is of no use here.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotOfUse {
    /// It speaks another protocol.
    #[error("the testee {name} speaks {protocol:?}, and not {PROTOCOL:?}")]
    OtherProtocol {
        /// The testee.
        name: String,
        /// What it speaks.
        protocol: String,
    },
    /// There is no such release to hold it to.
    #[error(
        "the testee {name} stands for release {release:?}, which is none of `skewproof list releases --patches`"
    )]
    UnknownRelease {
        /// The testee.
        name: String,
        /// What it says, or was said of it.
        release: String,
    },
    /// Nothing of what it offers can be judged.
    #[error(
        "the testee {name} can neither {REENCODE} nor {ENCODE} and {DECODE} any message of the fabric"
    )]
    NothingToAsk {
        /// The testee.
        name: String,
    },
}

/// A release with a testee in it.
pub struct Behind {
    testee: Arc<Testee>,
    release: Release,
}

impl Behind {
    /// A testee, held to a release: the one that is given, or what its hello says.
    ///
    /// # Errors
    ///
    /// If it is no testee of the fabric.
    pub fn new(testee: Testee, stands_for: Option<&str>) -> Result<Self, NotOfUse> {
        let (name, hello) = (testee.name().to_owned(), testee.hello());
        if hello.protocol != PROTOCOL {
            return Err(NotOfUse::OtherProtocol { name, protocol: hello.protocol.clone() });
        }
        let release = stands_for.unwrap_or(&hello.release);
        let Ok(release) = release.parse::<Release>() else {
            return Err(NotOfUse::UnknownRelease { name, release: release.to_owned() });
        };
        let behind = Self { testee: Arc::new(testee), release };
        if behind.messages().count() == 0
            && EnvelopeType::ALL.iter().all(|of| !behind.has_frame(*of))
        {
            return Err(NotOfUse::NothingToAsk { name });
        }
        Ok(behind)
    }

    /// The testee.
    pub fn testee(&self) -> &Testee {
        &self.testee
    }

    /// The release that it is held to.
    pub fn release(&self) -> Release {
        self.release
    }

    /// The messages that it has at some version of its release.
    pub fn messages(&self) -> impl Iterator<Item = MessageType> + '_ {
        let has = |message: &MessageType| {
            self.release.versions().any(|version| self.has_payload(*message, version.number()))
        };
        MessageType::all().filter(|message| message.row().is_known_to(self.release)).filter(has)
    }

    /// Whether a case is one in which it is asked, by the address of a fixture, as
    /// `golden/v2/Trim/typical/1.7`, or of a change, as `future/1.7/V2/Trim/…`, and by its requirement.
    pub fn answers(&self, address: &str, requirement: Option<&Requirement>) -> bool {
        let segments: Vec<&str> = address.split('/').collect();
        let (release, layer, word) = match *segments.as_slice() {
            ["golden", layer, word, _, release, ..] => (release, layer, word),
            ["future", release, layer, word, ..] => (release, layer, word),
            _ => return false,
        };
        // Who may send what cannot be asked of it without values.
        let is_about_values = requirement == Some(&requirements::GOLDEN_REFUSES);
        let has_it = || match layer.trim_start_matches(['v', 'V']).parse() {
            Ok(number) => {
                MessageType::all().any(|of| of.row().word() == word && self.has_payload(of, number))
            }
            Err(_) => EnvelopeType::ALL.iter().any(|of| of.word() == word && self.has_frame(*of)),
        };
        release == self.release.name()
            && (!is_about_values || self.testee.hello().can(ENCODE))
            && has_it()
    }

    /// Names of messages in its hello that the fabric has not.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        let messages = self.testee.hello().messages.iter().map(|it| it.name.as_str());
        messages.filter(|name| {
            MessageType::all().all(|of| of.row().word() != *name)
                && EnvelopeType::ALL.iter().all(|of| of.word() != *name)
        })
    }

    /// Whether it can read and write messages at all.
    fn can_speak(&self) -> bool {
        let hello = self.testee.hello();
        hello.can(REENCODE) || (hello.can(ENCODE) && hello.can(DECODE))
    }

    /// Whether it has a message at a version.
    pub fn has_payload(&self, message: MessageType, number: i32) -> bool {
        self.can_speak() && self.testee.hello().has(message.row().word(), Some(number))
    }

    /// Whether it has a frame, or a part of one.
    pub fn has_frame(&self, of: EnvelopeType) -> bool {
        self.testee.hello().can(REENCODE) && self.testee.hello().has(of.word(), None)
    }

    /// Whether it has both sides of a handshake.
    pub fn shakes_hands(&self) -> bool {
        [OPEN, FEED, DROP].iter().all(|verb| self.testee.hello().can(verb))
    }

    /// The version, if it is the testee that answers for the message there.
    fn asked_at(&self, release: Release, of: MessageType, number: i32) -> Option<ProtocolVersion> {
        ProtocolVersion::from_number(number).filter(|_| self.offers(release, of, number))
    }

    /// The value to be encoded, if it can be asked for that: in the form of the version, or in that of
    /// the highest, where the version has none for it.
    fn value(&self, message: &Message, cx: Context) -> Option<Json> {
        if !self.testee.hello().can(ENCODE) {
            return None;
        }
        let highest = Context { version: cx.release.highest_version(), ..cx };
        message.to_json(cx).or_else(|_| message.to_json(highest)).ok()
    }

    /// Bytes that it makes of bytes: read, and written again.
    fn reencode(&self, word: &str, number: Option<i32>, bytes: &Bytes) -> Result<Bytes, String> {
        let answer = self.ask(REENCODE, word, number, ("hex", hex::encode(bytes).into()))?;
        Ok(self.bytes(answer.get("hex")))
    }

    /// Asks about a message; what it refuses comes back, and what it breaks is raised.
    fn ask(
        &self,
        verb: &str,
        word: &str,
        number: Option<i32>,
        member: (&str, Json),
    ) -> Result<Json, String> {
        let mut members = vec![("message", word.into())];
        members.extend(number.map(|number| ("version", number.into())));
        members.push(member);
        or_raise(self.testee.ask(verb, &members))
    }

    /// The bytes that stand somewhere in an answer.
    fn bytes(&self, text: Option<&Json>) -> Bytes {
        match text.and_then(Json::as_str).map(hex::decode) {
            Some(Ok(bytes)) => bytes.into(),
            _ => self.misanswered("its answer has no hexadecimal text where bytes should be"),
        }
    }

    /// It is the testee that is wrong: nothing more is asked.
    fn misanswered(&self, words: &str) -> ! {
        raise(self.testee.misanswered(words))
    }

    /// The first bytes that it sends.
    ///
    /// # Errors
    ///
    /// If it has none for the offer.
    pub fn dial(&self, offer: Offer, config: &Json) -> Result<Bytes, String> {
        let opened = self.converse(|ask| ask(OPEN, &self.initiator(offer, config)))?;
        Ok(self.first_frame(&opened))
    }

    fn initiator(&self, offer: Offer, config: &Json) -> Vec<(&'static str, Json)> {
        let range = self.release.range();
        let [min, max] = offer.pinned.map_or([range.min, range.max], |pinned| [pinned, pinned]);
        let lane = lanes::of(self.release).get(offer.lane).copied().unwrap_or(lanes::GENERAL);
        vec![
            ("session", 1.into()),
            ("role", "initiator".into()),
            ("lane", lane.into()),
            ("offer", json!({ "min": min, "max": max })),
            ("config", config.clone()),
        ]
    }

    /// What it makes of the first bytes of another node.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub fn accept(&self, hello: &Bytes, config: &Json) -> Result<Accepted, Refusal> {
        let open = [("session", 1.into()), ("role", "acceptor".into()), ("config", config.clone())];
        let fed = self.converse(|ask| {
            ask(OPEN, &open)?;
            ask(FEED, &[("session", 1.into()), ("frame", hex::encode(hello).into())])
        });
        let fed = fed.map_err(|text| Refusal { status: 0, text })?;
        let state = self.state(&fed);
        match state {
            State::Agreed { version, lane } => {
                let lane = lane.map(|lane| self.lane(&lane)).unwrap_or(lanes::GENERAL);
                Ok(Accepted { version, lane, answer: self.first_frame(&fed) })
            }
            State::Parted { status, words } => Err(Refusal { status, text: words }),
        }
    }

    /// A lane of its release by its name.
    fn lane(&self, name: &str) -> &'static str {
        let lane = lanes::of(self.release).into_iter().find(|lane| *lane == name);
        lane.unwrap_or_else(|| {
            self.misanswered(&format!("it agrees on a lane {name:?}, which its release has not"))
        })
    }

    /// The version that it takes from the answer to what it dialled with.
    ///
    /// # Errors
    ///
    /// Why it drops the connection.
    pub fn conclude(&self, answer: Result<&Bytes, &Refusal>, config: &Json) -> Result<i32, String> {
        let open = self.initiator(Offer { pinned: None, lane: 0 }, config);
        let fed = match answer {
            Ok(frame) => ("frame", hex::encode(frame).into()),
            Err(Refusal { status, text }) => {
                ("refused", json!({ "status": status, "words": text }))
            }
        };
        let fed = self.converse(|ask| {
            ask(OPEN, &open)?;
            ask(FEED, &[("session", 1.into()), fed])
        })?;
        let state = self.state(&fed);
        match state {
            State::Agreed { version, .. } => Ok(version),
            State::Parted { words, .. } => Err(words),
        }
    }

    fn converse(
        &self,
        with: impl FnOnce(&mut dyn FnMut(&str, &[(&str, Json)]) -> Result<Json, No>) -> Result<Json, No>,
    ) -> Result<Json, String> {
        or_raise(self.testee.converse(|ask| {
            let answer = with(ask);
            // Whatever came of it: the next conversation begins anew.
            if !matches!(answer, Err(No::Broke(_))) {
                ask(DROP, &[("session", 1.into())])?;
            }
            answer
        }))
    }

    fn first_frame(&self, answer: &Json) -> Bytes {
        self.bytes(answer.pointer("/frames/0"))
    }

    /// How a handshake stands that has heard everything.
    fn state(&self, answer: &Json) -> State {
        let state = answer.get("state").unwrap_or(&Json::Null);
        let text = |member: &str| state.get(member).and_then(Json::as_str).map(str::to_owned);
        let number = |member: &str| {
            let number = state.get(member).and_then(Json::as_i64);
            number.and_then(|number| i32::try_from(number).ok())
        };
        let words = || text("words").unwrap_or_default();
        match (text("is").as_deref(), number("version")) {
            (Some("agreed"), Some(version)) => State::Agreed { version, lane: text("lane") },
            (Some("refused" | "ended"), _) => {
                State::Parted { status: number("status").unwrap_or_default(), words: words() }
            }
            // It has heard all that there is to hear.
            (Some("waiting"), _) => State::Parted { status: 0, words: WAITING.to_owned() },
            _ => self.misanswered(&format!("its answer to a handshake has no such state: {state}")),
        }
    }
}

/// How one side of a handshake ends.
enum State {
    Agreed { version: i32, lane: Option<String> },
    Parted { status: i32, words: String },
}

/// It took bytes, and what it wrote of them its own release does not read.
fn unreadable<T>(error: impl fmt::Display) -> T {
    raise(Breach::Unreadable(error.to_string()))
}

fn or_raise(answer: Result<Json, No>) -> Result<Json, String> {
    answer.map_err(|no| match no {
        No::Refused(words) => words,
        No::Broke(breach) => raise(breach),
    })
}

impl Dialect for Behind {
    fn encode(
        &self,
        message: &Message,
        release: Release,
        number: i32,
    ) -> Result<Bytes, EncodeError> {
        let gated = message.encode(release, number);
        let of = message.message_type();
        let Some(version) = self.asked_at(release, of, number) else { return gated };
        let refused = |what| {
            let unfit = Unfit { what, panic: None };
            EncodeError::Unfit { message: of, release, version, unfit }
        };
        let word = of.row().word();
        match self.value(message, Context { release, version }) {
            Some(value) => match self.ask(ENCODE, word, Some(number), ("value", value)) {
                Ok(answer) => Ok(self.bytes(answer.get("hex"))),
                // It refuses as it should.
                Err(words) => Err(gated.err().unwrap_or_else(|| refused(words))),
            },
            // Who may send what cannot be asked then: it is about the bytes.
            None => match gated {
                Ok(bytes) => self.reencode(word, Some(number), &bytes).map_err(refused),
                Err(_) => raise(Breach::NotTried(UNASKED.to_owned())),
            },
        }
    }

    fn decode(
        &self,
        message: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        let foreign = |words| DecodeError::Foreign { message, words };
        let Some(version) = self.asked_at(release, message, number) else {
            return Message::decode(message, bytes, release, number);
        };
        let word = message.row().word();
        if !self.testee.hello().can(DECODE) {
            let written = self.reencode(word, Some(number), bytes).map_err(foreign)?;
            return Ok(
                Message::decode(message, &written, release, number).unwrap_or_else(unreadable)
            );
        }
        let answer = self
            .ask(DECODE, word, Some(number), ("hex", hex::encode(bytes).into()))
            .map_err(foreign)?;
        let value = answer.get("value").unwrap_or(&Json::Null);
        let cx = Context { release, version };
        let read = Message::from_json(message, value, cx).map_err(|fault| {
            foreign(format!("answers with a value that is none of {word}: {fault}"))
        })?;
        // What JSON does not keep, as the order in a map of headers, is that of the bytes.
        let own = Message::decode(message, bytes, release, number).ok();
        Ok(own.filter(|own| is_same(own, &read, cx)).unwrap_or(read))
    }
}

/// Whether two values are the same in their JSON form.
pub fn is_same(one: &Message, other: &Message, cx: Context) -> bool {
    one == other || one.to_json(cx).is_ok_and(|one| other.to_json(cx) == Ok(one))
}

impl Subject for Behind {
    fn offers(&self, release: Release, message: MessageType, number: i32) -> bool {
        release == self.release && self.has_payload(message, number)
    }

    fn offers_frame(&self, release: Release, of: EnvelopeType) -> bool {
        release == self.release && self.has_frame(of)
    }

    fn encode_envelope(
        &self,
        envelope: &Envelope,
        release: Release,
    ) -> Result<Bytes, EnvelopeError> {
        let bytes = envelope.encode(release).map(Bytes::from)?;
        let of = envelope.envelope_type();
        if !self.offers_frame(release, of) {
            return Ok(bytes);
        }
        self.reencode(of.word(), None, &bytes).map_err(|reason| EnvelopeError::Malformed {
            message: of,
            release,
            reason,
        })
    }

    fn decode_envelope(
        &self,
        of: EnvelopeType,
        bytes: &Bytes,
        release: Release,
    ) -> Result<Envelope, EnvelopeError> {
        if !self.offers_frame(release, of) {
            return Envelope::decode(of, release, bytes.clone());
        }
        let written = self
            .reencode(of.word(), None, bytes)
            .map_err(|words| EnvelopeError::Foreign { message: of, words })?;
        Ok(Envelope::decode(of, release, written).unwrap_or_else(unreadable))
    }
}
