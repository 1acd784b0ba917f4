//! A testee in checks that ask a subject outside of any boundary: what it breaks is a refusal there.

use std::sync::Arc;

use bytes::Bytes;

use super::Behind;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Unfit;
use crate::fabric::envelope::{Envelope, EnvelopeError, EnvelopeType};
use crate::fabric::payload::{DecodeError, EncodeError};
use crate::fabric::release::Release;
use crate::fabric::session::{Dialect, Local};
use crate::fabric::version::ProtocolVersion;
use crate::harness::boundary::{Breach, caught};
use crate::harness::testee::BATCH;
use crate::suite::fuzz::Asked;
use crate::suite::session::Host;
use crate::suite::subject::{Fabric, Subject};

/// A testee that never breaks anything. What it cannot be asked, its release answers.
#[derive(Clone)]
pub struct Contained(pub Arc<Behind>);

/// What came of a question, the words of what it broke, or what its release says.
fn contained<T, E>(
    ask: impl FnOnce() -> Result<T, E>,
    own: impl FnOnce() -> Result<T, E>,
    refused: impl FnOnce(String) -> E,
) -> Result<T, E> {
    match caught(ask) {
        Ok(answer) => answer,
        Err(Breach::NotTried(_)) => own(),
        Err(breach) => Err(refused(breach.to_string())),
    }
}

impl Dialect for Contained {
    fn encode(
        &self,
        message: &Message,
        release: Release,
        number: i32,
    ) -> Result<Bytes, EncodeError> {
        let of = message.message_type();
        let version = ProtocolVersion::from_number(number);
        contained(
            || self.0.encode(message, release, number),
            || message.encode(release, number),
            |what| EncodeError::Unfit {
                message: of,
                release,
                version: version.unwrap_or(release.highest_version()),
                unfit: Unfit { what, panic: None },
            },
        )
    }

    fn decode(
        &self,
        message: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        contained(
            || self.0.decode(message, bytes, release, number),
            || Message::decode(message, bytes, release, number),
            |words| DecodeError::Foreign { message, words },
        )
    }
}

impl Subject for Contained {
    fn sessions(&self) -> Option<&Behind> {
        Some(&*self.0).filter(|testee| testee.has_sessions())
    }

    fn asked(&self) -> Option<u64> {
        Some(self.0.asked_so_far())
    }

    /// Without sessions of its own it reads and writes the payloads in those of its release.
    fn host(&self, mut local: Local) -> Host {
        local.dialect = Arc::new(self.clone());
        Host::new(local)
    }

    fn speaks_as(&self, release: Release) -> bool {
        release == self.0.release()
    }

    fn foresee(&self, payloads: &dyn Fn() -> Vec<(MessageType, i32, Bytes)>) {
        let asked = |(message, number, bytes)| Asked::Payload(message, number, bytes);
        if self.0.testee().hello().can(BATCH) {
            self.0.foresee(payloads().into_iter().map(asked));
        }
    }

    fn offers(&self, release: Release, message: MessageType, number: i32) -> bool {
        self.0.offers(release, message, number)
    }

    fn offers_frame(&self, release: Release, of: EnvelopeType) -> bool {
        self.0.offers_frame(release, of)
    }

    fn encode_envelope(
        &self,
        envelope: &Envelope,
        release: Release,
    ) -> Result<Bytes, EnvelopeError> {
        let message = envelope.envelope_type();
        contained(
            || self.0.encode_envelope(envelope, release),
            || Fabric.encode_envelope(envelope, release),
            |words| EnvelopeError::Foreign { message, words },
        )
    }

    fn decode_envelope(
        &self,
        of: EnvelopeType,
        bytes: &Bytes,
        release: Release,
    ) -> Result<Envelope, EnvelopeError> {
        contained(
            || self.0.decode_envelope(of, bytes, release),
            || Fabric.decode_envelope(of, bytes, release),
            |words| EnvelopeError::Foreign { message: of, words },
        )
    }
}
