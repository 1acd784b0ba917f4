//! Records as they stand in `Store`, `Append` and `Records`.

use bytes::Bytes;

use crate::fabric::messages::ids::{KeyRange, NanosSinceEpoch};
use crate::fabric::messages::records::{Keys, Payloads, Record};

/// When the first record was made; the others follow, a nanosecond apart.
const FIRST_CREATED_AT_NS: u64 = 1_754_000_000_123_456_789;

/// A record made `nanos` after the first.
fn record(body: impl Into<Bytes>, keys: Keys, nanos: u64) -> Record {
    let created_at = NanosSinceEpoch(FIRST_CREATED_AT_NS + nanos);
    Record { created_at, body: body.into(), keys }
}

pub(super) const EVERY_KEY: KeyRange = KeyRange { start: 0, end: u64::MAX };

pub(super) const LAST_KEY: KeyRange = KeyRange { start: u64::MAX, end: u64::MAX };

pub(super) fn hello() -> Record {
    record("hello", Keys::None, 0)
}

pub(super) fn single() -> Record {
    record((0..16).collect::<Vec<u8>>(), Keys::Single(42), 1)
}

pub(super) fn pair() -> Record {
    record(vec![0x00, 0xff, 0x80], Keys::Pair((7, u64::MAX)), 2)
}

/// A record for every key, with text beyond ASCII.
pub(super) fn range() -> Record {
    record("Grüße 世界", Keys::RangeInclusive(EVERY_KEY), 3)
}

/// A record whose keys are as good as absent: a range from 0 to 0.
pub(super) fn range_zero() -> Record {
    record("r", Keys::RangeInclusive(KeyRange::default()), 6)
}

/// A body as the servers store text: a codec's number, the length as 4 bytes, the text.
fn stored_text(text: &str) -> Vec<u8> {
    let len = text.len() as u32;
    [&[3], &len.to_le_bytes()[..], text.as_bytes()].concat()
}

pub(super) fn text() -> Record {
    record(stored_text("a typed body ✓"), Keys::Single(0), 4)
}

pub(super) fn text_empty() -> Record {
    record(stored_text(""), Keys::None, 4)
}

/// A body of 1 KiB: longer than one byte of a length can say.
fn pair_zero_1k() -> Record {
    record(body_1k(0), Keys::Pair((0, 0)), 5)
}

fn long_300() -> Record {
    record("x".repeat(300), Keys::None, 7)
}

/// One record of each kind.
pub(super) fn all_kinds() -> Vec<Record> {
    let short = [hello(), single(), pair(), range(), range_zero()];
    short.into_iter().chain([text(), pair_zero_1k(), long_300()]).collect()
}

/// 1,024 bytes that count in sevens, from `first` on.
fn body_1k(first: usize) -> Vec<u8> {
    (0..1024).map(|i| (first + 7 * i) as u8).collect()
}

/// What a busy log sees: 10 records of 1 KiB.
pub(super) fn batch_10x1k() -> Payloads {
    let one = |i| record(body_1k(31 * i as usize), Keys::Single(1000 * i), i);
    Payloads((0..10).map(one).collect())
}

/// A body that needs more than two bytes for its length: 70,000 squares.
pub(super) fn long_70k() -> Record {
    record((0..70_000u64).map(|i| (i * i) as u8).collect::<Vec<_>>(), Keys::Single(9), 0)
}

/// A record that is as late as every release can say.
pub(super) fn late(body_len: usize, keys: Keys) -> Record {
    let body = vec![0xff; body_len].into();
    Record { created_at: NanosSinceEpoch(u64::MAX - 1), body, keys }
}
