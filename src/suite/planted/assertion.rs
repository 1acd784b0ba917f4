//! A codec that asserts where it should refuse: issue 3263, made on purpose.
//!
//! The only place of the product that panics. Whoever calls it does so behind a
//! [boundary](crate::harness::boundary).

use bytes::Bytes;

use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::fault::FaultKind;
use crate::fabric::payload::{DecodeError, EncodeError};
use crate::fabric::release::Release;
use crate::fabric::session::{Dialect, Quirk};
use crate::fabric::version::ProtocolVersion;
use crate::suite::expectations;
use crate::suite::subject::Subject;

/// The fabric, with an assertion in the place of the gate that keeps messages from versions that
/// have no form for them (04 R1 and R2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asserting {
    /// When it encodes.
    pub encodes: bool,
    /// When it decodes.
    pub decodes: bool,
}

impl Asserting {
    /// The build of issue 3263.
    pub const ON_BOTH_SIDES: Self = Self { encodes: true, decodes: true };
}

impl Subject for Asserting {}

impl Dialect for Asserting {
    fn encode(
        &self,
        message: &Message,
        release: Release,
        number: i32,
    ) -> Result<Bytes, EncodeError> {
        if self.encodes && message.message_type().row().is_known_to(release) {
            assert_carried(message.message_type(), expectations::first_version(message), number);
        }
        message.encode(release, number)
    }

    fn decode(
        &self,
        message_type: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        let row = message_type.row();
        if self.decodes && row.is_known_to(release) {
            assert_carried(message_type, row.min_version, number);
        }
        Message::decode(message_type, bytes, release, number)
    }
}

/// The fabric, which cannot imagine another kind of metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unimaginative;

impl Subject for Unimaginative {}

impl Dialect for Unimaginative {
    fn decode(
        &self,
        message_type: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        let decoded = Message::decode(message_type, bytes, release, number);
        if let (MessageType::MetadataUpdate, Err(DecodeError::Malformed { fault, .. })) =
            (message_type, &decoded)
        {
            let is_stranger = matches!(fault.kind(), FaultKind::UnknownVariant { .. });
            assert!(!is_stranger, "there is no such metadata: {fault}");
        }
        decoded
    }
}

fn assert_carried(message: MessageType, min: ProtocolVersion, number: i32) {
    assert!(number >= min.number(), "{message} needs {min}, and the connection speaks V{number}");
}

/// What a released server does by a quirk of its sessions (04 R23, R24 and R27): it asserts that there
/// is nothing that it cannot take.
pub fn assert_taken(quirk: Quirk, on: &str) {
    assert!(on.is_empty(), "{quirk}: {on}");
}
