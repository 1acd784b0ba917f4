//! Metadata that a node keeps, changes, and writes back as a whole document (08, fact 3).

use crate::fabric::catalogue::Message;
use crate::fabric::messages::metadata::{MetadataContainer, MetadataMessage, MetadataUpdate};

/// A document at its next version; none of a message that brings no document.
pub fn at_next_version(message: &Message) -> Option<Message> {
    match message {
        Message::MetadataUpdate(update) => Some(Message::MetadataUpdate(counted_up(update))),
        Message::MetadataMessage(MetadataMessage::MetadataUpdate(update)) => {
            let update = MetadataMessage::MetadataUpdate(counted_up(update));
            Some(Message::MetadataMessage(update))
        }
        _ => None,
    }
}

fn counted_up(update: &MetadataUpdate) -> MetadataUpdate {
    let mut container = update.container.clone();
    let version = match &mut container {
        MetadataContainer::NodesConfiguration(nodes) => &mut nodes.version,
        MetadataContainer::Schema(schema) => &mut schema.version,
        MetadataContainer::PartitionTable(table) => &mut table.version,
        MetadataContainer::Logs(logs) => &mut logs.version,
    };
    version.0 = version.0.saturating_add(1);
    MetadataUpdate { container }
}
