//! What the audit finds: a change between lines, where it is, who meets it, and what becomes of it.

use std::fmt;
use std::sync::LazyLock;

use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
pub use crate::harness::gates::Outcome;
use crate::harness::gates::{self, Met};
use crate::suite::compatibility::{self, Row};
use crate::suite::value::ValueType;

/// How something comes from one release to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Road {
    /// Over a connection of this version.
    Version(ProtocolVersion),
    /// In the log of a partition.
    Log,
    /// In the metadata store.
    Store,
}

impl fmt::Display for Road {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => version.fmt(f),
            Self::Log => f.write_str("log"),
            Self::Store => f.write_str("store"),
        }
    }
}

/// What changed between the line that sends and the line that receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// The receiver has no such message yet.
    MessageAdded,
    /// The receiver has no such message any more.
    MessageRemoved,
    /// The receiver does not know the variant yet.
    VariantAdded,
    /// The receiver does not know the variant any more.
    VariantRemoved,
    /// The receiver does not know the field yet.
    FieldAdded,
    /// The receiver does not know the field any more.
    FieldRemoved,
    /// Both know it, but not in the same form, or not with the same values.
    Form,
}

impl Change {
    /// Every change.
    pub const ALL: [Self; 7] = [
        Self::MessageAdded,
        Self::MessageRemoved,
        Self::VariantAdded,
        Self::VariantRemoved,
        Self::FieldAdded,
        Self::FieldRemoved,
        Self::Form,
    ];

    /// What it is called, in lists too.
    pub const fn words(self) -> &'static str {
        match self {
            Self::MessageAdded => "message added",
            Self::MessageRemoved => "message removed",
            Self::VariantAdded => "variant added",
            Self::VariantRemoved => "variant removed",
            Self::FieldAdded => "field added",
            Self::FieldRemoved => "field removed",
            Self::Form => "other form",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// One line sends to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Who sends.
    pub from: Release,
    /// Who receives.
    pub to: Release,
}

/// A gate that is open for a sender and closed for a receiver, tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateFinding {
    /// How it comes from one to the other.
    pub road: Road,
    /// The message; both metadata messages go by their names of today. Or what is kept.
    pub of: ValueType,
    /// The field or variant, as `inner.CancelInvocation`; empty for the message as a whole. Of what is
    /// kept, the row of the table of gates, as `Command.PurgeJournal`, where there is one.
    pub path: String,
    /// What changed.
    pub change: Change,
    /// What the receiver does.
    pub outcome: Outcome,
    /// What it says, or what it reads.
    pub reason: String,
    /// Between whom: by sender, then by receiver, oldest first. Never empty.
    pub pairs: Vec<Pair>,
}

impl GateFinding {
    /// Its address, as `V1/PartitionProcessorRpcRequest/inner.CancelInvocation`. It is the same
    /// from run to run, and with the change it is the only one.
    pub fn address(&self) -> String {
        let (road, of) = (self.road, self.of.word());
        if self.path.is_empty() {
            format!("{road}/{of}")
        } else {
            format!("{road}/{of}/{}", self.path)
        }
    }

    /// What the table of [compatibility] says of it: a row for each pair that it is another for.
    ///
    /// [compatibility]: crate::suite::compatibility
    pub fn rows(&self) -> Vec<&'static Row> {
        let address = self.address();
        let address = address.split_once('/').map_or("", |(_, rest)| rest);
        let mut rows: Vec<&'static Row> = Vec::new();
        let all =
            self.pairs.iter().filter_map(|it| compatibility::of_finding(address, it.from, it.to));
        for row in all {
            if !rows.iter().any(|known| known.id == row.id) {
                rows.push(row);
            }
        }
        rows
    }

    /// The lines that send, oldest first.
    pub fn from(&self) -> Vec<Release> {
        in_order(self.pairs.iter().map(|pair| pair.from))
    }

    /// The lines that receive, oldest first.
    pub fn to(&self) -> Vec<Release> {
        in_order(self.pairs.iter().map(|pair| pair.to))
    }

    /// The pairs in words: senders with the same receivers together, as `1.5, 1.6 to 1.4`. What reaches the
    /// newest release is `1.5 and later`: a release that comes and does as the one before it changes no words.
    pub fn pairs_in_words(&self) -> String {
        let pairs: Vec<gates::Pair> =
            self.pairs.iter().map(|pair| (index(pair.from), index(pair.to))).collect();
        gates::pairs_in_words(&NAMES, &pairs)
    }
}

/// What tells one finding from another, in the order in which they are told.
pub(super) type Key = (Road, ValueType, String, Change);

impl From<Met<Key>> for GateFinding {
    fn from(met: Met<Key>) -> Self {
        let (road, of, path, change) = met.what;
        let pair =
            |(from, to): gates::Pair| Some(Pair { from: *STABLE.get(from)?, to: *STABLE.get(to)? });
        let pairs = met.pairs.into_iter().filter_map(pair).collect();
        Self { road, of, path, change, outcome: met.outcome, reason: met.reason, pairs }
    }
}

/// The releases that are paired, oldest first.
static STABLE: LazyLock<Vec<Release>> = LazyLock::new(|| Release::stable().collect());
/// Their names, and those of their lines.
static NAMES: LazyLock<Vec<gates::Release>> = LazyLock::new(|| {
    let name = |it: &Release| gates::Release { name: it.exact_name(), line: it.line().to_string() };
    STABLE.iter().map(name).collect()
});

/// The place of a release among those that are paired.
pub(super) fn index(release: Release) -> usize {
    STABLE.partition_point(|it| it.number() < release.number())
}

fn in_order(releases: impl Iterator<Item = Release>) -> Vec<Release> {
    let mut releases: Vec<Release> = releases.collect();
    releases.sort_by_key(|release| release.number());
    releases.dedup();
    releases
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::catalogue::MessageType;
    use crate::fabric::release::ReleaseNumber;

    #[test]
    fn pairs_are_said_once() {
        let of_line = |line: &str| -> Vec<Release> {
            let line: Release = line.parse().unwrap();
            Release::stable().filter(|release| release.line() == line).collect()
        };
        let between = |from: &str, to: &str| -> Vec<Pair> {
            let to = of_line(to);
            let pairs = |from| to.iter().map(move |to| Pair { from, to: *to }).collect::<Vec<_>>();
            of_line(from).into_iter().flat_map(pairs).collect()
        };
        let finding = GateFinding {
            road: Road::Version(ProtocolVersion::V1),
            of: ValueType::Message(MessageType::PartitionProcessorRpcResult),
            path: "Ok.CancelInvocation".to_owned(),
            change: Change::VariantAdded,
            outcome: Outcome::Refused,
            reason: String::new(),
            pairs: [between("1.3", "1.2"), between("1.4", "1.2"), between("1.4", "1.3")].concat(),
        };
        assert_eq!(finding.address(), "V1/PartitionProcessorRpcResult/Ok.CancelInvocation");
        assert_eq!(finding.pairs_in_words(), "1.3 to 1.2; 1.4 to 1.2, 1.3");
        let product = GateFinding {
            pairs: [between("1.5", "1.4"), between("1.6", "1.4")].concat(),
            ..finding
        };
        assert_eq!(product.pairs_in_words(), "1.5, 1.6 to 1.4");
        let mut patches = between("1.4", "1.6");
        patches.retain(|pair| pair.from.number() <= ReleaseNumber::stable(4, 2));
        patches.retain(|pair| pair.to == "1.6.1".parse().unwrap());
        let patches = GateFinding { pairs: patches, ..product };
        assert_eq!(patches.pairs_in_words(), "1.4.0-1.4.2 to 1.6.1");
        let [mut newest, later] = [between("1.7", "1.6"), between("1.6", "1.7")];
        newest.retain(|pair| pair.from.number() >= ReleaseNumber::stable(7, 3));
        let words = |pairs| GateFinding { pairs, ..patches.clone() }.pairs_in_words();
        assert_eq!(words(newest), "1.7.3 and later to 1.6");
        assert_eq!(words([between("1.5", "1.7"), later].concat()), "1.5, 1.6 to 1.7 and later");
    }
}
