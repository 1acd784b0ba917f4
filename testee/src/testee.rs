//! What a testee is asked, and what it can say.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::Value as Json;

/// An implementation of a protocol, as the harness sees it. Whatever it does not answer it does not
/// support, which is counted and no fault; what it says in its [`Hello`] that it does, it has to do.
pub trait Testee {
    /// Who it is, and what it can.
    fn hello(&self) -> Hello;

    /// Reads bytes and writes what it has read.
    ///
    /// # Errors
    ///
    /// A refusal, if the codec says no.
    fn reencode(&mut self, at: At<'_>, bytes: &[u8]) -> Result<Vec<u8>, No> {
        let _ = (at, bytes);
        Err(Verb::Reencode.unsupported())
    }

    /// Reads bytes into a value.
    ///
    /// # Errors
    ///
    /// A refusal, if the codec says no.
    fn decode(&mut self, at: At<'_>, bytes: &[u8]) -> Result<Json, No> {
        let _ = (at, bytes);
        Err(Verb::Decode.unsupported())
    }

    /// Writes a value.
    ///
    /// # Errors
    ///
    /// A refusal, if the codec says no, or the message has no form at the version.
    fn encode(&mut self, at: At<'_>, value: &Json) -> Result<Vec<u8>, No> {
        let _ = (at, value);
        Err(Verb::Encode.unsupported())
    }

    /// What it would like to be tried of a message.
    ///
    /// # Errors
    ///
    /// If it has none.
    fn samples(&mut self, at: At<'_>) -> Result<Vec<Sample>, No> {
        let _ = at;
        Err(Verb::Samples.unsupported())
    }

    /// What each byte is, for people.
    ///
    /// # Errors
    ///
    /// A refusal, if the codec says no.
    fn explain(&mut self, at: At<'_>, bytes: &[u8]) -> Result<Vec<Span>, No> {
        let _ = (at, bytes);
        Err(Verb::Explain.unsupported())
    }

    /// Opens one side of a connection, without sockets. The number is what it is asked for by from
    /// then on.
    ///
    /// # Errors
    ///
    /// If there is no such side. That the handshake fails is no error, but a [`State`].
    fn open(&mut self, session: u64, opening: Opening) -> Result<Moved, No> {
        let _ = (session, opening);
        Err(Verb::Open.unsupported())
    }

    /// Something happens to a session.
    ///
    /// # Errors
    ///
    /// If there is no such session.
    fn feed(&mut self, session: u64, input: Input) -> Result<Moved, No> {
        let _ = (session, input);
        Err(Verb::Feed.unsupported())
    }

    /// The owner of a session does something: it asks, tells, answers, or ends the connection.
    ///
    /// # Errors
    ///
    /// A refusal, if nothing comes of it: the connection takes no calls, the message has no form there.
    fn send(&mut self, session: u64, deed: Deed) -> Result<Moved, No> {
        let _ = (session, deed);
        Err(Verb::Send.unsupported())
    }

    /// Time has passed: it is so many milliseconds after the first session was opened. Whatever a session
    /// does by the clock is due then.
    ///
    /// # Errors
    ///
    /// If there is no such session.
    fn wake(&mut self, session: u64, ms: u64) -> Result<Moved, No> {
        let _ = (session, ms);
        Err(Verb::Wake.unsupported())
    }

    /// What offers a service of the node that has a session changes.
    ///
    /// # Errors
    ///
    /// If there is no such session.
    fn service(&mut self, session: u64, service: i32, change: Change) -> Result<Moved, No> {
        let _ = (session, service, change);
        Err(Verb::Service.unsupported())
    }

    /// The node that has a session knows something else of itself and others from now on: members of
    /// `config` that have changed.
    ///
    /// # Errors
    ///
    /// If there is no such session.
    fn inform(&mut self, session: u64, config: Json) -> Result<Moved, No> {
        let _ = (session, config);
        Err(Verb::Inform.unsupported())
    }

    /// Forgets a session.
    ///
    /// # Errors
    ///
    /// If there is no such session.
    fn drop_session(&mut self, session: u64) -> Result<(), No> {
        let _ = session;
        Err(Verb::Drop.unsupported())
    }
}

/// Which message a question is about, and at which version. What has no versions has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At<'a> {
    /// Its name.
    pub message: &'a str,
    /// The version of the connection that it travels on.
    pub version: Option<i32>,
}

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum No {
    /// The codec or the handshake says no, as it should to what is wrong.
    Refused {
        /// In its own words.
        words: String,
        /// A name or number of the error that stays when the words change.
        code: Option<String>,
        /// The byte at which it was seen.
        at: Option<u64>,
    },
    /// It has read a value that JSON has no form for, as a number that is not finite.
    Formless,
    /// It cannot do this verb, message or version.
    Unsupported(String),
    /// The testee or the question is wrong, and not what is tested.
    Fault(String),
}

impl No {
    /// The refusal that an error is.
    pub fn refused(error: impl Display) -> Self {
        Self::Refused { words: error.to_string(), code: None, at: None }
    }
}

/// An error that comes out of a codec is a refusal.
impl<E: std::error::Error> From<E> for No {
    fn from(error: E) -> Self {
        Self::refused(error)
    }
}

/// What a testee can be asked, beyond who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// [`Testee::reencode`].
    Reencode,
    /// [`Testee::decode`].
    Decode,
    /// [`Testee::encode`].
    Encode,
    /// [`Testee::samples`].
    Samples,
    /// [`Testee::explain`].
    Explain,
    /// [`Testee::open`].
    Open,
    /// [`Testee::feed`].
    Feed,
    /// [`Testee::send`].
    Send,
    /// [`Testee::wake`].
    Wake,
    /// [`Testee::service`].
    Service,
    /// [`Testee::inform`].
    Inform,
    /// [`Testee::drop_session`].
    Drop,
}

impl Verb {
    /// Its name on the pipe.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reencode => "reencode",
            Self::Decode => "decode",
            Self::Encode => "encode",
            Self::Samples => "samples",
            Self::Explain => "explain",
            Self::Open => "open",
            Self::Feed => "feed",
            Self::Send => "send",
            Self::Wake => "wake",
            Self::Service => "service",
            Self::Inform => "inform",
            Self::Drop => "drop",
        }
    }

    fn unsupported(self) -> No {
        No::Unsupported(format!("it does not {}", self.name()))
    }
}

/// Who a testee is, and what it can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The protocol that is tested, as `restate-fabric`.
    pub protocol: String,
    /// What it is called in reports.
    pub name: String,
    /// The release that it is.
    pub release: String,
    /// The language that it is written in.
    pub language: String,
    /// Where its bugs are reported, as a URL.
    pub issues: Option<String>,
    /// What it can be asked.
    pub verbs: Vec<Verb>,
    /// The messages that it knows. A name may be there again, with other versions.
    pub messages: Vec<Message>,
    /// What connections it has, if they are of several kinds.
    pub lanes: Vec<String>,
    /// Whether it gives the same answer to the same question.
    pub is_deterministic: bool,
}

impl Hello {
    /// A testee in Rust that can do nothing yet.
    pub fn new(
        protocol: impl Into<String>,
        name: impl Into<String>,
        release: impl Into<String>,
    ) -> Self {
        Self {
            protocol: protocol.into(),
            name: name.into(),
            release: release.into(),
            language: "Rust".to_owned(),
            issues: None,
            verbs: Vec::new(),
            messages: Vec::new(),
            lanes: Vec::new(),
            is_deterministic: true,
        }
    }
}

/// A message that a testee knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its name.
    pub name: String,
    /// The versions at which it has a form. None for a frame, which has no versions.
    pub versions: Option<RangeInclusive<i32>>,
}

/// Something to try.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub content: Content,
}

/// What a sample is.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A value.
    Value(Json),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// What some bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The first one.
    pub at: u64,
    /// How many there are.
    pub len: u64,
    /// What they are.
    pub words: String,
}

/// A side of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It dials, and speaks first.
    Initiator,
    /// It is dialled.
    Acceptor,
}

/// How a session begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// Which side it is.
    pub role: Role,
    /// What the connection is for.
    pub lane: Option<String>,
    /// The versions that it shall offer, instead of its own.
    pub offer: Option<RangeInclusive<i32>>,
    /// What a node would have been told of itself and its cluster. An object.
    pub config: Json,
}

/// What happens to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A frame comes from the other side.
    Frame(Vec<u8>),
    /// The other side has closed the connection, or its half of it.
    Close,
    /// The connection failed.
    Break,
    /// The other side has answered the call for the connection, though not by a frame yet.
    Headers,
    /// The other side has refused it.
    Refused {
        /// The number of the refusal.
        status: i32,
        /// Its words.
        words: String,
    },
}

/// What the owner of a session does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// It asks the other side, and waits for so long at most.
    Call {
        /// What it asks.
        message: Payload,
        /// How long it waits for the answer.
        patience_ms: u64,
    },
    /// It tells the other side something that is not answered.
    Tell(Payload),
    /// It answers a request of the other side.
    Reply {
        /// The number that [`Told::Asked`] gave it.
        request: u64,
        /// The answer.
        message: Payload,
    },
    /// It answers a request of the other side with a status.
    Fail {
        /// The number that [`Told::Asked`] gave it.
        request: u64,
        /// The name of the status.
        status: String,
    },
    /// It ends the connection in good order.
    Drain {
        /// Whether that is because the process goes away.
        is_shutdown: bool,
    },
}

/// A message in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// Its name.
    pub message: String,
    /// The version that the bytes are of: that of the connection, unless that cannot carry the message.
    pub version: i32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// How a service changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is that from now on: `missing`, `not-started`, `running`, `full` or `stopped`.
    Is(String),
    /// It has nobody for a sort code.
    Lacks(u64),
}

/// What a session does then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The frames that it sends, in order.
    pub frames: Vec<Vec<u8>>,
    /// How it stands after that.
    pub state: State,
    /// What its owner is told, in order.
    pub told: Vec<Told>,
}

impl Moved {
    /// Frames that are sent, of which the owner is told nothing.
    pub fn new(frames: Vec<Vec<u8>>, state: State) -> Self {
        Self { frames, state, told: Vec::new() }
    }
}

/// What the owner of a session is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The other side asks.
    Asked {
        /// A number by which it can be answered.
        request: u64,
        /// The name of the message.
        message: String,
    },
    /// The other side tells something: the name of the message.
    Told(String),
    /// A call is answered.
    Answered {
        /// The number that the call has in its frame.
        call: u64,
        /// The name of the message that answers it.
        message: String,
    },
    /// A call has come to another end: the name of a status, `timed out`, `connection closed` or
    /// `undecodable`.
    Failed {
        /// The number that the call has in its frame.
        call: u64,
        /// How.
        words: String,
    },
    /// The process of the other side goes away.
    Gone,
    /// The other side has newer versions of what a cluster shares: a number for each kind.
    Newer(Json),
    /// Something came that could not be read, or that nobody takes.
    Misread(String),
    /// Something has panicked, and the process lives on.
    Panicked(String),
    /// Anything else, for people.
    Words(String),
}

/// How a session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It waits for the other side.
    Waiting,
    /// The handshake is through.
    Agreed {
        /// The version that both speak.
        version: i32,
        /// What the connection is for, as the side that was dialled understands it.
        lane: Option<String>,
    },
    /// It refuses the other side, or was refused.
    Refused {
        /// The number of the refusal, if it has one.
        status: Option<i32>,
        /// Why.
        words: String,
    },
    /// It is over.
    Ended {
        /// Why, if there is more to say.
        words: Option<String>,
    },
}
