//! Arbitrary values of messages, made from bytes, or from a seed, by the shapes of their types.
//!
//! A value is read from a tree that is not there: whatever the type asks for is drawn from the
//! bytes at that moment. So every variant, and every number at which something turns, is a byte
//! away, and nothing is written down or parsed in between. Bytes that have run out draw zeros: the
//! simplest value.

mod drawn;
mod entropy;
mod texts;

pub(in crate::suite) use self::texts::all_special as special_texts;

use fastrand::Rng;

use self::drawn::Drawn;
use self::entropy::Entropy;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::{Context, Tree};
use crate::fabric::log_records::{self, LogRecord};
use crate::fabric::messages::sequencer::{CommonResponseHeader, Refusal, SequencerStatus};
use crate::fabric::release::Release;
use crate::harness::fuzz::Features;

/// A value that a release can hold; none if the bytes draw something that is none, as the same key
/// twice.
pub(in crate::suite) fn from_bytes(
    message_type: MessageType,
    release: Release,
    bytes: &[u8],
    features: Option<&mut Features>,
) -> Option<Message> {
    let cx = Context { release, version: release.highest_version() };
    let entropy = Entropy::new(bytes, release, features);
    let node = Drawn::of(&entropy, message_type.shape(), "");
    let mut message = Message::read(message_type, node, cx).ok()?;
    if entropy.is_status_unknown() {
        set_unknown_status(&mut message);
    }
    Some(message)
}

/// A log record that a release can hold; none if the bytes draw something that is none.
pub(in crate::suite) fn record_from_bytes(release: Release, bytes: &[u8]) -> Option<LogRecord> {
    let entropy = Entropy::new(bytes, release, None);
    let node = Drawn::of(&entropy, LogRecord::SHAPE, "");
    LogRecord::read(node, log_records::context(release)).ok()
}

/// The most bytes that a value is drawn from: lists end when they have run out.
const LEN_MAX: usize = 512;

/// The value that a seed gives; none if it draws something that is none, as the same key twice, or
/// something that has no JSON form, as a number that is not finite: that cannot be shown.
pub fn from_seed(message_type: MessageType, seed: u64) -> Option<Message> {
    let mut rng = Rng::with_seed(seed);
    let lines = Release::lines().filter(|line| message_type.row().is_known_to(*line));
    let release = rng.choice(lines.collect::<Vec<_>>())?;
    let mut bytes = vec![0; rng.usize(..LEN_MAX)];
    rng.fill(&mut bytes);
    let cx = Context { release, version: release.highest_version() };
    from_bytes(message_type, release, &bytes, None).filter(|value| value.to_json(cx).is_ok())
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
