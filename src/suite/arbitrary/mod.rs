//! Arbitrary values of messages, made from bytes, or from a seed, by the shapes of their types.
//!
//! A value is read from a tree that is not there: whatever the type asks for is drawn from the
//! bytes at that moment. So every variant, and every number at which something turns, is a byte
//! away, and nothing is written down or parsed in between. Bytes that have run out draw zeros: the
//! simplest value.

mod drawn;
mod source;
mod texts;

pub(in crate::suite) use self::texts::all_special as special_texts;

use arbitrary::{Error, Result, Unstructured};
use fastrand::Rng;

use self::drawn::Drawn;
use self::source::Source;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::{Context, Tree};
use crate::fabric::log_records::{self, LogRecord};
use crate::fabric::messages::sequencer::{CommonResponseHeader, Refusal, SequencerStatus};
use crate::fabric::release::Release;

/// A value that a release can hold, and features of what was drawn on the way; an error if the bytes draw
/// something that is none, as the same key twice.
pub(in crate::suite) fn message(
    bytes: Unstructured<'_>,
    of: MessageType,
    holder: Release,
) -> Result<(Message, Vec<u64>)> {
    let cx = Context { release: holder, version: holder.highest_version() };
    let source = Source::new(bytes, holder);
    let node = Drawn::of(&source, of.shape(), "");
    let mut message = Message::read(of, node, cx).map_err(|_| Error::IncorrectFormat)?;
    if source.is_status_unknown.get() {
        set_unknown_status(&mut message);
    }
    Ok((message, source.noted.take()))
}

/// A log record that a release can hold; an error if the bytes draw something that is none.
pub(in crate::suite) fn record(bytes: Unstructured<'_>, holder: Release) -> Result<LogRecord> {
    let source = Source::new(bytes, holder);
    let node = Drawn::of(&source, LogRecord::SHAPE, "");
    LogRecord::read(node, log_records::context(holder)).map_err(|_| Error::IncorrectFormat)
}

/// The most bytes that a value is drawn from: lists end when they have run out.
const LEN_MAX: usize = 512;

/// The value that a seed gives; none if it draws something that is none, as the same key twice, or
/// something that has no JSON form, as a number that is not finite: that cannot be shown.
pub fn from_seed(of: MessageType, seed: u64) -> Option<Message> {
    let mut rng = Rng::with_seed(seed);
    let lines = Release::lines().filter(|line| of.row().is_known_to(*line));
    let release = rng.choice(lines.collect::<Vec<_>>())?;
    let mut bytes = vec![0; rng.usize(..LEN_MAX)];
    rng.fill(&mut bytes);
    let cx = Context { release, version: release.highest_version() };
    let (value, _) = message(Unstructured::new(&bytes), of, release).ok()?;
    value.to_json(cx).is_ok().then_some(value)
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
