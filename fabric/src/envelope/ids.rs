//! The small messages that others are made of. Their layout is the same in all releases (01 §4).

use std::collections::BTreeMap;
use std::fmt;

use super::json::json_message;
use super::wire::Layout;

/// A node by its plain number, with or without a generation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct NodeId {
    /// The plain number of the node.
    #[prost(uint32, tag = "1")]
    pub id: u32,
    /// Which run of the node, if one is meant.
    #[prost(uint32, optional, tag = "2")]
    pub generation: Option<u32>,
}

/// One run of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Message)]
pub struct GenerationalNodeId {
    /// The plain number of the node; 0 is no node.
    #[prost(uint32, tag = "1")]
    pub id: u32,
    /// Which run of the node; 0 is none.
    #[prost(uint32, tag = "2")]
    pub generation: u32,
}

impl GenerationalNodeId {
    /// The run `generation` of node `id`.
    pub const fn new(id: u32, generation: u32) -> Self {
        Self { id, generation }
    }
}

impl fmt::Display for GenerationalNodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "N{}:{}", self.id, self.generation)
    }
}

/// A version of a metadata document; 0 is none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Message)]
pub struct Version {
    /// The number.
    #[prost(uint32, tag = "1")]
    pub value: u32,
}

/// A position in a log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Message)]
pub struct Lsn {
    /// The number.
    #[prost(uint64, tag = "1")]
    pub value: u64,
}

/// A leadership of a partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Message)]
pub struct LeaderEpoch {
    /// The number.
    #[prost(uint64, tag = "1")]
    pub value: u64,
}

/// Where a frame belongs in a distributed trace: W3C propagation keys and values. Present or not
/// by the sender's tracing configuration; encoded here in ascending order of keys, by released
/// nodes in any order (01 §3).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SpanContext {
    /// `traceparent`, `tracestate`.
    #[prost(btree_map = "string, string", tag = "1")]
    pub fields: BTreeMap<String, String>,
}

json_message!(NodeId { id, generation });
json_message!(GenerationalNodeId { id, generation });
json_message!(Version { value });
json_message!(Lsn { value });
json_message!(LeaderEpoch { value });
json_message!(SpanContext { fields });

impl Layout for GenerationalNodeId {}
impl Layout for LeaderEpoch {}
impl Layout for Lsn {}
impl Layout for NodeId {}
impl Layout for SpanContext {}
impl Layout for Version {}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;

    #[test]
    fn presence_of_a_generation_is_seen_only_in_a_node_id() {
        let node = NodeId { id: 1, generation: Some(0) };
        assert_eq!(node.encode_to_vec(), [0x08, 1, 0x10, 0]);
        assert_eq!(GenerationalNodeId::new(1, 0).encode_to_vec(), [0x08, 1]);
        assert_eq!(GenerationalNodeId::new(2, 9).to_string(), "N2:9");
    }

    #[test]
    fn a_span_context_is_written_in_order_of_keys() {
        let pair = |key: &str| (key.to_owned(), String::new());
        let fields = BTreeMap::from([pair("b"), pair("a")]);
        assert_eq!(SpanContext { fields }.encode_to_vec(), b"\x0a\x03\x0a\x01a\x0a\x03\x0a\x01b");
    }
}
