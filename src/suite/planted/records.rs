//! Bugs of the layer inside records.

use bytes::Bytes;

use crate::fabric::codec::fault::{Fault, FaultKind};
use crate::fabric::log_records::command::Command;
use crate::fabric::log_records::framing::BodyError;
use crate::fabric::log_records::header::Destination;
use crate::fabric::log_records::{self, LogRecord, Unwritable};
use crate::fabric::release::Release;
use crate::fabric::session::Dialect;
use crate::suite::subject::Subject;

/// A bug of log records, which can be planted.
#[derive(Debug, Clone, Copy)]
pub struct RecordBug {
    /// Its number.
    pub id: &'static str,
    /// What is wrong, in a sentence.
    pub sentence: &'static str,
    bug: Bug,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    RenamedKey,
    RequiredField,
    UngatedVariant,
    NoBarrier,
}

/// All of them.
pub static RECORD_BUGS: [RecordBug; 4] = [
    RecordBug {
        id: "LR1",
        sentence: "The epoch of a leader has another key, for writer and reader alike.",
        bug: Bug::RenamedKey,
    },
    RecordBug {
        id: "LR2",
        sentence: "A record must say how it is recognised when it comes again.",
        bug: Bug::RequiredField,
    },
    RecordBug {
        id: "LR3",
        sentence: "Every release writes every command, whether its own readers know it or not.",
        bug: Bug::UngatedVariant,
    },
    RecordBug {
        id: "LR4",
        sentence: "A barrier asks for no release, so that nobody stops before it.",
        bug: Bug::NoBarrier,
    },
];

/// The key, and the one in its place.
const KEYS: [&[u8]; 2] = [b"leader_epoch\0", b"leader_era__\0"];

/// The bytes with one text in the place of another of the same length.
fn replaced(bytes: &[u8], [from, to]: [&[u8]; 2]) -> Bytes {
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        match rest.strip_prefix(from) {
            Some(behind) => {
                replaced.extend_from_slice(to);
                rest = behind;
            }
            None => {
                replaced.push(*first);
                rest = behind;
            }
        }
    }
    replaced.into()
}

impl Dialect for RecordBug {}

impl Subject for RecordBug {
    fn encode_record(&self, record: &LogRecord, release: Release) -> Result<Bytes, Unwritable> {
        match self.bug {
            Bug::RenamedKey => {
                log_records::encode(record, release).map(|body| replaced(&body, KEYS))
            }
            Bug::UngatedVariant => log_records::encode(record, release).or_else(|unwritable| {
                let newest = Release::lines().last().ok_or(unwritable)?;
                log_records::encode(&record.clone().fitted(newest)?, newest)
            }),
            Bug::NoBarrier => {
                let mut record = record.clone();
                if let Command::VersionBarrier(barrier) = &mut record.command {
                    barrier.version = Default::default();
                }
                log_records::encode(&record, release)
            }
            Bug::RequiredField => log_records::encode(record, release),
        }
    }

    fn decode_record(&self, body: &Bytes, release: Release) -> Result<LogRecord, BodyError> {
        let [from, to] = KEYS;
        let record: LogRecord = match self.bug {
            Bug::RenamedKey => log_records::decode(&replaced(body, [to, from]), release)?,
            _ => log_records::decode(body, release)?,
        };
        let Destination::Processor(dest) = &record.header.dest;
        if self.bug == Bug::RequiredField && dest.dedup.is_none() {
            return Err(BodyError::Malformed(Fault::new(FaultKind::Missing).in_field("dedup")));
        }
        Ok(record)
    }
}
