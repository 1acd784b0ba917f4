//! What is asked once: of releases that treat a message alike, and write the same bytes, one stands for
//! all, as long as nothing is wrong.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use super::{Checks, Speaker};
use crate::fabric::catalogue::MessageType;
use crate::fabric::release::{Release, ReleaseNumber};
use crate::suite::compare::Difference;
use crate::suite::value::ValueType;

/// Who writes or reads a message: releases of one number treat it alike.
type Kind = (MessageType, usize);

/// What held already.
#[derive(Default)]
pub struct Alike {
    kinds: HashMap<(MessageType, ReleaseNumber), Option<Kind>>,
    /// By message, the kinds that there are, in the order of their numbers.
    known: HashMap<MessageType, Vec<Vec<bool>>>,
    held: HashSet<Held>,
}

/// A check of one row that held of a value.
#[derive(PartialEq, Eq, Hash)]
struct Held {
    row: &'static str,
    sample: &'static str,
    version: i32,
    writer: Kind,
    reader: Kind,
    bytes: Bytes,
}

impl Checks<'_> {
    /// What a check says of a value, of which a release wrote these bytes and another reads them as that
    /// message. Nothing is asked if it held of two that are like them, by all that decides how they treat
    /// values.
    pub fn once_for_all_alike(
        &mut self,
        row: &'static str,
        speaker: &Speaker,
        writer: MessageType,
        reader: (MessageType, Release),
        bytes: &Bytes,
        check: impl FnOnce(&Self) -> Result<(), Difference>,
    ) -> Result<(), Difference> {
        let [writer, reader] = [(writer, speaker.cx.release), reader]
            .map(|(message, release)| self.kind(message, release));
        let held = writer.zip(reader).map(|(writer, reader)| Held {
            row,
            sample: speaker.case,
            version: speaker.number(),
            writer,
            reader,
            bytes: bytes.clone(),
        });
        if held.as_ref().is_some_and(|held| self.alike.held.contains(held)) {
            return Ok(());
        }
        check(self)?;
        self.alike.held.extend(held);
        Ok(())
    }

    fn kind(&mut self, message: MessageType, release: Release) -> Option<Kind> {
        let Alike { kinds, known, .. } = &mut self.alike;
        *kinds.entry((message, release.number())).or_insert_with(|| {
            let kind = self.subject.kind(ValueType::Message(message), release)?;
            let known = known.entry(message).or_default();
            let number = known.iter().position(|it| *it == kind).unwrap_or_else(|| {
                known.push(kind);
                known.len() - 1
            });
            Some((message, number))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::run_message;
    use super::*;
    use crate::fabric::catalogue::Message;
    use crate::fabric::payload::DecodeError;
    use crate::fabric::session::Dialect;
    use crate::harness::report::Report;
    use crate::suite::subject::{Fabric, Subject};

    const MESSAGE: MessageType = MessageType::GetLogletInfo;

    /// Says that it treats messages as the fabric does, or nothing of it; counts what it reads, and reads
    /// nothing as one release.
    struct Reader {
        has_kinds: bool,
        deaf: Option<Release>,
        reads: AtomicUsize,
    }

    impl Reader {
        fn new(has_kinds: bool, deaf: Option<Release>) -> Self {
            Self { has_kinds, deaf, reads: AtomicUsize::new(0) }
        }
    }

    impl Subject for Reader {
        fn kind(&self, of: ValueType, release: Release) -> Option<Vec<bool>> {
            self.has_kinds.then(|| Fabric.kind(of, release)).flatten()
        }
    }

    impl Dialect for Reader {
        fn decode(
            &self,
            message: MessageType,
            bytes: &Bytes,
            release: Release,
            number: i32,
        ) -> Result<Message, DecodeError> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            let is_deaf = self.deaf == Some(release);
            let bytes = if is_deaf { bytes.slice(..bytes.len() / 2) } else { bytes.clone() };
            Fabric.decode(message, &bytes, release, number)
        }
    }

    #[test]
    fn those_that_are_alike_are_asked_once() {
        let reads = |has_kinds| {
            let reader = Reader::new(has_kinds, None);
            let mut checks = Checks::new(Report::new("a message"), &reader);
            run_message(MESSAGE, &mut checks);
            assert!(checks.report.is_ok());
            (reader.reads.load(Ordering::Relaxed), checks.report.tally())
        };
        let [(some, tally), (all, all_tally)] = [true, false].map(reads);
        assert!(some * 2 < all && tally.passed > 0, "{some} of {all}, {tally:?}");
        assert_eq!(tally, all_tally);
    }

    #[test]
    fn one_that_only_says_that_it_is_alike_is_seen() {
        for name in ["1.5.0", "1.7.2"] {
            let release: Release = name.parse().unwrap();
            let reader = Reader::new(true, Some(release));
            let mut checks = Checks::new(Report::new("a message"), &reader);
            run_message(MESSAGE, &mut checks);
            let begin = format!("check/bytes/{}/", release.name());
            let cases = checks.report.findings().map(|finding| finding.case.to_string());
            let cases: Vec<String> = cases.collect();
            assert!(cases.iter().any(|case| case.starts_with(&begin)), "{name}: {cases:?}");
        }
    }
}
