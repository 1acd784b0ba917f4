//! A release whose codec, and perhaps handshake, is a testee: everything else is as the model has it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use serde_json::Value as Json;
use thiserror::Error;

use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::{Context, Unfit};
use crate::fabric::envelope::{Envelope, EnvelopeError, EnvelopeType};
use crate::fabric::payload::{DecodeError, EncodeError};
use crate::fabric::release::Release;
use crate::fabric::session::Dialect;
use crate::fabric::version::ProtocolVersion;
use crate::harness::boundary::{Breach, raise, uncounted};
use crate::harness::testee::{Conversation, DECODE, ENCODE, No, REENCODE, Testee};
use crate::suite::subject::Subject;

/// What testees of the fabric call the protocol.
pub const PROTOCOL: &str = "restate-fabric";

/// What is said of a side of a handshake that has heard all and says nothing.
pub(super) const WAITING: &str = "it goes on waiting";
/// Why a value that cannot be sent is not tried.
const UNASKED: &str = "what a version cannot carry is asked of testees that encode values, and \
                       what JSON cannot of those that reencode";

/// What is said of a testee that has read something and does not say what.
const VALUELESS: &str = "it answers `decode` without a value";

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
    /// How often it was asked something in the place of its release, whether it had answered that before.
    asked: AtomicU64,
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
        let behind = Self { testee: Arc::new(testee), release, asked: AtomicU64::new(0) };
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

    /// How often it was asked something in the place of its release.
    pub fn asked_so_far(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    fn is_asked_now(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    /// A conversation with it that lasts.
    pub fn conversation(&self) -> Conversation {
        Conversation::new(Arc::clone(&self.testee))
    }

    /// The release that it is held to.
    pub fn release(&self) -> Release {
        self.release
    }

    /// The messages of its release.
    pub fn known(&self) -> impl Iterator<Item = MessageType> + '_ {
        MessageType::all().filter(|message| message.row().is_known_to(self.release))
    }

    /// The messages that it has at some version of its release.
    pub fn messages(&self) -> impl Iterator<Item = MessageType> + '_ {
        let has = |message: &MessageType| {
            self.release.versions().any(|version| self.has_payload(*message, version.number()))
        };
        self.known().filter(has)
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

    /// Whether it can be asked to write values.
    pub fn writes_values(&self) -> bool {
        self.testee.hello().can(ENCODE)
    }

    /// The version, if it is the testee that answers for the message there.
    fn asked_at(&self, release: Release, of: MessageType, number: i32) -> Option<ProtocolVersion> {
        ProtocolVersion::from_number(number).filter(|_| self.offers(release, of, number))
    }

    /// The value to be encoded, if it can be asked for that: in the form of the version, or in that of
    /// the highest, where the version has none for it.
    fn value(&self, message: &Message, cx: Context) -> Option<Json> {
        if !self.writes_values() {
            return None;
        }
        let highest = Context { version: cx.release.highest_version(), ..cx };
        message.to_json(cx).or_else(|_| message.to_json(highest)).ok()
    }

    /// The value that it is asked to encode at the version with a number; none if it is asked for bytes.
    pub(super) fn value_at(&self, message: &Message, number: i32) -> Option<Json> {
        let version = ProtocolVersion::from_number(number)?;
        self.value(message, Context { release: self.release, version })
    }

    /// What it writes of a value; `gated` is what its release does.
    fn written(
        &self,
        message: &Message,
        cx: Context,
        gated: Result<Bytes, EncodeError>,
    ) -> Result<Bytes, EncodeError> {
        let Context { release, version } = cx;
        let (of, number) = (message.message_type(), version.number());
        let refused = |what| {
            let unfit = Unfit { what, panic: None };
            EncodeError::Unfit { message: of, release, version, unfit }
        };
        let word = of.row().word();
        match self.value(message, cx) {
            Some(value) => match self.ask(ENCODE, word, Some(number), ("value", value)) {
                Ok(answer) => Ok(self.bytes(answer.get("hex"))),
                // It refuses as it should.
                Err(words) => Err(gated.err().unwrap_or_else(|| refused(words))),
            },
            // Who may send what cannot be asked then: it is about the bytes.
            None => match gated {
                Ok(bytes) if self.testee.hello().can(REENCODE) => {
                    self.reencode(word, Some(number), &bytes).map_err(refused)
                }
                _ => raise(Breach::NotTried(UNASKED.to_owned())),
            },
        }
    }

    /// What it reads of a payload.
    fn read(
        &self,
        message: MessageType,
        bytes: &Bytes,
        cx: Context,
    ) -> Result<Message, DecodeError> {
        let foreign = |words| DecodeError::Foreign { message, words };
        let Context { release, version } = cx;
        let (word, number) = (message.row().word(), version.number());
        let own = Message::decode(message, bytes, release, number);
        // It refuses as it should.
        let refused = |words| own.clone().err().unwrap_or_else(|| foreign(words));
        let reencoded = || {
            let written = self.reencode(word, Some(number), bytes).map_err(refused)?;
            Ok(Message::decode(message, &written, release, number).unwrap_or_else(unreadable))
        };
        if !self.testee.hello().can(DECODE) {
            return reencoded();
        }
        let answer = self
            .ask(DECODE, word, Some(number), ("hex", hex::encode(bytes).into()))
            .map_err(refused)?;
        let Some(value) = answer.get("value") else {
            return match &own {
                Ok(own) if own.to_json(cx).is_ok() => Err(foreign(VALUELESS.to_owned())),
                // It has read a value that JSON has no form for.
                _ if self.testee.hello().can(REENCODE) => reencoded(),
                Ok(_) => raise(Breach::NotTried(UNASKED.to_owned())),
                Err(_) => unreadable("no value"),
            };
        };
        let read = Message::from_json(message, value, cx).map_err(|fault| {
            foreign(format!("answers with a value that is none of {word}: {fault}"))
        })?;
        // What JSON does not keep, as the order in a map of headers, is that of the bytes.
        Ok(own.ok().filter(|own| is_same(own, &read, cx)).unwrap_or(read))
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
    pub(super) fn bytes(&self, text: Option<&Json>) -> Bytes {
        match text.and_then(Json::as_str).map(hex::decode) {
            Some(Ok(bytes)) => bytes.into(),
            _ => self.misanswered("its answer has no hexadecimal text where bytes should be"),
        }
    }

    /// It is the testee that is wrong: nothing more is asked.
    pub fn misanswered(&self, words: &str) -> ! {
        raise(self.testee.misanswered(words))
    }
}

/// It took bytes, and what it wrote of them its own release does not read.
fn unreadable<T>(error: impl fmt::Display) -> T {
    raise(Breach::Unreadable(error.to_string()))
}

/// What was answered, or a refusal in its words; what was broken comes out of the boundary.
pub(super) fn or_raise<T>(answer: Result<T, No>) -> Result<T, String> {
    answer.map_err(|no| match no {
        No::Refused(words) => words,
        No::Broke(breach) => raise(breach),
    })
}

/// What is held to ask it is the tool's, and counted for nobody.
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
        self.is_asked_now();
        uncounted(|| self.written(message, Context { release, version }, gated))
    }

    fn decode(
        &self,
        message: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        let Some(version) = self.asked_at(release, message, number) else {
            return Message::decode(message, bytes, release, number);
        };
        self.is_asked_now();
        uncounted(|| self.read(message, bytes, Context { release, version }))
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
        self.is_asked_now();
        uncounted(|| self.reencode(of.word(), None, &bytes))
            .map_err(|reason| EnvelopeError::Malformed { message: of, release, reason })
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
        self.is_asked_now();
        uncounted(|| {
            let written = self
                .reencode(of.word(), None, bytes)
                .map_err(|words| EnvelopeError::Foreign { message: of, words })?;
            Ok(Envelope::decode(of, release, written).unwrap_or_else(unreadable))
        })
    }
}
