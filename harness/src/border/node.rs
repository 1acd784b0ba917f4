//! What a protocol and its nodes are asked.

use std::fmt::Debug;
use std::sync::Arc;

use arbitrary::Unstructured;
use bytes::Bytes;
use serde_json::Value as Json;

use super::describe::Describe;
use super::future::Evolve;
use super::shown::shown;
use super::spoken::Border;
use crate::skew::{Allowance, says_nothing};

/// Where a value travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At<'a> {
    /// The message.
    pub message: &'a str,
    /// The version that it is sent in.
    pub version: i32,
}

/// What a node should understand of a value that it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prediction<V> {
    /// This.
    Value(V),
    /// Nothing: it should refuse.
    Refused,
}

/// A release of an implementation, or whatever else stands for one. Every answer depends on the arguments
/// alone. What it does wrong, a panic, a hang, too much memory, is a verdict about it.
pub trait Node<V>: Send + Sync {
    /// Its name: the release.
    fn name(&self) -> &str;

    /// The versions at which it reads and writes a message, oldest first; none if it does not know it.
    fn versions(&self, message: &str) -> Vec<i32>;

    /// The bytes of a value.
    ///
    /// # Errors
    ///
    /// Why it does not send it, in words.
    fn encode(&self, at: At<'_>, value: &V) -> Result<Bytes, String>;

    /// What it reads.
    ///
    /// # Errors
    ///
    /// Why it refuses the bytes, in words that begin with the place.
    fn decode(&self, at: At<'_>, bytes: &Bytes) -> Result<V, String>;

    /// What decides how it treats the values of a message: two nodes that give the same have it and every
    /// other message at the same versions, and hold, write, read, show and predict its values alike; the same
    /// is carried at each version and counts as absent. Their cells are computed once and shown for each. Whether
    /// it is so is looked at between each and the first of its kind: a gate that is left out is a finding, where
    /// a value shows it. Made of the table that says since when each field is known, never by hand. None if that
    /// is not known.
    fn kind(&self, _message: &str) -> Option<Vec<bool>> {
        None
    }

    /// A value as this node has it, for people, and to name by its fields what was lost: what its `Debug`
    /// says, if nothing else is said.
    fn show(&self, _at: At<'_>, value: &V) -> Json
    where
        V: Debug,
    {
        shown(value)
    }

    /// The value as far as the release can hold it; none if it cannot, and therefore never sends it.
    fn hold(&self, _at: At<'_>, value: &V) -> Option<V>
    where
        V: Clone,
    {
        Some(value.clone())
    }

    /// The version at which it sends a message to another node, where `agreed` was found for the connection;
    /// none if it does not send it there. If nothing else is said, it is that version after a handshake, and
    /// without one the highest that both have for the message.
    fn speaks(&self, message: &str, other: &dyn Node<V>, agreed: i32) -> Option<i32> {
        let (own, theirs) = (self.versions(message), other.versions(message));
        let mut shared = own.into_iter().rev().filter(|version| theirs.contains(version));
        match self.negotiate() {
            Some(_) => shared.find(|version| *version == agreed),
            None => shared.next(),
        }
    }

    /// Whether the version has a form for the value. Who sends another one sends bytes of another version.
    fn is_carried(&self, _at: At<'_>, _value: &V) -> bool {
        true
    }

    /// What it should understand of a value that `sender` sends. None if that is not known: then every
    /// difference has to be on the [list](Protocol::losses), and it should refuse nothing.
    fn predict(&self, _at: At<'_>, _sent: &V, _sender: &dyn Node<V>) -> Option<Prediction<V>> {
        None
    }

    /// Whether a part of a value, as it is shown, is what a missing one is. As in protobuf, if nothing else
    /// is said: null, false, zero, no text, nothing in a list.
    fn is_absent(&self, part: &Json) -> bool {
        says_nothing(part)
    }

    /// What it knows of the bytes of its messages, part by part. None if it knows nothing: then bytes are shown
    /// as they are.
    fn describe(&self) -> Option<&dyn Describe> {
        None
    }

    /// How its bytes can grow in a release to come. None if that is not known: then nothing is tried of it.
    fn evolve(&self) -> Option<&dyn Evolve> {
        None
    }

    /// How it finds a version with another node. None if it knows of no handshake: then it is the highest
    /// that both have for anything.
    fn negotiate(&self) -> Option<&dyn Negotiate> {
        None
    }
}

/// How two nodes find the version of a connection: one dials, one is dialled.
pub trait Negotiate {
    /// The first bytes that it sends; with one version to offer instead of all.
    ///
    /// # Errors
    ///
    /// If it has no bytes for that, in words.
    fn dial(&self, only: Option<i32>) -> Result<Bytes, String>;

    /// The version that it takes the connection for, and the bytes of its answer.
    ///
    /// # Errors
    ///
    /// Why it refuses, in words that the other side gets.
    fn accept(&self, hello: &Bytes) -> Result<(i32, Bytes), String>;

    /// The version that it takes from the answer, or from the words of the refusal.
    ///
    /// # Errors
    ///
    /// Why it drops the connection, in words.
    fn conclude(&self, answer: Result<&Bytes, &str>) -> Result<i32, String>;
}

/// A message, and values of it to try.
#[derive(Debug, Clone)]
pub struct Message<V> {
    /// Its name.
    pub name: &'static str,
    /// Values by name.
    pub samples: Vec<(String, V)>,
}

impl<V> Message<V> {
    /// A message with these values.
    pub fn new<S: Into<String>>(
        name: &'static str,
        samples: impl IntoIterator<Item = (S, V)>,
    ) -> Self {
        let samples = samples.into_iter().map(|(name, value)| (name.into(), value));
        Self { name, samples: samples.collect() }
    }
}

/// A protocol: its releases and its messages.
pub trait Protocol: Send + Sync + Sized + 'static {
    /// A value of any message. It can hold what any release knows.
    type Value: Clone + Debug + PartialEq + Send + Sync + 'static;

    /// The one border of the protocol in this process: a static that is made when it is asked for, as
    /// [`border!`](crate::border!) writes it.
    fn border() -> &'static Border<Self>;

    /// The name of the program, as it stands in every line to repeat something.
    fn name(&self) -> &'static str;

    /// Which release of the program it is: `Some(env!("CARGO_PKG_VERSION"))` is that of your package.
    fn release(&self) -> Option<&'static str> {
        None
    }

    /// How it writes the number of a version, in every table, address and fixture.
    fn version(number: i32) -> String {
        number.to_string()
    }

    /// Its releases, oldest first.
    fn nodes(&self) -> Vec<Arc<dyn Node<Self::Value>>>;

    /// Its messages. Each has a value at least, which fuzzing begins with.
    fn messages(&self) -> Vec<Message<Self::Value>>;

    /// A value of a message, drawn from bytes: the fuzz targets `roundtrip` and `cross` try those beside what is
    /// read. None if none is drawn, from these or at all.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use bytes::Bytes;
    /// # use skewproof_harness::border::{At, Message, Node, Protocol, Unstructured, targets::targets};
    /// # use skewproof_harness::fuzz::Features;
    /// struct Number(&'static str);
    ///
    /// impl Node<u16> for Number {
    /// #     fn name(&self) -> &str { self.0 }
    /// #     fn versions(&self, _: &str) -> Vec<i32> { vec![1] }
    ///     /// The older one has a byte for it.
    ///     fn encode(&self, _: At<'_>, number: &u16) -> Result<Bytes, String> {
    ///         let is_short = self.0 == "1.0";
    ///         Ok(number.to_be_bytes().into_iter().skip(usize::from(is_short)).collect())
    ///     }
    ///     // …
    /// #     fn decode(&self, _: At<'_>, bytes: &Bytes) -> Result<u16, String> {
    /// #         Ok(bytes.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte)))
    /// #     }
    /// }
    ///
    /// struct Numbers;
    ///
    /// impl Protocol for Numbers {
    /// #     type Value = u16;
    /// #     skewproof_harness::border!(Numbers);
    /// #     fn name(&self) -> &'static str { "numbers" }
    /// #     fn nodes(&self) -> Vec<Arc<dyn Node<u16>>> {
    /// #         vec![Arc::new(Number("1.0")), Arc::new(Number("2.0"))]
    /// #     }
    /// #     fn messages(&self) -> Vec<Message<u16>> { vec![Message::new("Number", [("seven", 7)])] }
    ///     fn arbitrary(&self, _: &str, from: &mut Unstructured<'_>) -> Option<u16> {
    ///         from.arbitrary().ok()
    ///     }
    ///     // …
    /// }
    ///
    /// // 1.0 sends 2.0 what is drawn from the bytes 1 and 7: seven arrives, 256 does not.
    /// let targets = targets::<Numbers>();
    /// let cross = targets.iter().find(|it| it.name == "cross").ok_or("no such target")?;
    /// let found = (cross.body)(&[0, 0x80 | 1, 0, 0, 7, 1], &mut Features::new()).unwrap_err();
    /// assert_eq!(found.words.expected, "263");
    /// # Ok::<_, &str>(())
    /// ```
    fn arbitrary(&self, _message: &str, _from: &mut Unstructured<'_>) -> Option<Self::Value> {
        None
    }

    /// Whether the bytes of a message at a version are stored as fixtures: of a large protocol, those that
    /// matter.
    fn is_pinned(&self, _at: At<'_>) -> bool {
        true
    }

    /// What may be lost between two releases.
    fn losses(&self) -> &'static [Allowance] {
        &[]
    }

    /// Findings that are known, as the text of a file of [expected](crate::expected) differences.
    fn expected(&self) -> &'static str {
        ""
    }
}

/// [`Protocol::border`] of a type without fields.
#[macro_export]
macro_rules! border {
    ($protocol:ident) => {
        fn border() -> &'static $crate::border::Border<Self> {
            static BORDER: ::std::sync::LazyLock<$crate::border::Border<$protocol>> =
                ::std::sync::LazyLock::new(|| $crate::border::Border::new($protocol));
            &BORDER
        }
    };
}
