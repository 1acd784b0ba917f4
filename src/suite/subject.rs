//! What is tested: the fabric, or a fabric with a bug in it.
//!
//! Every check asks a [`Subject`] instead of the fabric, so that the checks themselves can be
//! tested: with a planted bug they must object.

use bytes::Bytes;

use crate::fabric::annotate::{self, Annotation};
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{Envelope, EnvelopeError, EnvelopeType};
use crate::fabric::limits::Side;
use crate::fabric::log_records::epoch::EpochMetadata;
use crate::fabric::log_records::framing::BodyError;
use crate::fabric::log_records::{self, LogRecord, Unwritable};
use crate::fabric::negotiation::{self, Acceptor, Answer, Arrival, HandshakeFailure, Initiator};
use crate::fabric::release::Release;
use crate::fabric::session::{Dialect, Local};
use crate::fabric::stream::{FrameReader, FrameWriter, PREFIX_LEN, StreamError, Unframed};
use crate::fabric::version::ProtocolVersion;
use crate::suite::fields;
use crate::suite::session::Host;
use crate::suite::testee::Behind;
use crate::suite::value::ValueType;

/// A fabric that speaks as any release. Whatever is not overridden is right.
pub trait Subject: Dialect {
    /// Encodes a message of the envelope.
    fn encode_envelope(
        &self,
        envelope: &Envelope,
        release: Release,
    ) -> Result<Bytes, EnvelopeError> {
        envelope.encode(release).map(Bytes::from)
    }

    /// Decodes a message of the envelope.
    fn decode_envelope(
        &self,
        envelope_type: EnvelopeType,
        bytes: &Bytes,
        release: Release,
    ) -> Result<Envelope, EnvelopeError> {
        Envelope::decode(envelope_type, release, bytes.clone())
    }

    /// Reads the messages of a stream that arrives in chunks, up to its end or to what is wrong with
    /// it.
    fn read_stream(&self, chunks: &mut dyn Iterator<Item = &[u8]>, release: Release) -> Streamed {
        let mut reader = FrameReader::new(release);
        let mut messages = Vec::new();
        for chunk in chunks {
            reader.push(chunk);
            while let Ok(Some(message)) = reader.next_frame() {
                messages.push(message);
            }
        }
        Streamed { messages, end: reader.end() }
    }

    /// The prefix of a message of `len` bytes that one side of a connection sends.
    fn frame_prefix(
        &self,
        len: usize,
        release: Release,
        side: Side,
    ) -> Result<[u8; PREFIX_LEN], Unframed> {
        FrameWriter::new(release, side).prefix(len)
    }

    /// Whether the subject itself answers for a message of a release at the version with this number,
    /// and not the fabric for it.
    fn offers(&self, _release: Release, _message: MessageType, _number: i32) -> bool {
        true
    }

    /// Whether the subject itself answers for a frame of a release, or a part of one.
    fn offers_frame(&self, _release: Release, _of: EnvelopeType) -> bool {
        true
    }

    /// Whether anything of a release is asked of the subject itself.
    fn speaks_as(&self, _release: Release) -> bool {
        true
    }

    /// Payloads that it will be asked to decode as a release, all of them now if that is cheaper.
    fn foresee(&self, _payloads: &dyn Fn() -> Vec<(MessageType, i32, Bytes)>) {}

    /// The release as the subject has it in its table of gates.
    fn release(&self, release: Release) -> Release {
        release
    }

    /// What decides how a release treats values of a type, as far as that is known of the subject:
    /// where it is the same, so is all that the subject does with them.
    fn kind(&self, _: ValueType, _: Release) -> Option<Vec<bool>> {
        None
    }

    /// The same of frames, and of what they are made of.
    fn kind_of_frames(&self, _: Release) -> Option<Vec<bool>> {
        None
    }

    /// Writes the body of a log record.
    fn encode_record(&self, record: &LogRecord, release: Release) -> Result<Bytes, Unwritable> {
        log_records::encode(record, self.release(release))
    }

    /// Reads the body of a log record.
    fn decode_record(&self, body: &Bytes, release: Release) -> Result<LogRecord, BodyError> {
        log_records::decode(body, self.release(release))
    }

    /// Writes the document of the epochs of a partition.
    fn encode_epoch(&self, epoch: &EpochMetadata, release: Release) -> Result<Bytes, Unwritable> {
        log_records::encode(epoch, self.release(release))
    }

    /// Reads the document of the epochs of a partition.
    fn decode_epoch(&self, body: &Bytes, release: Release) -> Result<EpochMetadata, BodyError> {
        log_records::decode(body, self.release(release))
    }

    /// Says what each byte of a payload is.
    fn annotate<'a>(&self, message: MessageType, cx: Context, bytes: &'a [u8]) -> Annotation<'a> {
        annotate::payload(message, cx, bytes)
    }

    /// The testee that has sessions of its own, if one has.
    fn sessions(&self) -> Option<&Behind> {
        None
    }

    /// How often a testee was asked something in the place of its release, if there is one.
    fn asked(&self) -> Option<u64> {
        None
    }

    /// A process that has sessions.
    fn host(&self, local: Local) -> Host {
        Host::new(local)
    }
}

/// What came out of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streamed {
    /// The messages, in their order.
    pub messages: Vec<Bytes>,
    /// Whether it ended cleanly.
    pub end: Result<(), StreamError>,
}

/// The version that two healthy nodes get, both as the subject: see [`negotiation::handshake`].
pub fn handshake(
    subject: &dyn Subject,
    initiator: Release,
    acceptor: Release,
) -> Result<ProtocolVersion, HandshakeFailure> {
    let accept = |acceptor: &Acceptor, arrival: Arrival<'_>| subject.accept(acceptor, arrival);
    let conclude = |initiator: &Initiator, answer: Answer<'_>| subject.conclude(initiator, answer);
    negotiation::handshake_by([initiator, acceptor], accept, conclude)
}

/// The fabric as it is.
pub struct Fabric;

impl Dialect for Fabric {}

impl Subject for Fabric {
    fn kind(&self, of: ValueType, release: Release) -> Option<Vec<bool>> {
        Some(fields::kind(of, release))
    }

    fn kind_of_frames(&self, release: Release) -> Option<Vec<bool>> {
        Some(fields::kind_of_frames(release))
    }
}
