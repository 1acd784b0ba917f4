//! What the partition processor of a release makes of a body: it applies it, waits behind a barrier,
//! stops, or takes the process with it (09 §1, §2.2, §5; 08 §0).

use std::fmt;

use bytes::Bytes;
use semver::Version as Semver;

use super::blobs;
use super::command::Command;
use super::control::VersionBarrier;
use super::custom::SecondForm;
use super::framing::{self, BodyError, StorageCodec};
use super::header::{DedupInformation, DedupSequenceNumber, Destination, ProducerId};
use super::{LogRecord, context, decode};
use crate::fabric::codec::fault::{Fault, FaultKind};
use crate::fabric::gates::rule;
use crate::fabric::panics::RECORD_CODEC;
use crate::fabric::release::Release;

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
    /// What a pair of producer and number means; none if it means nothing.
    pub fn of(information: Option<&DedupInformation>) -> Option<Self> {
        use {DedupSequenceNumber as Number, ProducerId as Producer};
        let Some(DedupInformation { producer_id, sequence_number }) = information else {
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

    /// The release that it asks for in its barrier.
    pub const fn needs(self) -> Semver {
        match self {
            Self::JournalV2 => Semver::new(1, 6, 0),
            Self::VQueues | Self::UniqueRandomSeeds => Semver::new(1, 7, 0),
            Self::VQueuesSkipCompleted => Semver::new(1, 7, 5),
        }
    }
}

/// What a release makes of a body in its log.
pub fn react(body: &Bytes, release: Release) -> Reaction {
    match process(body, release) {
        Ok(Some(record)) => apply(&record, release),
        Ok(None) => Reaction::Stops { reason: "a form that nobody writes".to_owned() },
        Err(BodyError::Panics { known }) => Reaction::Panics { reason: known.what },
        Err(BodyError::Malformed(fault)) => match fault.kind() {
            FaultKind::Panics { known } => Reaction::Panics { reason: known.what },
            _ => Reaction::Stops { reason: in_short(&fault) },
        },
        Err(error) => Reaction::Stops { reason: error.to_string() },
    }
}

/// A fault with the end of its path.
fn in_short(fault: &Fault) -> String {
    let mut names: Vec<_> = fault.place().fields().take(2).collect();
    names.reverse();
    format!("{}: {}", names.join("."), fault.kind())
}

/// What the processor of a release reads out of a body before it applies it; nothing where it takes
/// the second custom form, whose payloads nobody has written.
///
/// # Errors
///
/// Why it does not.
pub fn process(body: &Bytes, release: Release) -> Result<Option<LogRecord>, BodyError> {
    if RECORD_CODEC.releases.is_open(release) {
        match framing::split(body, release)? {
            (StorageCodec::Custom, rest) => {
                return SecondForm::decode(&rest).map(|_| None).map_err(BodyError::Malformed);
            }
            (StorageCodec::Flexbuffers, _) => {}
            _ => return Err(BodyError::Panics { known: &RECORD_CODEC }),
        }
    }
    decode(body, release).map(Some)
}

/// What a release makes of a record that it has read.
fn apply(record: &LogRecord, release: Release) -> Reaction {
    if let Command::VersionBarrier(barrier) = &record.command {
        return pass(barrier, release);
    }
    let Destination::Processor(dest) = &record.header.dest;
    if rule!("record_form.custom_2", release) {
        if Deduplication::of(dest.dedup.as_ref()).is_none() {
            return Reaction::Stops { reason: "invalid deduplication information".to_owned() };
        }
        if let Err(fault) = blobs::verify(&record.command, context(release)) {
            return Reaction::Stops { reason: in_short(&fault) };
        }
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
