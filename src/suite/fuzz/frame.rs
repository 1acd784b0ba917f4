//! Bytes as a frame, or as something that frames are made of.
//!
//! An input is the release, the message of the envelope, a byte for where it lies, then its bytes.
//! Where must not matter: neither how many foreign bytes stand before it in the buffer that it is a
//! slice of, nor in which chunks a stream brings it. With the highest bit set, the bytes are also
//! taken for a stream of frames themselves.

use bytes::Bytes;

use super::came::Came;
use super::input::Input;
use super::notes;
use super::objection;
use super::stream;
use crate::fabric::envelope::{Envelope, EnvelopeError, EnvelopeType};
use crate::fabric::release::Release;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::subject::Subject;

/// Set in how a stream is cut if the bytes are one by themselves.
const IS_STREAM: u8 = 0x08;

/// What an input asks for.
pub(super) struct Case {
    pub(super) release: Release,
    pub(super) of: EnvelopeType,
    /// Foreign bytes before the frame.
    pub(super) margin: usize,
    pub(super) bytes: Bytes,
    /// How the stream that brings it is cut into chunks.
    pub(super) cut: u8,
}

impl Case {
    /// How many bytes stand before the frame.
    pub(super) const HEAD_LEN: usize = 3;

    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let mut input = Input(bytes);
        let (release, of) = (input.release()?, input.envelope()?);
        let lies = input.byte();
        let (margin, cut) = (usize::from(lies & 0x0f), lies >> 4);
        Some(Self { release, of, margin, bytes: Bytes::copy_from_slice(input.0), cut })
    }

    /// Whether the bytes are also taken for a stream of frames.
    pub(super) fn is_stream(&self) -> bool {
        self.cut & IS_STREAM != 0
    }

    #[cold]
    fn objection(&self, kind: &'static str, came: Came) -> Objection {
        let frame = ("frame", self.of.word().to_owned());
        let came = came.of_bytes(&self.bytes);
        objection::of(kind, [frame, objection::release(self.release)], came)
    }

    /// The frame as a slice of a buffer with other bytes on both sides.
    fn amid(&self) -> Bytes {
        let (start, len) = (self.margin, self.bytes.len());
        let mut buffer = vec![0x0a; start + len + 1];
        if let Some(place) = buffer.get_mut(start..start + len) {
            place.copy_from_slice(&self.bytes);
        }
        Bytes::from(buffer).slice(start..start + len)
    }
}

/// The body.
pub(super) fn body(
    subject: &(impl Subject + ?Sized),
    bytes: &[u8],
    features: &mut Features,
) -> Result<(), Objection> {
    let Some(case) = Case::of(bytes) else { return Ok(()) };
    stream::comes_out_as_it_is(subject, &case, features)?;
    let is_known = case.of.gate().is_open(case.release);
    let decoded = subject.decode_envelope(case.of, &case.bytes, case.release);
    let asked = notes::mix([case.of as u64, case.release.name().len() as u64]);
    let value = match decoded {
        Ok(value) if is_known => value,
        Ok(value) => {
            let came = Came::words("unknown frame", "a refusal", format_args!("{value:?}"));
            return Err(case.objection("not-refused", came));
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
                Err(case
                    .objection("refused-otherwise", Came::words(&error, "another answer", &error)))
            };
        }
    };
    features.note(notes::mix([asked, notes::magnitude(case.bytes.len()), 1]));
    features.note(notes::mix([case.of as u64, first_keys(&case.bytes)]));
    if case.margin > 0 {
        let elsewhere = subject.decode_envelope(case.of, &case.amid(), case.release);
        if elsewhere.as_ref() != Ok(&value) {
            let came = Came::value(&Ok::<_, EnvelopeError>(value), &elsewhere);
            return Err(case.objection("depends-on-the-buffer", came));
        }
    }
    again(subject, &case, &value)
}

/// What was decoded is encoded and decoded again.
fn again(
    subject: &(impl Subject + ?Sized),
    case: &Case,
    value: &Envelope,
) -> Result<(), Objection> {
    let encoded = match subject.encode_envelope(value, case.release) {
        Ok(encoded) if encoded == case.bytes => return Ok(()),
        Ok(encoded) => encoded,
        Err(error) => {
            let came = Came::words(&error, format_args!("{value:?}"), &error);
            return Err(case.objection("decoded-but-not-encoded", came));
        }
    };
    let back = subject.decode_envelope(case.of, &encoded, case.release);
    if back.as_ref() != Ok(value) {
        let came = Came::value(&Ok::<_, EnvelopeError>(value), &back);
        return Err(case.objection("reads-otherwise", came));
    }
    let again = back.and_then(|back| subject.encode_envelope(&back, case.release));
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
