//! The payload types of the fabric: one typed superset per message, which every release line holds
//! a part of (03).
//!
//! Where an old line's form differs, the difference stands at the type that has it: a gate on a
//! field or variant, or a form written out by hand ([`records::Payloads`] for the record layouts
//! of V2 and V3, [`sequencer::SequencerStatus`] for V1, [`rpc::invocation::CompletionRetention`],
//! [`metadata::roles`], [`metadata::replication`], [`metadata::schema`],
//! [`metadata::partition_table::DbName`] and [`metadata::nodes::MetadataServerConfig`] for the
//! lines).

pub mod gossip;
pub mod ids;
pub mod ingest;
pub mod log_server;
pub mod metadata;
pub mod node_state;
pub mod processors;
pub mod records;
pub mod rpc;
pub mod scanner;
pub mod sequencer;
pub mod text_ids;

#[cfg(test)]
mod tests {
    use crate::codec::tree::Context;
    use crate::release::Release;
    use crate::version::ProtocolVersion;

    /// A release, at the newest version that it speaks.
    pub(super) fn context(release: &str) -> Context {
        let release: Release = release.parse().unwrap();
        let is_spoken = |version: &ProtocolVersion| release.range().contains(version.number());
        let version = ProtocolVersion::ALL.into_iter().rfind(is_spoken).unwrap();
        Context { release, version }
    }
}
