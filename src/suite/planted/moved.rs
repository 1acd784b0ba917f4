//! The fabric with one gate moved by one patch: a mistake in the table of gates.

use bytes::Bytes;

use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::envelope::{Envelope, EnvelopeError, EnvelopeType};
use crate::fabric::gates::GateMove;
use crate::fabric::negotiation::{
    self, Accepted, Acceptor, Agreed, Answer, Arrival, Initiator, NoAgreement, NoCommonVersion,
    Refusal,
};
use crate::fabric::payload::{DecodeError, EncodeError};
use crate::fabric::release::Release;
use crate::fabric::session::Dialect;
use crate::fabric::version::{ProtocolVersion, VersionRange};
use crate::suite::subject::Subject;

/// The fabric, which takes a gate for another than it is.
pub struct Moved(pub GateMove);

impl Dialect for Moved {
    fn encode(
        &self,
        message: &Message,
        release: Release,
        number: i32,
    ) -> Result<Bytes, EncodeError> {
        message.encode(self.release(release), number)
    }

    fn decode(
        &self,
        message_type: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        Message::decode(message_type, bytes, self.release(release), number)
    }

    fn select(
        &self,
        acceptor: Release,
        offered: VersionRange,
    ) -> Result<ProtocolVersion, NoCommonVersion> {
        negotiation::select(self.release(acceptor), offered)
    }

    fn accept(&self, acceptor: &Acceptor, arrival: Arrival<'_>) -> Result<Accepted, Refusal> {
        let acceptor = Acceptor { release: self.release(acceptor.release), ..acceptor.clone() };
        acceptor.accept(arrival)
    }

    fn conclude(&self, initiator: &Initiator, answer: Answer<'_>) -> Result<Agreed, NoAgreement> {
        let release = self.release(initiator.release);
        Initiator { release, ..initiator.clone() }.conclude(answer)
    }
}

impl Subject for Moved {
    fn encode_envelope(
        &self,
        envelope: &Envelope,
        release: Release,
    ) -> Result<Bytes, EnvelopeError> {
        envelope.encode(self.release(release)).map(Bytes::from)
    }

    fn decode_envelope(
        &self,
        envelope_type: EnvelopeType,
        bytes: &Bytes,
        release: Release,
    ) -> Result<Envelope, EnvelopeError> {
        Envelope::decode(envelope_type, self.release(release), bytes.clone())
    }

    fn release(&self, release: Release) -> Release {
        release.with_moved(self.0)
    }
}
