//! Bytes as a frame, or as something that frames are made of.
//!
//! An input is the release, the message of the envelope, a byte for where it lies, then its bytes.
//! Where must not matter: neither how many foreign bytes stand before it in the buffer that it is a
//! slice of, nor in which chunks a stream brings it. With the highest bit set, the bytes are also
//! taken for a stream of frames themselves.

use arbitrary::Arbitrary;
use bytes::Bytes;

use super::came::Came;
use super::case::{Bits, Case, Chosen, Judgement, Raw};
use super::describe;
use super::notes;
use super::objection;
use super::stream;
use crate::fabric::envelope::{Envelope, EnvelopeError, EnvelopeType};
use crate::fabric::release::Release;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::subject::Subject;

/// Set in where a frame lies if the bytes are a stream by themselves.
const IS_STREAM: u8 = 0x80;

/// What an input asks for.
#[derive(Debug, Clone, Arbitrary)]
pub struct Framed {
    /// Who reads it.
    pub release: Chosen<Release>,
    /// What it is.
    pub of: Chosen<EnvelopeType>,
    /// Where it lies: how the stream that brings it is cut into chunks, and how many foreign bytes
    /// stand before it.
    pub lies: Bits,
    /// Its bytes.
    pub bytes: Raw,
}

impl Framed {
    /// How many bytes stand before the frame.
    pub(super) const HEAD_LEN: usize = 3;

    /// Whether the bytes are also taken for a stream of frames.
    pub(super) fn is_stream(&self) -> bool {
        self.lies.0 & IS_STREAM != 0
    }

    /// How the stream is cut.
    pub(super) fn cut(&self) -> u8 {
        self.lies.0 >> 4
    }

    /// How many foreign bytes stand before the frame.
    fn margin(&self) -> usize {
        usize::from(self.lies.0 & 0x0f)
    }

    #[cold]
    fn objection(&self, kind: &'static str, came: Came) -> Objection {
        let frame = ("frame", self.of.0.word().to_owned());
        let came = came.of_bytes(&self.bytes.0);
        objection::of(kind, [frame, objection::release(self.release.0)], came)
    }

    /// The frame as a slice of a buffer with other bytes on both sides.
    fn amid(&self) -> Bytes {
        let (start, len) = (self.margin(), self.bytes.0.len());
        let mut buffer = vec![0x0a; start + len + 1];
        if let Some(place) = buffer.get_mut(start..start + len) {
            place.copy_from_slice(&self.bytes.0);
        }
        Bytes::from(buffer).slice(start..start + len)
    }
}

impl Case for Framed {
    fn holds(self, subject: &(impl Subject + ?Sized), features: &mut Features) -> Judgement {
        let (of, release) = (self.of.0, self.release.0);
        stream::comes_out_as_it_is(subject, &self, features)?;
        let is_known = of.gate().is_open(release);
        let decoded = subject.decode_envelope(of, &self.bytes.0, release);
        let asked = notes::mix([of as u64, release.name().len() as u64]);
        let value = match decoded {
            Ok(value) if is_known => value,
            Ok(value) => {
                let came = Came::words("unknown frame", "a refusal", format_args!("{value:?}"));
                return Err(self.objection("not-refused", came));
            }
            Err(error) => {
                features.note(notes::mix([asked, refusal(&error)]));
                let is_right = match &error {
                    EnvelopeError::UnknownMessage { .. } => !is_known,
                    EnvelopeError::TooLarge { .. } | EnvelopeError::Malformed { .. } => is_known,
                    EnvelopeError::Foreign { .. } => true,
                    EnvelopeError::NotCarried { .. } | EnvelopeError::Json { .. } => false,
                };
                return if is_right {
                    Ok(())
                } else {
                    Err(self.objection(
                        "refused-otherwise",
                        Came::words(&error, "another answer", &error),
                    ))
                };
            }
        };
        features.note(notes::mix([asked, notes::magnitude(self.bytes.0.len()), 1]));
        features.note(notes::mix([of as u64, first_keys(&self.bytes.0)]));
        if self.margin() > 0 {
            let elsewhere = subject.decode_envelope(of, &self.amid(), release);
            if elsewhere.as_ref() != Ok(&value) {
                let came = Came::value(&Ok::<_, EnvelopeError>(value), &elsewhere);
                return Err(self.objection("depends-on-the-buffer", came));
            }
        }
        again(subject, &self, &value)
    }

    fn commands(&self) -> Vec<String> {
        describe::frame(self.of.0, self.release.0, &self.bytes.0)
    }
}

/// What was decoded is encoded and decoded again.
fn again(
    subject: &(impl Subject + ?Sized),
    case: &Framed,
    value: &Envelope,
) -> Result<(), Objection> {
    let encoded = match subject.encode_envelope(value, case.release.0) {
        Ok(encoded) if encoded == case.bytes.0 => return Ok(()),
        Ok(encoded) => encoded,
        Err(error) => {
            let came = Came::words(&error, format_args!("{value:?}"), &error);
            return Err(case.objection("decoded-but-not-encoded", came));
        }
    };
    let back = subject.decode_envelope(case.of.0, &encoded, case.release.0);
    if back.as_ref() != Ok(value) {
        let came = Came::value(&Ok::<_, EnvelopeError>(value), &back);
        return Err(case.objection("reads-otherwise", came));
    }
    let again = back.and_then(|back| subject.encode_envelope(&back, case.release.0));
    if again.as_ref() != Ok(&encoded) {
        let came = Came::value(&Ok::<_, EnvelopeError>(encoded), &again);
        return Err(case.objection("reencodes-otherwise", Came { place: String::new(), ..came }));
    }
    Ok(())
}

/// The keys that are told apart: those of small tags.
const KEYS_TOLD_APART: u64 = 48;

/// A number for the first keys of a message.
fn first_keys(bytes: &[u8]) -> u64 {
    let mut bytes = bytes;
    let mut seen = 0;
    for _ in 0..2 {
        let Ok(key) = prost::encoding::decode_varint(&mut bytes) else { break };
        // Keys that nobody has are all alike: there are too many of them to look for each.
        seen = notes::mix([seen, key.min(KEYS_TOLD_APART)]);
        let Ok(number) = prost::encoding::decode_varint(&mut bytes) else { break };
        if key & 7 == 2 {
            let len = usize::try_from(number).unwrap_or(usize::MAX);
            bytes = bytes.get(len..).unwrap_or_default();
        }
    }
    seen
}

/// A number for the reason why bytes were not decoded.
fn refusal(error: &EnvelopeError) -> u64 {
    match error {
        EnvelopeError::UnknownMessage { .. } => 1,
        EnvelopeError::Foreign { .. } => 8,
        EnvelopeError::TooLarge { .. } => 2,
        EnvelopeError::Malformed { reason, .. } => reason
            .bytes()
            .filter(|byte| !byte.is_ascii_digit())
            .fold(3, |hash, byte| notes::mix([hash, u64::from(byte)])),
        EnvelopeError::NotCarried { .. } => 4,
        EnvelopeError::Json { .. } => 5,
    }
}
