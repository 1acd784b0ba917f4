//! Metadata, asked for and brought. What is brought stands in [`super::metadata_documents`].

use super::Case;
use super::metadata_documents as documents;
use crate::fabric::messages::ids::Version;
use crate::fabric::messages::metadata::{
    GetMetadataRequest, MetadataContainer, MetadataKind, MetadataMessage, MetadataUpdate,
};

fn ask(metadata_kind: MetadataKind, min_version: Option<u32>) -> GetMetadataRequest {
    GetMetadataRequest { metadata_kind, min_version: min_version.map(Version) }
}

/// Requests that are neither the least nor the most.
fn usual_requests() -> Vec<Case<GetMetadataRequest>> {
    use MetadataKind::{Logs, NodesConfiguration, PartitionTable, Schema};
    vec![
        ("NodesConfiguration-v7", ask(NodesConfiguration, Some(7))),
        ("Schema-none", ask(Schema, None)),
        ("Schema-v7", ask(Schema, Some(7))),
        ("Schema-v0", ask(Schema, Some(0))),
        ("PartitionTable-none", ask(PartitionTable, None)),
        ("PartitionTable-v7", ask(PartitionTable, Some(7))),
        ("Logs-none", ask(Logs, None)),
        ("Logs-v7", ask(Logs, Some(7))),
    ]
}

fn request_minimal() -> GetMetadataRequest {
    GetMetadataRequest::default()
}

fn request_max() -> GetMetadataRequest {
    ask(MetadataKind::Logs, Some(u32::MAX))
}

pub(super) fn requests() -> Vec<Case<GetMetadataRequest>> {
    let mut cases = vec![("minimal", request_minimal())];
    cases.extend(usual_requests());
    cases.push(("max", request_max()));
    cases
}

fn bring(container: MetadataContainer) -> MetadataUpdate {
    MetadataUpdate { container }
}

pub(super) fn updates() -> Vec<Case<MetadataUpdate>> {
    let documents = documents::of_all_releases().into_iter().chain(documents::since_1_4());
    let mut cases = vec![("minimal", bring(MetadataContainer::default()))];
    cases.extend(documents.map(|(case, document)| (case, bring(document))));
    cases.push(("max", bring(documents::max())));
    cases
}

/// All of them as 1.2 and 1.3 have them: in a wrapper.
pub(super) fn wrapped() -> Vec<Case<MetadataMessage>> {
    use MetadataMessage::{GetMetadataRequest as Get, MetadataUpdate as Update};
    let documents = documents::of_all_releases().into_iter().chain(documents::until_1_3());
    let mut cases = vec![("minimal", Get(request_minimal()))];
    cases.extend(usual_requests().into_iter().map(|(case, request)| (case, Get(request))));
    cases.push(("request-max", Get(request_max())));
    cases.push(("update-minimal", Update(bring(MetadataContainer::default()))));
    cases.extend(documents.map(|(case, document)| (case, Update(bring(document)))));
    cases.push(("max", Update(bring(documents::max()))));
    cases
}
