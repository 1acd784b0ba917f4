//! The messages of the benchmark as plain structs with the libraries' derives: what the released
//! servers' codecs come down to. And the values that are measured.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use skewproof::fabric::messages::gossip::{Gossip as OurGossip, GossipNode as OurGossipNode};
use skewproof::fabric::messages::ids::{
    GenerationalNodeId, GossipFlags, LogId, LogletId, LogletOffset, MillisSinceEpoch,
    NanosSinceEpoch, SegmentIndex,
};
use skewproof::fabric::messages::log_server::{LogServerRequestHeader, Store as OurStore};
use skewproof::fabric::messages::records::{Keys as OurKeys, Payloads, Record as OurRecord};
use skewproof::fabric::messages::sequencer::{Append as OurAppend, CommonRequestHeader};

/// Bytes of a record's body.
const BODY_LEN: usize = 1024;
/// Records of a message.
const RECORDS: u64 = 10;
/// A time, in milliseconds.
const NOW: u64 = 1_754_000_000_123;

/// Gossip about five nodes: 100 bytes.
pub fn gossip() -> OurGossip {
    let node = |id: u32, generation, age: u32| OurGossipNode {
        instance_ts: MillisSinceEpoch(NOW + 10 * u64::from(id)),
        node_id: GenerationalNodeId::new(id, generation),
        gossip_age: age,
        in_failover: id == 3,
    };
    OurGossip {
        instance_ts: MillisSinceEpoch(NOW),
        sent_at: MillisSinceEpoch(NOW + 250),
        flags: GossipFlags(0),
        nodes: vec![node(1, 1, 0), node(2, 3, 1), node(3, 5, 3), node(4, 7, 127), node(5, 9, 128)],
        partitions: Vec::new(),
    }
}

fn payloads() -> Payloads {
    let record = |number: u64| OurRecord {
        created_at: NanosSinceEpoch(NOW * 1_000_000 + number),
        body: Bytes::from(vec![number as u8; BODY_LEN]),
        keys: OurKeys::Single(number * 1_000_003),
    };
    Payloads((0..RECORDS).map(record).collect())
}

/// A `Store` with ten records of 1 KiB.
pub fn store() -> OurStore {
    OurStore {
        header: LogServerRequestHeader {
            loglet_id: LogletId(4_294_967_298),
            known_global_tail: LogletOffset(100),
        },
        timeout_at: Some(MillisSinceEpoch(NOW)),
        first_offset: LogletOffset(101),
        sequencer: GenerationalNodeId::new(1, 7),
        known_archived: LogletOffset(50),
        payloads: payloads(),
        ..OurStore::default()
    }
}

/// An `Append` with ten records of 1 KiB.
pub fn append() -> OurAppend {
    let header = CommonRequestHeader {
        log_id: LogId(1),
        segment_index: SegmentIndex(3),
        loglet_id: LogletId(4_294_967_298),
    };
    OurAppend { header, payloads: payloads() }
}

#[derive(Debug, Clone, PartialEq, bilrost::Message)]
pub struct Gossip {
    #[bilrost(1)]
    instance_ts: u64,
    #[bilrost(2)]
    sent_at: u64,
    #[bilrost(3)]
    flags: u32,
    #[bilrost(4)]
    nodes: Vec<GossipNode>,
}

#[derive(Debug, Clone, PartialEq, bilrost::Message)]
pub struct GossipNode {
    #[bilrost(1)]
    instance_ts: u64,
    #[bilrost(2)]
    node_id: NodeId,
    #[bilrost(3)]
    gossip_age: u32,
    #[bilrost(4)]
    in_failover: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, bilrost::Message)]
pub struct NodeId(#[bilrost(0)] u32, #[bilrost(1)] u32);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, bilrost::Message)]
pub struct RequestHeader {
    #[bilrost(1)]
    loglet_id: u64,
    #[bilrost(2)]
    known_global_tail: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, bilrost::Message)]
pub struct CommonHeader {
    #[bilrost(1)]
    log_id: u32,
    #[bilrost(2)]
    segment_index: u32,
    #[bilrost(3)]
    loglet_id: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, bilrost::Oneof, bilrost::Message)]
pub enum Keys {
    None,
    #[bilrost(1)]
    Single(u64),
    #[bilrost(2)]
    Pair((u64, u64)),
    #[bilrost(3)]
    RangeInclusive(Range),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, bilrost::Message)]
pub struct Range {
    #[bilrost(0)]
    start: u64,
    #[bilrost(1)]
    end: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, bilrost::Message)]
#[serde(transparent)]
pub struct Body {
    #[bilrost(1)]
    bytes: Bytes,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, bilrost::Message)]
pub struct Record {
    #[bilrost(1)]
    created_at: u64,
    #[bilrost(2)]
    body: Body,
    #[bilrost(3)]
    keys: Keys,
}

#[derive(Debug, Clone, PartialEq, bilrost::Message)]
pub struct RecordV3 {
    #[bilrost(1)]
    created_at: u64,
    #[bilrost(2)]
    keys: Keys,
    #[bilrost(3)]
    body: Bytes,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, bilrost::Message)]
#[serde(transparent)]
pub struct Records {
    #[bilrost(0)]
    list: Vec<Record>,
}

#[derive(Debug, Clone, PartialEq, bilrost::Message)]
pub struct RecordsV3 {
    #[bilrost(tag(0), encoding(packed))]
    list: Vec<RecordV3>,
}

/// A message with record lists of one layout.
macro_rules! messages {
    ($store:ident, $append:ident, $records:ident $(, $derive:ident)*) => {
        #[derive(Debug, Clone, PartialEq, $($derive,)* bilrost::Message)]
        pub struct $store {
            #[bilrost(1)]
            header: RequestHeader,
            #[bilrost(2)]
            timeout_at: Option<u64>,
            #[bilrost(3)]
            flags: u32,
            #[bilrost(4)]
            first_offset: u32,
            #[bilrost(5)]
            sequencer: NodeId,
            #[bilrost(6)]
            known_archived: u32,
            #[bilrost(7)]
            payloads: $records,
        }

        #[derive(Debug, Clone, PartialEq, $($derive,)* bilrost::Message)]
        pub struct $append {
            #[bilrost(1)]
            header: CommonHeader,
            #[bilrost(2)]
            payloads: $records,
        }
    };
}

messages!(Store, Append, Records, Serialize, Deserialize);
messages!(StoreV3, AppendV3, RecordsV3);
