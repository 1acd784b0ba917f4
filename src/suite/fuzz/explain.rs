//! Bytes explained.
//!
//! An input is what they are taken for, the message, the release, the number of the version, then
//! the bytes.

use bytes::Bytes;

use super::came::Came;
use super::input::Input;
use super::notes;
use super::objection;
use crate::fabric::annotate::{self, Annotation};
use crate::fabric::codec::tree::Context;
use crate::fabric::version::ProtocolVersion;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::explain::{Hints, explain};
use crate::suite::subject::Subject;

/// How many bytes stand before those that are explained.
pub(super) const HEAD_LEN: usize = 4;

/// What bytes are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// A payload.
    Payload,
    /// A message of the envelope, its payload opened.
    Frame,
    /// A flexbuffer.
    Flexbuffer,
    /// Whatever they are: everything is tried.
    Anything,
}

impl Taken {
    /// By the byte that says it.
    pub(super) fn of(byte: u8) -> Self {
        match byte & 3 {
            0 => Self::Payload,
            1 => Self::Frame,
            2 => Self::Flexbuffer,
            _ => Self::Anything,
        }
    }
}

/// Longest input of which everything is tried, in bytes: that takes long.
const TRIED_LEN_MAX: usize = 128;

/// The body.
pub(super) fn body(
    subject: &(impl Subject + ?Sized),
    bytes: &[u8],
    features: &mut Features,
) -> Result<(), Objection> {
    let mut input = Input(bytes);
    let taken = Taken::of(input.byte());
    let choice = input.0;
    let (Some(message), Some(release)) = (input.message(), input.release()) else { return Ok(()) };
    let version = ProtocolVersion::from_number(input.number()).unwrap_or(ProtocolVersion::V2);
    let cx = Context { release, version };
    let annotation = match taken {
        Taken::Payload => subject.annotate(message, cx, input.0),
        Taken::Flexbuffer => annotate::flexbuffers(input.0),
        Taken::Frame => {
            let Some(of) = Input(choice).envelope() else { return Ok(()) };
            annotate::protobuf(of, release, input.0, |carried| {
                carried.message_type().map(|message| (message, cx))
            })
        }
        Taken::Anything => return anything(input.0, features),
    };
    let damage = annotation.damage().map_or(0, |damage| notes::name(&damage.path));
    features.note(notes::mix([taken as u64, message as u64, damage]));
    features.note(notes::mix([taken as u64, notes::magnitude(annotation.spans().len()), 1]));
    is_whole(&annotation, input.0, taken)
}

/// Everything is tried.
fn anything(bytes: &[u8], features: &mut Features) -> Result<(), Objection> {
    let len = bytes.len().min(TRIED_LEN_MAX);
    let bytes = Bytes::copy_from_slice(bytes.get(..len).unwrap_or_default());
    let Ok(hints) = Hints::new(None, None, None) else { return Ok(()) };
    let explanation = explain(&bytes, &hints);
    features.note(notes::mix([5, notes::name(explanation.ranking.best.form.word())]));
    let (text, json) = (explanation.to_text(), explanation.to_json());
    if text.is_empty() || json.is_empty() {
        return Err(objection::of("says-nothing", [], Came::words("", "an explanation", text)));
    }
    is_whole(&explanation.annotation, &bytes, Taken::Anything)
}

/// Every byte belongs to one span, and the printed form gives the bytes back.
fn is_whole(annotation: &Annotation<'_>, bytes: &[u8], taken: Taken) -> Result<(), Objection> {
    let object = |kind, expected: String, seen: String| {
        let taken = ("taken for", format!("{taken:?}"));
        objection::of(kind, [taken], Came::words("", expected, seen).of_bytes(bytes))
    };
    let mut end = 0;
    for span in annotation.spans() {
        if span.start() != end || span.len() == 0 || span.bytes().len() != span.len() {
            let (expected, seen) = (format!("a span from byte {end}"), format!("{span:?}"));
            return Err(object("gap-or-overlap", expected, seen));
        }
        end += span.len();
    }
    if end != bytes.len() {
        let [expected, seen] = [bytes.len(), end].map(|count| format!("{count} bytes"));
        return Err(object("not-all-bytes", expected, seen));
    }
    match annotate::read_back(&annotation.to_string()) {
        Ok(read) if read == bytes => Ok(()),
        Ok(read) => Err(object("does-not-read-back", hex::encode(bytes), hex::encode(read))),
        Err(error) => Err(object("does-not-read-back", hex::encode(bytes), error.to_string())),
    }
}
