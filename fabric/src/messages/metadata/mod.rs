//! Metadata, which every node keeps a copy of (03 §8). Here it is in its wire form, not in the form
//! in which it is stored.

pub mod address;
pub mod features;
pub mod location;
pub mod logs;
pub mod nodes;
pub mod params;
pub mod partition_table;
pub mod present;
pub mod replication;
pub mod roles;
pub mod schema;

use self::logs::Logs;
use self::nodes::NodesConfiguration;
use self::partition_table::PartitionTable;
use self::schema::Schema;
use super::ids::Version;
use crate::codec::describe::prelude::*;

one_of! {
    /// The wrapper that both metadata messages have at V1. 1.2 and 1.3 know only this.
    pub enum MetadataMessage {
        GetMetadataRequest(GetMetadataRequest),
        MetadataUpdate(MetadataUpdate),
    }
}

record! {
    /// Asks for a piece of metadata.
    pub struct GetMetadataRequest {
        metadata_kind: MetadataKind,
        min_version: Option<Version>,
    }
}

one_of! {
    /// The pieces of metadata.
    pub enum MetadataKind {
        NodesConfiguration,
        Schema,
        PartitionTable,
        Logs,
    }
}

record! {
    /// Brings a piece of metadata, asked for or not.
    pub struct MetadataUpdate {
        container: MetadataContainer,
    }
}

one_of! {
    /// A piece of metadata.
    pub enum MetadataContainer {
        NodesConfiguration(NodesConfiguration),
        Schema(Schema),
        PartitionTable(PartitionTable),
        Logs(Logs),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::codec::json::{from_json, to_json};
    use crate::messages::tests::context;

    #[test]
    fn the_wrapper_adds_one_level() {
        let cx = context("1.3");
        let request =
            GetMetadataRequest { metadata_kind: MetadataKind::Logs, min_version: Some(Version(7)) };
        let bare = to_json(&request, cx).unwrap();
        assert_eq!(bare, json!({"metadata_kind": "Logs", "min_version": 7}));
        let wrapped = MetadataMessage::GetMetadataRequest(request);
        assert_eq!(to_json(&wrapped, cx).unwrap(), json!({"GetMetadataRequest": bare}));
    }

    #[test]
    fn documents_stand_under_their_kind() {
        let cx = context("1.7");
        let json = json!({"container": {"Schema":
            {"deployments_v2": [], "subscriptions": [], "version": 1}}});
        let update: MetadataUpdate = from_json(&json, cx).unwrap();
        assert!(matches!(update.container, MetadataContainer::Schema(_)));
        assert_eq!(to_json(&update, cx).unwrap(), json);
    }
}
