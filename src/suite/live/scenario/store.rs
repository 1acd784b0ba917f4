//! What operators want of the leader of a partition, as it stands in the metadata store of a cluster
//! (09 §9.1): a document for each partition, read and written over gRPC as the tool of operators does.

use std::collections::BTreeSet;

use bytes::Bytes;
use prost::Message as _;

use crate::fabric::gates::rule;
use crate::fabric::log_records::epoch::{
    Affinity, EpochMetadata, Freeze, LeadershipPolicy, PlacementPolicy,
};
use crate::fabric::log_records::{decode, encode};
use crate::fabric::messages::ids::{PlainNodeId, Version};
use crate::fabric::release::Release;
use crate::suite::live::prefixed;

/// The methods of the store.
pub const GET: &str = "/restate.metadata_server_svc.MetadataServerSvc/Get";
/// The one that writes.
pub const PUT: &str = "/restate.metadata_server_svc.MetadataServerSvc/Put";
/// A document is written if nobody has written it since it was read.
const MATCHES_VERSION: i32 = 3;
/// Why somebody wants it.
const REASON: &str = "made here";

#[derive(Clone, PartialEq, prost::Message)]
struct Get {
    #[prost(string, tag = "1")]
    key: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Put {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Versioned>,
    #[prost(message, optional, tag = "3")]
    precondition: Option<Precondition>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Got {
    #[prost(message, optional, tag = "1")]
    value: Option<Versioned>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Versioned {
    #[prost(message, optional, tag = "1")]
    version: Option<Number>,
    #[prost(bytes = "bytes", tag = "2")]
    bytes: Bytes,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Precondition {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(message, optional, tag = "2")]
    version: Option<Number>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Number {
    #[prost(uint32, tag = "1")]
    value: u32,
}

/// The document of a partition.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    partition: u16,
    epoch: EpochMetadata,
}

/// Asks for the document of a partition.
pub fn get(partition: u16) -> Bytes {
    prefixed(&Get { key: key(partition) }.encode_to_vec())
}

fn key(partition: u16) -> String {
    format!("pp_epoch_{partition}")
}

impl Document {
    /// Reads what was asked for.
    ///
    /// # Errors
    ///
    /// If there is none, or a release cannot read it, in words.
    pub fn read(partition: u16, answer: &[u8], release: Release) -> Result<Self, String> {
        let got = Got::decode(answer).map_err(|error| error.to_string())?;
        let value = got.value.ok_or("there is no such document")?;
        let epoch = decode(&value.bytes, release).map_err(|error| error.to_string())?;
        Ok(Self { partition, epoch })
    }

    /// The same, with what an operator wants as far as a release has it: the leader is to be who it is, and
    /// nothing is to change.
    ///
    /// # Errors
    ///
    /// If nobody has led so far, in words.
    pub fn pinned(self, release: Release) -> Result<Self, String> {
        let leader = self.epoch.leader_metadata.0.as_ref().ok_or("nobody leads it")?;
        let node = PlainNodeId(leader.node_id.id.0);
        let freeze = || Freeze { reason: REASON.to_owned() };
        let is_placed = rule!("EpochMetadata.placement_policy", release);
        let mut epoch = self.epoch;
        epoch.version = Version(epoch.version.0 + 1);
        epoch.leadership_policy.affinity = Some(Affinity::Node(node));
        epoch.leadership_policy.freeze = Some(freeze());
        epoch.placement_policy.freeze = is_placed.then(freeze);
        Ok(Self { epoch, ..self })
    }

    /// What of that was there before, and is not there as it was.
    fn lost(&self, before: &Self) -> Vec<&'static str> {
        let [led, was_led] = [self, before].map(|it| &it.epoch.leadership_policy);
        let [placed, was_placed] = [self, before].map(|it| &it.epoch.placement_policy);
        let all = [
            ("the pin", led.affinity != was_led.affinity),
            ("the freeze of the leader", led.freeze != was_led.freeze),
            ("the freeze of the nodes", placed.freeze != was_placed.freeze),
        ];
        all.into_iter().filter(|(_, is_lost)| *is_lost).map(|(what, _)| what).collect()
    }

    /// Whether an operator wants nothing.
    fn is_plain(&self) -> bool {
        let EpochMetadata { leadership_policy, placement_policy, .. } = &self.epoch;
        *leadership_policy == LeadershipPolicy::default()
            && *placement_policy == PlacementPolicy::default()
    }

    /// Writes it, if it is one further than the one that is there.
    ///
    /// # Errors
    ///
    /// If a release does not write it, in words.
    pub fn put(&self, release: Release) -> Result<Bytes, String> {
        let bytes = encode(&self.epoch, release).map_err(|error| error.to_string())?;
        let number = |value| Some(Number { value });
        let version = self.epoch.version.0;
        let put = Put {
            key: key(self.partition),
            value: Some(Versioned { version: number(version), bytes }),
            precondition: Some(Precondition {
                kind: MATCHES_VERSION,
                version: number(version.saturating_sub(1)),
            }),
        };
        Ok(prefixed(&put.encode_to_vec()))
    }
}

/// What is not there any more of what an operator wants, in words, by documents of then and of now.
pub fn lost(then: &[Document], now: &[Document]) -> Option<String> {
    let pairs = now.iter().zip(then).map(|(now, then)| (now, now.lost(then)));
    let lost: Vec<_> = pairs.filter(|(_, lost)| !lost.is_empty()).collect();
    let count = format!("{} of {}", lost.len(), then.len());
    let what: BTreeSet<&str> = lost.iter().flat_map(|(_, lost)| lost).copied().collect();
    if lost.is_empty() {
        None
    } else if lost.iter().all(|(now, _)| now.is_plain()) {
        Some(format!("{count} partitions are neither pinned nor frozen any more"))
    } else {
        let what = Vec::from_iter(what).join(", ");
        Some(format!("{count} partitions have lost {what}, and nothing else"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document that a server of 1.7.12 gave.
    const ANSWER: &str = "0afc01\
        0a02080412f50102f000000076657273696f6e006c65616465725f6d6574616461746100706172746974696f6e5f69\
        64006e6f64655f6964000102020b190201020800440865706f63680063757272656e74007265706c69636174696f6e\
        00097b6e6f64653a20327d007265706c6963615f7365740003016d6f6469666965645f617400636f6e746578740000\
        000100050d1a2941890000000000000b000000000000000100000000000000050000000000000024000000000000001b\
        fdf629a20100004e000000000000006c000000000000000200000000000000240b44140b6e65787400059ca3d509df05\
        01053b02b0000427082400080a2401";

    #[test]
    fn what_an_operator_wants_is_written_and_read_again() {
        let newer: Release = "1.7.12".parse().unwrap();
        let answer = hex::decode(ANSWER).unwrap();
        let found = Document::read(0, &answer, newer).unwrap();
        assert!(found.is_plain());
        let version = found.epoch.version.0;
        let pinned = found.pinned(newer).unwrap();
        let put = Put::decode(&pinned.put(newer).unwrap()[5..]).unwrap();
        assert_eq!((put.key.as_str(), pinned.epoch.version.0), ("pp_epoch_0", version + 1));
        let answer = Got { value: put.value }.encode_to_vec();
        let read = |name: &str| Document::read(0, &answer, name.parse().unwrap()).unwrap();
        let lost =
            |name: &str| lost(&[pinned.clone(), pinned.clone()], &[read("1.7.12"), read(name)]);
        assert_eq!(lost("1.7.12"), None);
        // An older one reads it without, and writes what it has read.
        let words = |words: &str| Some(format!("1 of 2 partitions {words}"));
        assert_eq!(lost("1.6.2"), words("are neither pinned nor frozen any more"));
        assert_eq!(lost("1.7.2"), words("have lost the freeze of the nodes, and nothing else"));
        assert!(Document::read(0, b"", newer).is_err());
    }

    #[test]
    fn what_a_release_does_not_have_no_operator_wants_of_it() {
        let answer = hex::decode(ANSWER).unwrap();
        for (name, is_placed) in [("1.7.2", false), ("1.7.3", true)] {
            let release: Release = name.parse().unwrap();
            let pinned = Document::read(0, &answer, release).unwrap().pinned(release).unwrap();
            assert_eq!(pinned.epoch.placement_policy.freeze.is_some(), is_placed, "{name}");
            assert!(pinned.put(release).is_ok(), "{name}");
        }
    }
}
