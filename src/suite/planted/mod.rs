//! Planted bugs: the fabric with one thing wrong, so that checks can show that they would see it.
//!
//! [`PLANTED`] is the one table of them, by their numbers in 04 D. Each gives a [`Subject`] that
//! behaves like the fabric in everything else. Most are wrong rules of the
//! [reference encoder](super::reference); the others wrap what the fabric decodes or selects.
//! Nothing here says which check has to see a bug. Bugs of the envelope are in [`ENVELOPE_BUGS`],
//! those of log records in [`RECORD_BUGS`], and those that only damaged bytes show in [`FUZZ_BUGS`].
//!
//! ```
//! use skewproof::fabric::catalogue::Message;
//! use skewproof::fabric::messages::gossip::Gossip;
//! use skewproof::suite::planted;
//!
//! let gossip = Message::Gossip(Gossip::default());
//! let bridge = "1.4".parse()?;
//! assert!(gossip.encode(bridge, 1).is_err());
//! let planted = planted::find("M01").ok_or("no such bug")?;
//! assert!(planted.subject().encode(&gossip, bridge, 1).is_ok());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod assertion;
mod envelope;
mod handshake;
mod hostile;
mod moved;
mod records;
mod rewrites;
mod subjects;
mod table;
#[cfg(test)]
mod tests;
mod values;
mod versions;

use std::fmt;

use bytes::Bytes;

pub use self::assertion::{Asserting, assert_taken};
pub use self::envelope::{ENVELOPE_BUGS, EnvelopeBug};
pub use self::hostile::FUZZ_BUGS;
pub use self::moved::Moved;
pub use self::records::{RECORD_BUGS, RecordBug};
pub use self::table::PLANTED;
use super::reference::Rules;
use super::session::planted::SessionBug;
use super::subject::{Streamed, Subject};
use crate::fabric::annotate::Annotation;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::negotiation::{
    Accepted, Acceptor, Agreed, Answer, Arrival, Initiator, NoAgreement, NoCommonVersion, Refusal,
};
use crate::fabric::payload::DecodeError;
use crate::fabric::release::Release;
use crate::fabric::version::{ProtocolVersion, VersionRange};

/// A bug that can be planted.
#[derive(Debug, Clone, Copy)]
pub struct Planted {
    /// Its number in 04 D; an S where it has none and is of sessions.
    pub id: &'static str,
    /// What is wrong, in a sentence.
    pub sentence: &'static str,
    bug: Bug,
}

/// Where a bug is planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Site {
    /// In what is sent.
    Encoder,
    /// In what is understood.
    Decoder,
    /// In both, in the same way, so that they still understand each other.
    EncoderAndDecoder,
    /// In which version is spoken, or what is said in a handshake.
    Negotiation,
    /// In what becomes of a connection.
    Session,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoder => "encoder",
            Self::Decoder => "decoder",
            Self::EncoderAndDecoder => "encoder and decoder",
            Self::Negotiation => "negotiation",
            Self::Session => "session",
        })
    }
}

/// What is understood in the place of a value, knowing its bytes too.
type Misread = fn(Message, &Bytes, Context) -> Result<Message, DecodeError>;

/// What bytes are taken for.
type Rewrite = fn(MessageType, &Bytes, Context) -> Bytes;

/// What a stream is taken for.
type Restream = fn(Streamed) -> Streamed;

/// What is said of a payload.
type Annotate = for<'a> fn(MessageType, Context, &'a [u8]) -> Annotation<'a>;

/// What is selected in the place of a version.
type Select = fn(Release, VersionRange) -> Result<ProtocolVersion, NoCommonVersion>;

/// What is answered to a Hello.
type Accept = fn(&Acceptor, Arrival<'_>) -> Result<Accepted, Refusal>;

/// What is made of a Welcome.
type Conclude = fn(&Initiator, Answer<'_>) -> Result<Agreed, NoAgreement>;

/// How the fabric is made wrong.
#[derive(Debug, Clone, Copy)]
enum Bug {
    /// Encodes by other rules.
    Rules(Rules),
    /// Encodes by other tags, and decodes by the same.
    Tags(Rules),
    /// Decodes by other tags, as a release from `1.since` on.
    ReadTags { rules: Rules, since: u8 },
    /// Sends a message at a version that cannot carry it, as if it were the other version.
    Ungated { message: MessageType, at: ProtocolVersion, as_if_at: ProtocolVersion },
    /// Understands another value than the bytes hold, or none.
    Misread(Misread),
    /// Takes bytes for others.
    Rewrite(Rewrite),
    /// Takes a stream for another.
    Restream(Restream),
    /// Says something else of a payload.
    Annotate(Annotate),
    /// Has a form of its own for a message, from V2 on.
    Wrap(MessageType),
    /// Asserts what should be an error.
    Assert(Asserting),
    /// Asserts that there are no other kinds of metadata.
    AssertKind,
    /// Selects by another rule.
    Select(Select),
    /// Has sessions that do something else.
    Session(SessionBug),
    /// Answers a Hello by other rules.
    Accept(Accept),
    /// Takes a Welcome by other rules.
    Conclude(Conclude),
}

impl Planted {
    /// Where it is planted.
    pub const fn site(&self) -> Site {
        match self.bug {
            Bug::Rules(_) | Bug::Ungated { .. } => Site::Encoder,
            Bug::Assert(Asserting { decodes: false, .. }) => Site::Encoder,
            Bug::Tags(_) | Bug::Wrap(_) => Site::EncoderAndDecoder,
            Bug::ReadTags { .. }
            | Bug::Misread(_)
            | Bug::Rewrite(_)
            | Bug::Restream(_)
            | Bug::Annotate(_)
            | Bug::Assert(_)
            | Bug::AssertKind => Site::Decoder,
            Bug::Select(_) | Bug::Accept(_) | Bug::Conclude(_) => Site::Negotiation,
            Bug::Session(_) => Site::Session,
        }
    }

    /// The fabric with this bug.
    pub fn subject(&self) -> Box<dyn Subject> {
        match self.bug {
            Bug::Rules(rules) => Box::new(subjects::OtherRules { rules }),
            Bug::Tags(rules) => Box::new(subjects::OtherTags { rules }),
            Bug::ReadTags { rules, since } => Box::new(subjects::TagReader { rules, since }),
            Bug::Ungated { message, at, as_if_at } => {
                Box::new(subjects::Ungated { message, at, as_if_at })
            }
            Bug::Misread(misread) => Box::new(subjects::Misreader { misread }),
            Bug::Rewrite(rewrite) => Box::new(subjects::Rewriter { rewrite }),
            Bug::Restream(restream) => Box::new(subjects::Restreamer { restream }),
            Bug::Annotate(annotate) => Box::new(subjects::Annotator { annotate }),
            Bug::Wrap(message) => Box::new(subjects::Wrapper { message }),
            Bug::Assert(asserting) => Box::new(asserting),
            Bug::AssertKind => Box::new(assertion::Unimaginative),
            Bug::Select(select) => Box::new(subjects::Selector { select }),
            Bug::Session(bug) => Box::new(subjects::Sessions { bug }),
            Bug::Accept(accept) => Box::new(handshake::OtherAcceptor { accept }),
            Bug::Conclude(conclude) => Box::new(handshake::OtherInitiator { conclude }),
        }
    }
}

/// The bug with this number.
pub fn find(id: &str) -> Option<&'static Planted> {
    PLANTED.iter().chain(FUZZ_BUGS).find(|planted| planted.id == id)
}

/// The fabric with the bug of this number, one of the envelope or of log records too.
pub fn subject(id: &str) -> Option<Box<dyn Subject>> {
    let of_envelope = || ENVELOPE_BUGS.iter().find(|bug| bug.id == id);
    let boxed = |bug: &EnvelopeBug| -> Box<dyn Subject> { Box::new(*bug) };
    find(id).map(Planted::subject).or_else(|| of_envelope().map(boxed)).or_else(|| record_bug(id))
}

/// The fabric with a bug in its log records.
pub fn record_bug(id: &str) -> Option<Box<dyn Subject>> {
    let bug = RECORD_BUGS.iter().find(|bug| bug.id == id)?;
    Some(Box::new(*bug))
}
