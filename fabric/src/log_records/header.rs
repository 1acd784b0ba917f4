//! Who wrote a record, and for whom (09 §2).

use super::optional::SourceDetail;
use crate::codec::describe::prelude::*;
use crate::messages::ids::{
    GenerationalNodeId, LeaderEpoch, PartitionId, PartitionKey, PlainNodeId, Version,
};

record! {
    /// What stands before the command of a record.
    pub struct RecordHeader {
        source: Source,
        dest: Destination,
    }
}

one_of! {
    /// Who wrote a record.
    pub enum Source {
        Processor(SourceProcessor),
        Ingress(SourceIngress),
        ControlPlane(SourceControlPlane),
    }
}

record! {
    /// The leader of a partition.
    pub struct SourceProcessor [variant()] {
        partition_id: SourceDetail<PartitionId>,
        partition_key: Option<PartitionKey>,
        leader_epoch: LeaderEpoch,
        node_id: SourceDetail<PlainNodeId>,
        generational_node_id: Option<GenerationalNodeId>,
    }
}

record! {
    /// The ingress of events.
    pub struct SourceIngress [variant()] {
        node_id: SourceDetail<GenerationalNodeId>,
        nodes_config_version: SourceDetail<Version>,
    }
}

record! {
    /// An operator's command, by way of an admin node.
    pub struct SourceControlPlane [variant()] {}
}

one_of! {
    /// For whom a record is.
    pub enum Destination {
        Processor(DestinationProcessor),
    }
}

record! {
    /// The partition with this key.
    pub struct DestinationProcessor [variant()] {
        partition_key: PartitionKey,
        dedup: Option<DedupInformation>,
    }
}

record! {
    /// By what a record is recognised when it comes again.
    pub struct DedupInformation {
        producer_id: ProducerId,
        sequence_number: DedupSequenceNumber,
    }
}

one_of! {
    /// Who numbers records.
    pub enum ProducerId {
        Partition(PartitionId),
        /// `SELF` for what a leader proposes itself; any other text is a consumer of events.
        Other(String),
        Producer(Producer),
    }
}

record! {
    /// A number of 128 bits in two halves.
    pub struct Producer {
        h: u64,
        l: u64,
    }
}

one_of! {
    /// The number of a record among those of its producer.
    pub enum DedupSequenceNumber {
        Sn(u64),
        Esn(EpochSequenceNumber),
    }
}

record! {
    /// A number that begins again with every epoch of a leader.
    pub struct EpochSequenceNumber {
        leader_epoch: LeaderEpoch,
        sequence_number: u64,
    }
}
