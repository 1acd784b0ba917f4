//! Arbitrary values of messages, made from bytes by the shapes of their types.
//!
//! A value is read from a tree that is not there: whatever the type asks for is drawn from the
//! bytes at that moment. So every variant, and every number at which something turns, is a byte
//! away, and nothing is written down or parsed in between. Bytes that have run out draw zeros: the
//! simplest value.

mod drawn;
mod entropy;
mod texts;

pub(super) use self::texts::all_special as special_texts;

use self::drawn::Drawn;
use self::entropy::Entropy;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::messages::sequencer::{CommonResponseHeader, Refusal, SequencerStatus};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::fuzz::Features;

/// A value that a release can hold; none if the bytes draw something that is none, as the same key
/// twice.
pub(super) fn message(
    message_type: MessageType,
    release: Release,
    bytes: &[u8],
    features: Option<&mut Features>,
) -> Option<Message> {
    let cx = Context { release, version: highest(release) };
    let entropy = Entropy::new(bytes, release, features);
    let node = Drawn::of(&entropy, message_type.shape(), "");
    let mut message = Message::read(message_type, node, cx).ok()?;
    if entropy.is_status_unknown() {
        set_unknown_status(&mut message);
    }
    Some(message)
}

/// The highest version that a release has a codec for.
pub(super) fn highest(release: Release) -> ProtocolVersion {
    let mut versions = ProtocolVersion::ALL.into_iter().rev();
    let is_spoken = |v: &ProtocolVersion| !v.is_burned() && release.range().contains(v.number());
    versions.find(is_spoken).unwrap_or(ProtocolVersion::V1)
}

/// The one value that no tree form on the wire has (03 §6.4).
fn set_unknown_status(message: &mut Message) {
    let set = |header: &mut CommonResponseHeader| {
        header.status = SequencerStatus::Refused(Refusal::Unknown);
    };
    match message {
        Message::Appended(appended) => set(&mut appended.header),
        Message::SequencerState(state) => set(&mut state.header),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
