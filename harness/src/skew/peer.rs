//! What the harness asks of a node, whatever protocol it speaks.

use std::fmt;

use bytes::Bytes;
use serde_json::Value as Json;

use crate::version::Version;

/// The form in which something travels between two nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// A payload, at a version of the protocol.
    Version(Version),
    /// What stands around payloads and before a version is agreed on: the same at every version.
    Envelope,
    /// There and back at a version: the receiver keeps the payload, changes it, and sends it back.
    Rewritten(Version),
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => version.fmt(f),
            Self::Envelope => f.write_str("envelope"),
            Self::Rewritten(version) => write!(f, "rewritten-{version}"),
        }
    }
}

impl Layer {
    /// What a node needs a codec for at this layer.
    #[must_use]
    pub const fn spoken(self) -> Self {
        match self {
            Self::Rewritten(version) => Self::Version(version),
            Self::Version(_) | Self::Envelope => self,
        }
    }
}

/// Some of the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layers {
    /// This one.
    One(Layer),
    /// What comes back rewritten, at every version.
    Rewritten,
}

impl Layers {
    /// Whether a layer is among them.
    pub fn contains(self, layer: Layer) -> bool {
        match self {
            Self::One(one) => one == layer,
            Self::Rewritten => matches!(layer, Layer::Rewritten(_)),
        }
    }
}

/// What a node that dials asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Only this version, instead of all that it speaks.
    pub pinned: Option<i32>,
    /// Which of its lanes the connection is for, by its index in [`Peer::lanes`].
    pub lane: usize,
}

/// A connection as the node that was dialled sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The version of the connection.
    pub version: i32,
    /// What it takes the connection to be for.
    pub lane: &'static str,
    /// The bytes of its answer.
    pub answer: Bytes,
}

/// Why a node that was dialled does not take the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status that the other side gets.
    pub status: i32,
    /// The words that come with it.
    pub text: String,
}

/// A node of one release. Every answer depends on the arguments alone.
///
/// The harness calls it behind a [boundary](crate::boundary): whatever it does there is a
/// verdict about it, and never ends the run.
pub trait Peer: Send + Sync + Sized + 'static {
    /// A value of any message. It can hold what any release knows.
    type Value: Clone + PartialEq + Send + Sync + 'static;

    /// Its name: the release, and what is wrong with it if something is.
    fn name(&self) -> &str;

    /// A version of its protocol, by its number.
    fn version(&self, number: i32) -> Version {
        Version::plain(number)
    }

    /// The version at which it sends a message to another node, on a connection of the version that was
    /// agreed on; none if it does not.
    fn speaks(&self, _message: &str, _other: &Self, agreed: i32) -> Option<i32> {
        Some(agreed)
    }

    /// What it has a codec for: versions, oldest first, then the envelope.
    fn layers(&self) -> Vec<Layer>;

    /// What it dials connections for; never empty. The first is for everything that has none of
    /// its own.
    fn lanes(&self) -> Vec<&'static str>;

    /// Whether it can be asked about a message at a layer. What it cannot be asked has no cells.
    fn has(&self, _message: &str, _layer: Layer) -> bool {
        true
    }

    /// What decides how it treats the values of a message: two nodes that give the same hold, write, read
    /// and show each of them alike, in the same words, so that what came of one is what comes of the
    /// other. None if that is not known.
    fn kind(&self, _message: &str) -> Option<Vec<bool>> {
        None
    }

    /// On which of its lanes it sends a message.
    fn lane_of(&self, value: &Self::Value) -> &'static str;

    /// The first bytes that it sends.
    ///
    /// # Errors
    ///
    /// If it has no bytes for the offer, in words.
    fn dial(&self, offer: Offer) -> Result<Bytes, String>;

    /// What it makes of the first bytes of another node.
    ///
    /// # Errors
    ///
    /// The refusal.
    fn accept(&self, hello: &Bytes) -> Result<Accepted, Refusal>;

    /// The version that it takes from the answer to what it dialled with.
    ///
    /// # Errors
    ///
    /// Why it drops the connection, in words.
    fn conclude(&self, answer: Result<&Bytes, &Refusal>) -> Result<i32, String>;

    /// The value as far as its release can hold it; none if it cannot, and therefore never sends
    /// it.
    fn hold(&self, layer: Layer, value: &Self::Value) -> Option<Self::Value>;

    /// Whether the layer has a form for the value. One that sends it nevertheless sends bytes of
    /// another version.
    fn is_carried(&self, layer: Layer, value: &Self::Value) -> bool;

    /// The bytes of a value that it holds.
    ///
    /// # Errors
    ///
    /// Why it does not send it, in words.
    fn encode(&self, layer: Layer, value: &Self::Value) -> Result<Bytes, String>;

    /// What it reads. Of `sent` it uses nothing but which message it is: that stands beside the
    /// bytes on a real connection.
    ///
    /// # Errors
    ///
    /// Why it refuses the bytes, in words.
    fn decode(
        &self,
        layer: Layer,
        sent: &Self::Value,
        bytes: &Bytes,
    ) -> Result<Self::Value, String>;

    /// The known fault by which its release panics where [`decode`](Self::decode) of such a value
    /// refuses, by its number, and how bad that is; none if it refuses as well.
    fn panics_by(&self, layer: Layer, sent: &Self::Value) -> Option<String>;

    /// What it should understand of a value that `sender` sends; none if it should refuse.
    fn understood(&self, layer: Layer, sent: &Self::Value, sender: &Self) -> Option<Self::Value>;

    /// Whether [`understood`](Self::understood) is known of a value; if it is not, every difference has to
    /// be on the list of what may be lost, and it should refuse nothing.
    fn predicts(&self, _layer: Layer, _sent: &Self::Value, _sender: &Self) -> bool {
        true
    }

    /// Whether a value, or a part of one, is what a missing one is.
    fn is_absent(&self, value: &Json) -> bool {
        says_nothing(value)
    }

    /// The value after a change to it, by a node that keeps it and writes it back; none if nobody
    /// does.
    fn rewrite(&self, _value: &Self::Value) -> Option<Self::Value> {
        None
    }

    /// A value as this node has it, for people and to name what was lost.
    fn show(&self, layer: Layer, value: &Self::Value) -> Json;

    /// Bytes that it sent, explained line by line.
    fn explain(&self, layer: Layer, value: &Self::Value, bytes: &Bytes) -> String;
}

/// Whether it is null, false, zero, no text, nothing in a list or a map: what formats that leave out
/// defaults do not tell from what is missing.
pub fn says_nothing(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::Bool(true) => false,
        Json::Number(number) => number.as_u64() == Some(0),
        Json::String(text) => text.is_empty(),
        Json::Array(elements) => elements.is_empty(),
        Json::Object(map) => map.values().all(says_nothing),
    }
}

/// A message, and values of it to try.
#[derive(Debug, Clone)]
pub struct Topic<V> {
    /// Its name.
    pub name: &'static str,
    /// Whether it belongs to the envelope instead of to the versions.
    pub is_envelope: bool,
    /// Values by name.
    pub samples: Vec<(String, V)>,
}

/// A loss that may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The message; `*` is any.
    pub message: &'static str,
    /// The end of the path of the field, without indices: `scope` covers `target.scope`.
    pub field: &'static str,
    /// Whether it is of what comes back rewritten, instead of what arrives.
    pub is_rewritten: bool,
    /// The version from which on it may not happen any more.
    pub below: Option<i32>,
    /// Why it is accepted.
    pub reason: &'static str,
}

impl Allowance {
    /// What arrives without a field, or with another value in it.
    pub const fn new(message: &'static str, field: &'static str, reason: &'static str) -> Self {
        Self { message, field, is_rewritten: false, below: None, reason }
    }

    /// The same at versions before this one alone.
    #[must_use]
    pub const fn below(self, version: i32) -> Self {
        Self { below: Some(version), ..self }
    }

    /// Whether it may happen at a layer.
    pub fn is_at(&self, layer: Layer) -> bool {
        match layer {
            Layer::Version(version) | Layer::Rewritten(version) => {
                self.below.is_none_or(|below| version.number() < below)
            }
            Layer::Envelope => true,
        }
    }

    /// Whether it is about a message.
    pub fn is_about(&self, message: &str) -> bool {
        self.message == "*" || self.message == message
    }

    /// Whether it covers the loss of a field of a message, on the way or when it is rewritten. Whichever
    /// element of a list it is, is no matter.
    pub fn covers(&self, message: &str, path: &str, is_rewritten: bool) -> bool {
        let path = &*path.replace("[]", "");
        let is_suffix = |path: &str| {
            path.strip_suffix(self.field).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        // What is below the field goes with it.
        let steps = path.match_indices('.').map(|(at, _)| &path[..at]).chain([path]);
        self.is_rewritten == is_rewritten
            && self.is_about(message)
            && steps.into_iter().any(is_suffix)
    }
}
