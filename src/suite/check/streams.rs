//! Messages in a stream of bytes, as every release reads them, and the prefixes that it writes (01 §1).
//!
//! The streams here are put together by hand: a byte that is the flag, four for the length, the highest
//! first, and the message.

use bytes::Bytes;

use super::{Checks, columns};
use crate::fabric::limits::Side;
use crate::fabric::release::Release;
use crate::fabric::stream::{Reading, StreamError};
use crate::harness::report::Grid;
use crate::suite::compare::Difference;
use crate::suite::requirements;
use crate::suite::subject::{Streamed, Subject};

/// The grid of these checks.
const GRID: &str = "streams, by the release that reads or writes";

/// Checks every release.
pub fn run(checks: &mut Checks<'_>) {
    checks.report.add(Grid::new(GRID).with_columns(columns()));
    for release in Release::stable() {
        for (check, name, is_so) in CHECKS {
            let case = requirements::STREAM.case([release.name(), name]);
            let result = is_so(release, checks.subject);
            checks.record_in(GRID, check, release, case, result);
        }
    }
}

type Check = fn(Release, &dyn Subject) -> Result<(), Difference>;

/// What is checked, under which name, and how.
const CHECKS: [(&str, &str, Check); 4] = [
    ("chunks of any length", "chunks", chunks),
    ("ends at any byte", "ends", ends),
    ("flags", "flags", flags),
    ("prefixes", "prefixes", prefixes),
];

/// The messages of the streams.
const MESSAGES: [&[u8]; 4] = [b"hello", b"", &[0; 300], &[1]];
/// Bytes of a prefix.
const PREFIX: usize = 5;

/// The messages, each behind its prefix.
fn stream() -> Vec<u8> {
    MESSAGES.iter().flat_map(|message| [&prefix(0, message.len()), *message].concat()).collect()
}

fn prefix(flag: u8, len: usize) -> [u8; PREFIX] {
    let byte = |shift: usize| (len >> shift) as u8;
    [flag, byte(24), byte(16), byte(8), byte(0)]
}

/// Where each frame ends.
fn borders() -> Vec<usize> {
    let ends = MESSAGES.iter().scan(0, |end, message| {
        *end += PREFIX + message.len();
        Some(*end)
    });
    ends.collect()
}

/// So many of the messages, and the end.
fn streamed(count: usize, end: Result<(), StreamError>) -> Streamed {
    let messages = MESSAGES.iter().take(count).map(|it| Bytes::from_static(it)).collect();
    Streamed { messages, end }
}

fn read<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    release: Release,
    subject: &dyn Subject,
) -> Streamed {
    subject.read_stream(&mut chunks.into_iter(), release)
}

fn same(expected: &Streamed, actual: &Streamed, stream: &str) -> Result<(), Difference> {
    if expected == actual {
        return Ok(());
    }
    let words = |it: &Streamed| {
        let lens: Vec<usize> = it.messages.iter().map(Bytes::len).collect();
        format!("{stream}: messages of {lens:?} bytes, then {:?}", it.end)
    };
    Err(Difference::new(requirements::STREAM.sentence, words(expected), words(actual)))
}

/// The messages are the same, as a whole, byte by byte, and in two chunks with and without an empty one
/// between them.
fn chunks(release: Release, subject: &dyn Subject) -> Result<(), Difference> {
    let stream = stream();
    let expected = streamed(MESSAGES.len(), Ok(()));
    same(&expected, &read([&stream[..]], release, subject), "as a whole")?;
    same(&expected, &read(stream.chunks(1), release, subject), "byte by byte")?;
    for border in 0..=stream.len() {
        let (front, back) = stream.split_at(border);
        let words = format!("cut at {border}");
        same(&expected, &read([front, back], release, subject), &words)?;
        same(&expected, &read([front, &[], back], release, subject), &words)?;
    }
    Ok(())
}

/// A stream that ends between two frames ends well, and anywhere else it says what was being read.
fn ends(release: Release, subject: &dyn Subject) -> Result<(), Difference> {
    let (stream, borders) = (stream(), borders());
    for len in 0..=stream.len() {
        let count = borders.iter().filter(|border| **border <= len).count();
        let begin = borders[..count].last().copied().unwrap_or(0);
        let at = len as u64;
        let end = match len - begin {
            0 => Ok(()),
            1..PREFIX => Err(StreamError::CutOff { at, reading: Reading::Prefix }),
            _ => Err(StreamError::CutOff { at, reading: Reading::Message }),
        };
        let actual = read([&stream[..len]], release, subject);
        same(&streamed(count, end), &actual, &format!("{len} bytes"))?;
    }
    Ok(())
}

/// A flag is looked at before the length has arrived. What is compressed is named, and so is a flag that
/// nobody knows.
fn flags(release: Release, subject: &dyn Subject) -> Result<(), Difference> {
    let (mut stream, second) = (stream(), PREFIX + MESSAGES[0].len());
    let at = second as u64;
    for flag in 1..=u8::MAX {
        stream[second] = flag;
        let end = match flag {
            1 => StreamError::Compressed { at },
            _ => StreamError::UnknownFlag { at, flag },
        };
        let expected = streamed(1, Err(end));
        let words = format!("the second frame has the flag {flag}");
        same(&expected, &read([&stream[..]], release, subject), &words)?;
        same(&expected, &read([&stream[..=second]], release, subject), &words)?;
    }
    Ok(())
}

/// Both sides write the flag and the length of a message as they stand above.
fn prefixes(release: Release, subject: &dyn Subject) -> Result<(), Difference> {
    for side in Side::BOTH {
        for len in [0, 1, 0xff, 0x100, 0xffff, 0x1_0000, 0xff_ffff, 0x100_0000] {
            let (expected, actual) = (prefix(0, len), subject.frame_prefix(len, release, side));
            if actual != Ok(expected) {
                let words = format!("{len} bytes from the {side}: {expected:02x?}");
                let sentence = requirements::STREAM.sentence;
                return Err(Difference::new(sentence, words, format!("{actual:02x?}")));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::objections;
    use super::*;
    use crate::fabric::session::Dialect;
    use crate::fabric::stream::{PREFIX_LEN, Unframed};
    use crate::suite::subject::Fabric;

    /// What is wrong with a reader of streams.
    enum Other {
        ForgetsChunks,
        EndsWell,
        KnowsAllFlags,
        TurnsLengths,
    }

    impl Dialect for Other {}

    impl Subject for Other {
        fn read_stream(
            &self,
            chunks: &mut dyn Iterator<Item = &[u8]>,
            release: Release,
        ) -> Streamed {
            let mut whole = match self {
                Self::ForgetsChunks => chunks.next().unwrap_or_default().to_vec(),
                _ => chunks.flatten().copied().collect(),
            };
            if let (Self::KnowsAllFlags, Some(flag)) = (self, whole.get_mut(10)) {
                *flag = 0;
            }
            let mut streamed = Fabric.read_stream(&mut [&whole[..]].into_iter(), release);
            if let (Self::EndsWell, Err(StreamError::CutOff { .. })) = (self, &streamed.end) {
                streamed.end = Ok(());
            }
            streamed
        }

        fn frame_prefix(
            &self,
            len: usize,
            release: Release,
            side: Side,
        ) -> Result<[u8; PREFIX_LEN], Unframed> {
            let mut prefix = Fabric.frame_prefix(len, release, side)?;
            if let Self::TurnsLengths = self {
                prefix[1..].reverse();
            }
            Ok(prefix)
        }
    }

    #[test]
    fn streams_are_read_and_other_readers_are_seen() {
        assert!(objections(run, &Fabric).is_empty(), "{:?}", objections(run, &Fabric));
        for (other, case) in [
            (Other::ForgetsChunks, "check/stream/1.2/chunks"),
            (Other::EndsWell, "check/stream/1.7/ends"),
            (Other::KnowsAllFlags, "check/stream/1.5/flags"),
            (Other::TurnsLengths, "check/stream/1.6/prefixes"),
        ] {
            let found = objections(run, &other);
            assert!(found.iter().any(|found| found == case), "{case}: {found:?}");
        }
    }
}
