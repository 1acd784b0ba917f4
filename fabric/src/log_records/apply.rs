//! What the partition processor of a release makes of a body: it applies it, waits behind a barrier,
//! stops, or takes the process with it (09 §1, §2.2, §5; 08 §0).

use std::fmt;

use bytes::Bytes;
use semver::Version as Semver;

use super::blobs::Content;
use super::command::Command;
use super::control::VersionBarrier;
use super::custom::SecondForm;
use super::framing::{self, BodyError, StorageCodec};
use super::header::{DedupInformation, DedupSequenceNumber, Destination, ProducerId};
use super::{LogRecord, context, decode};
use crate::codec::fault::Fault;
use crate::gates::rule;
use crate::panics::RECORD_CODEC;
use crate::release::Release;

/// What becomes of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reaction {
    /// It is applied.
    Applied,
    /// The release is older than a barrier allows: the partition stops, with a clear text.
    Blocked {
        /// What the barrier asks for.
        version: Semver,
    },
    /// The partition stops, and stops again after every restart.
    Stops {
        /// Why.
        reason: String,
    },
    /// The processor panics.
    Panics {
        /// On what.
        reason: &'static str,
    },
}

impl Reaction {
    /// Why it is so, in words; nothing for what is applied.
    pub fn reason(&self) -> String {
        match self {
            Self::Applied => String::new(),
            Self::Blocked { version } => format!("the barrier asks for {version}"),
            Self::Stops { reason } => reason.clone(),
            Self::Panics { reason } => (*reason).to_owned(),
        }
    }
}

/// A short word for tables.
impl fmt::Display for Reaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Applied => "applied",
            Self::Blocked { .. } => "blocked",
            Self::Stops { .. } => "stops",
            Self::Panics { .. } => "panics",
        })
    }
}

/// How the processor of 1.7 recognises a record that comes again: what its second step makes of the
/// pair of producer and number (09 §1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deduplication {
    /// It does not.
    None,
    /// A leader's own proposal.
    SelfProposal {
        /// The epoch of the leader.
        leader_epoch: u64,
        /// Its number in that epoch.
        seq: u64,
    },
    /// From another partition.
    ForeignPartition {
        /// Which.
        partition: u16,
        /// Its number there.
        seq: u64,
    },
    /// From somebody else.
    Arbitrary {
        /// The name of an old consumer of events.
        prefix: Option<String>,
        /// The number of a producer.
        producer: u128,
        /// Its number there.
        seq: u64,
    },
}

impl Deduplication {
    /// What the pair of producer and number in a record means; none if it means nothing.
    pub fn of(record: &LogRecord) -> Option<Self> {
        use {DedupSequenceNumber as Number, ProducerId as Producer};
        let Destination::Processor(dest) = &record.header.dest;
        let Some(DedupInformation { producer_id, sequence_number }) = &dest.dedup else {
            return Some(Self::None);
        };
        Some(match (producer_id, sequence_number) {
            (Producer::Other(_), Number::Esn(it)) => {
                Self::SelfProposal { leader_epoch: it.leader_epoch.0, seq: it.sequence_number }
            }
            (Producer::Partition(partition), Number::Sn(seq)) => {
                Self::ForeignPartition { partition: partition.0, seq: *seq }
            }
            (Producer::Other(name), Number::Sn(seq)) => {
                Self::Arbitrary { prefix: Some(name.clone()), producer: 0, seq: *seq }
            }
            (Producer::Producer(it), Number::Sn(seq)) => {
                let producer = u128::from(it.h) << 64 | u128::from(it.l);
                Self::Arbitrary { prefix: None, producer, seq: *seq }
            }
            (Producer::Partition(_) | Producer::Producer(_), Number::Esn(_)) => return None,
        })
    }
}

/// A change of features that a barrier brings (09 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Journals of the second kind from the start.
    JournalV2,
    /// Queues with limits.
    VQueues,
    /// Random seeds that no two invocations share.
    UniqueRandomSeeds,
    /// Queues without what is completed.
    VQueuesSkipCompleted,
}

impl Feature {
    /// The feature with a number, as far as the release knows it.
    pub const fn of(number: u16, release: Release) -> Option<Self> {
        match number {
            1 if rule!("feature.journal_v2", release) => Some(Self::JournalV2),
            2 if rule!("feature.vqueues", release) => Some(Self::VQueues),
            3 if rule!("feature.unique_random_seeds", release) => Some(Self::UniqueRandomSeeds),
            4 if rule!("feature.vqueues_skip_completed", release) => {
                Some(Self::VQueuesSkipCompleted)
            }
            _ => None,
        }
    }
}

/// What a release makes of a body in its log.
pub fn react(body: &Bytes, release: Release) -> Reaction {
    match process(body, release) {
        Ok(processed) => apply(processed, release),
        Err(error) => refused(&error),
    }
}

/// What becomes of a record that is not read.
pub fn refused(error: &BodyError) -> Reaction {
    if let Some(known) = error.known_panic() {
        return Reaction::Panics { reason: known.what };
    }
    let reason = match error {
        BodyError::Malformed(fault) => in_short(fault),
        other => other.to_string(),
    };
    Reaction::Stops { reason }
}

/// A fault with the end of its path.
fn in_short(fault: &Fault) -> String {
    let mut names: Vec<_> = fault.place().fields().take(2).collect();
    names.reverse();
    format!("{}: {}", names.join("."), fault.kind())
}

/// What the processor of a release reads out of a body before it applies it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "the large one is the usual one")]
pub enum Processed {
    /// A record with its command.
    Record(LogRecord),
    /// A record whose payload is only read when it is applied.
    SecondForm(SecondForm),
}

/// What the processor of a release reads out of a body before it applies it. From 1.7 on it makes the
/// second form of everything, so that a pair of producer and number has to mean something by then.
///
/// # Errors
///
/// Why it does not.
pub fn process(body: &Bytes, release: Release) -> Result<Processed, BodyError> {
    if RECORD_CODEC.releases.is_open(release) {
        match framing::split(body, release)? {
            (StorageCodec::Custom, rest) => {
                let form = SecondForm::decode(&rest).map_err(BodyError::Malformed)?;
                return Ok(Processed::SecondForm(form));
            }
            (StorageCodec::Flexbuffers, _) => {}
            _ => return Err(BodyError::Panics { known: &RECORD_CODEC }),
        }
    }
    let record = decode(body, release)?;
    if rule!("record_form.custom_2", release) && Deduplication::of(&record).is_none() {
        return Err(BodyError::Deduplication);
    }
    Ok(Processed::Record(record))
}

/// What a release makes of a record that it has read.
fn apply(processed: Processed, release: Release) -> Reaction {
    let command = match processed {
        Processed::Record(record) => record.command,
        Processed::SecondForm(form) if form.kind.is_none() => {
            return Reaction::Stops { reason: "Unsupported command kind".to_owned() };
        }
        Processed::SecondForm(form) => match form.command(release) {
            Ok(Some(command)) => command,
            Ok(None) => return Reaction::Applied,
            Err(fault) => return refused(&BodyError::Malformed(fault)),
        },
    };
    if let Command::VersionBarrier(barrier) = &command {
        return pass(barrier, release);
    }
    if rule!("record_form.custom_2", release)
        && let Err(fault) = Content::of(&command, context(release))
    {
        return refused(&BodyError::Malformed(fault));
    }
    Reaction::Applied
}

/// Whether a release passes a barrier. Versions are compared by precedence, so that what is behind a
/// `+` does not count. Releases that know features look at them after their own version.
fn pass(barrier: &VersionBarrier, release: Release) -> Reaction {
    let version = &barrier.version.0;
    let own = Semver::parse(&release.exact_name()).unwrap_or(Semver::new(0, 0, 0));
    if own.cmp_precedence(version).is_lt() {
        return Reaction::Blocked { version: version.clone() };
    }
    let unknown: Vec<String> = barrier
        .feature_changes
        .iter()
        .filter(|number| Feature::of(**number, release).is_none())
        .map(u16::to_string)
        .collect();
    if unknown.is_empty() {
        return Reaction::Applied;
    }
    Reaction::Stops { reason: format!("unknown feature changes: {}", unknown.join(", ")) }
}
