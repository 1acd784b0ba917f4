//! Bytes explained.
//!
//! An input is what they are taken for, the message, the release, the number of the version, then
//! the bytes.

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;

use super::came::Came;
use super::case::{Case, Chosen, Judgement, Raw};
use super::describe;
use super::notes;
use super::objection;
use crate::fabric::annotate::{self, Annotation};
use crate::fabric::catalogue::{Codec, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::EnvelopeType;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::explain::{Hints, Layout, explain, untrue};
use crate::suite::subject::Subject;

/// How many bytes stand before those that are explained.
pub(super) const HEAD_LEN: usize = 4;

/// What bytes are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Taken {
    /// A payload.
    Payload(Chosen<MessageType>),
    /// A message of the envelope, its payload opened.
    Frame(Chosen<EnvelopeType>),
    /// A flexbuffer, of whatever message.
    Flexbuffer(Chosen<MessageType>),
    /// Whatever they are: everything is tried.
    Anything,
}

impl Taken {
    /// What it is called where findings are told apart.
    const fn word(self) -> &'static str {
        match self {
            Self::Payload(_) => "payload",
            Self::Frame(_) => "frame",
            Self::Flexbuffer(_) => "flexbuffer",
            Self::Anything => "anything",
        }
    }

    /// The commands that explain bytes which are taken so.
    pub(super) fn commands(self, release: Release, number: i32, bytes: &[u8]) -> Vec<String> {
        match self {
            Self::Payload(Chosen(of)) => describe::payload(of, release, number, bytes),
            Self::Frame(Chosen(of)) => describe::frame(of, release, bytes),
            Self::Flexbuffer(_) | Self::Anything => {
                vec![format!("skewproof explain {}", describe::argument(bytes))]
            }
        }
    }
}

/// What an input asks for.
#[derive(Debug, Clone, Arbitrary)]
pub struct Explain {
    /// What the bytes are taken for.
    #[arbitrary(with = taken)]
    pub taken: Taken,
    /// Whose they are.
    pub release: Chosen<Release>,
    /// The number of the version.
    pub number: Chosen<i32>,
    /// The bytes.
    pub bytes: Raw,
}

/// By two bytes: what they are taken for, and which of it.
fn taken(bytes: &mut Unstructured<'_>) -> arbitrary::Result<Taken> {
    let (kind, which): (u8, u8) = bytes.arbitrary()?;
    Ok(match kind & 3 {
        0 => Taken::Payload(Chosen::of(which)?),
        1 => Taken::Frame(Chosen::of(which)?),
        2 => Taken::Flexbuffer(Chosen::of(which)?),
        _ => Taken::Anything,
    })
}

/// Longest input of which everything is tried, in bytes: that takes long.
const TRIED_LEN_MAX: usize = 128;

impl Case for Explain {
    fn holds(self, subject: &(impl Subject + ?Sized), features: &mut Features) -> Judgement {
        let Self { taken, release: Chosen(release), number, bytes: Raw(bytes) } = self;
        let version = ProtocolVersion::from_number(number.0).unwrap_or(ProtocolVersion::V2);
        let cx = Context { release, version };
        let (kind, which, annotation) = match taken {
            Taken::Payload(Chosen(of)) => (0, of as u64, subject.annotate(of, cx, &bytes)),
            Taken::Frame(Chosen(of)) => {
                let annotation = annotate::protobuf(of, release, &bytes, |carried| {
                    carried.message_type().map(|message| (message, cx))
                });
                (1, of as u64, annotation)
            }
            Taken::Flexbuffer(Chosen(of)) => (2, of as u64, annotate::flexbuffers(&bytes)),
            Taken::Anything => return anything(&bytes, features),
        };
        let damage = annotation.damage().map_or(0, |damage| notes::name(&damage.path));
        features.note(notes::mix([kind, which, damage]));
        features.note(notes::mix([kind, notes::magnitude(annotation.spans().len()), 1]));
        is_whole(&annotation, &bytes, taken)?;
        match taken {
            Taken::Payload(Chosen(of)) if of.row().codec_at(version) == Codec::Bilrost => {
                is_true(&annotation, Layout::Bilrost, taken)
            }
            // A payload that is opened is of another format than what is around it.
            Taken::Frame(Chosen(of)) => {
                let closed = annotate::protobuf(of, release, &bytes, |_| None);
                is_true(&closed, Layout::Protobuf, taken)
            }
            _ => is_true(&annotation, Layout::Flexbuffers, taken),
        }
    }

    fn commands(&self) -> Vec<String> {
        self.taken.commands(self.release.0, self.number.0, &self.bytes.0)
    }
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

/// Each span says what its bytes say.
fn is_true(annotation: &Annotation<'_>, layout: Layout, taken: Taken) -> Result<(), Objection> {
    match untrue(annotation, layout) {
        None => Ok(()),
        Some(span) => {
            let (bytes, claim) = (hex::encode(span.bytes()), span.to_string());
            let came = Came::words(span.path(), format_args!("what {bytes} is"), claim);
            let shown_by = [("taken for", taken.word().to_owned())];
            Err(objection::of("untrue", shown_by, came.of_bytes(annotation.bytes())))
        }
    }
}

/// Every byte belongs to one span, and the printed form gives the bytes back.
fn is_whole(annotation: &Annotation<'_>, bytes: &[u8], taken: Taken) -> Result<(), Objection> {
    let object = |kind, expected: String, seen: String| {
        let taken = ("taken for", taken.word().to_owned());
        objection::of(kind, [taken], Came::words("", expected, seen).of_bytes(bytes))
    };
    let mut end = 0;
    for span in annotation.spans() {
        if span.start() != end || span.len() == 0 || span.bytes().len() != span.len() {
            let (expected, seen) = (format!("a span from byte {end}"), format!("{span:?}"));
            return Err(object("gap-or-overlap", expected, seen));
        }
        end += span.len();
        // Each of its bytes leads back to it.
        for at in [span.start(), end - 1] {
            let found = annotation.span_at(at).map(|it| it.start());
            if found != Some(span.start()) {
                let (expected, seen) = (format!("{span:?} of byte {at}"), format!("{found:?}"));
                return Err(object("leads-elsewhere", expected, seen));
            }
        }
    }
    if end != bytes.len() || annotation.span_at(end).is_some() {
        let [expected, seen] = [bytes.len(), end].map(|count| format!("{count} bytes"));
        return Err(object("not-all-bytes", expected, seen));
    }
    if let Some(damage) = annotation.damage().filter(|damage| damage.offset > bytes.len()) {
        return Err(object(
            "fault-outside",
            "a fault within the bytes".to_owned(),
            damage.to_string(),
        ));
    }
    match annotate::read_back(&annotation.to_string()) {
        Ok(read) if read == bytes => Ok(()),
        Ok(read) => Err(object("does-not-read-back", hex::encode(bytes), hex::encode(read))),
        Err(error) => Err(object("does-not-read-back", hex::encode(bytes), error.to_string())),
    }
}
