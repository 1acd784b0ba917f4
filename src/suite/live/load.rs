//! What is asked of a cluster while its nodes are upgraded: invocations that are to run in an hour, of
//! which the cluster says when it has taken them, and afterwards which it has; and who it takes for
//! alive.

use std::collections::BTreeSet;
use std::time::Duration;

use super::acquaintance::{features_in, hello, hello_of};
use super::calls::{answers, ask, sample};
use super::{Block, Heard, Ids, Known, Log, Step, framed, on};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::envelope::GenerationalNodeId;
use crate::fabric::messages::gossip::{ClusterStateReply, ClusterStateStatus, NodeState};
use crate::fabric::messages::ids::{MillisSinceEpoch, PartitionId, PartitionKey};
use crate::fabric::messages::metadata::{GetMetadataRequest, MetadataKind};
use crate::fabric::messages::rpc::Blob;
use crate::fabric::messages::rpc::PartitionProcessorRpcRequest as Request;
use crate::fabric::messages::rpc::invocation::{
    InvocationRequest, InvocationRequestHeader, InvocationTarget, ServiceTarget,
};
use crate::fabric::messages::rpc::request::{
    AppendInvocationReplyOn, PartitionProcessorRpcRequestInner as Inner,
};
use crate::fabric::messages::rpc::response::{
    PartitionProcessorRpcResponse, PartitionProcessorRpcResult,
};
use crate::fabric::messages::text_ids::{InvocationId, PartitionProcessorRpcRequestId};
use crate::fabric::version::VersionRange;

/// What the invocations are of: a service that nobody has.
pub const SERVICE: &str = "skewproof";
/// Gives the invocations that a cluster has.
pub const KEPT: &str =
    "SELECT id FROM sys_invocation_status WHERE target_service_name = 'skewproof'";
/// How long an answer is waited for: clients have other nodes to ask.
const SOON: Duration = Duration::from_millis(1500);
/// The number that calls have.
const NUMBER: u64 = 7;

/// An invocation that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invoked {
    /// Its number among those of its partition.
    pub number: u64,
    /// The partition, and how many there are.
    pub partition: (u16, u16),
    /// When it is to run, in milliseconds since the Unix epoch.
    pub at_ms: u64,
}

impl Invoked {
    /// As the cluster names it.
    pub fn name(self) -> String {
        self.id().to_string()
    }

    /// Partitions have equal parts of all keys, in order.
    fn id(self) -> InvocationId {
        let (partition, of) = self.partition;
        let middle = (2 * u128::from(partition) + 1) << 63;
        let key = middle / u128::from(of.max(1));
        let partition_key = PartitionKey(u64::try_from(key).unwrap_or(u64::MAX));
        InvocationId { partition_key, uuid: self.number.into() }
    }
}

/// Asks a node for an invocation.
pub fn invoke(known: &Known, client: u32, invoked: Invoked) -> Vec<Step> {
    let (name, handler) = (SERVICE.to_owned(), "later".to_owned());
    let header = InvocationRequestHeader {
        id: invoked.id(),
        target: InvocationTarget::Service(ServiceTarget { name, handler, scope: None }),
        execution_time: Some(MillisSinceEpoch(invoked.at_ms)),
        ..InvocationRequestHeader::default()
    };
    let (partition, _) = invoked.partition;
    let request = InvocationRequest { header, body: Blob::default() };
    let message = Message::PartitionProcessorRpcRequest(Request {
        request_id: PartitionProcessorRpcRequestId(invoked.number.into()),
        partition_id: PartitionId(partition),
        sent_at: None,
        inner: Inner::AppendInvocation((request, AppendInvocationReplyOn::Submitted)),
    });
    conversation(known, client, &message, Some(partition.into()))
}

/// Whether a node says that the cluster has taken an invocation.
pub fn is_taken(known: &Known, log: &Log) -> bool {
    use PartitionProcessorRpcResponse::{Appended, Submitted};
    let reply = reply(known, log, MessageType::PartitionProcessorRpcResult);
    matches!(
        reply,
        Some(Message::PartitionProcessorRpcResult(PartitionProcessorRpcResult::Ok(
            Submitted(_) | Appended
        )))
    )
}

/// Asks a node who is alive.
pub fn who_is_alive(known: &Known) -> Vec<Step> {
    let message = sample(MessageType::GetClusterState);
    message.map_or_else(Vec::new, |message| conversation(known, 0, &message, None))
}

/// Whom a node takes for alive; nothing if it does not say.
pub fn alive(known: &Known, log: &Log) -> Option<Vec<GenerationalNodeId>> {
    let reply = reply(known, log, MessageType::ClusterStateReply)?;
    let Message::ClusterStateReply(ClusterStateReply { status, nodes, .. }) = reply else {
        return None;
    };
    let alive = nodes.iter().filter(|node| node.state == NodeState::Alive);
    let alive =
        alive.map(|node| GenerationalNodeId::new(node.node_id.id.0, node.node_id.generation));
    (status == ClusterStateStatus::Ok).then(|| alive.collect())
}

/// Asks a node for the features of its cluster.
pub fn which_features(known: &Known) -> Vec<Step> {
    let metadata_kind = MetadataKind::NodesConfiguration;
    let request = GetMetadataRequest { metadata_kind, min_version: None };
    conversation(known, 0, &Message::GetMetadataRequest(request), None)
}

/// The features of a cluster, as a node knows them; nothing if it does not say.
pub fn features(known: &Known, log: &Log) -> Option<BTreeSet<String>> {
    features_in(reply(known, log, MessageType::MetadataUpdate)?)
}

/// Says a Hello of a process that is over, to a node that knows the next one of its node.
pub fn comes_back(known: &Known, process: GenerationalNodeId) -> Vec<Step> {
    let number = known.release.highest_version().number();
    let hello = hello_of(&known.cluster, process, VersionRange::new(number, number));
    vec![Step::Open, Step::Send(0, framed(&hello)), Step::Hear(0, 1, SOON), Step::End(0)]
}

/// Whether a Hello was taken; nothing if nobody has said so or the contrary.
pub fn is_welcome(log: &Log) -> Option<bool> {
    match on(log, 0).next()? {
        Heard::Frame(_) => Some(true),
        Heard::Status(..) => Some(false),
        Heard::Broken(_) | Heard::Lost(_) => None,
    }
}

fn conversation(known: &Known, client: u32, message: &Message, code: Option<u64>) -> Vec<Step> {
    let (release, version) = (known.release, known.release.highest_version());
    let peer = Ids::of(known, Block::Load).next(1).id + client;
    let range = VersionRange::new(version.number(), version.number());
    let mut bytes = framed(&hello(&known.cluster, peer, range)).to_vec();
    bytes.extend_from_slice(&ask(NUMBER, message, code, release, version).bytes);
    vec![Step::Open, Step::Send(0, bytes.into()), Step::Hear(0, 2, SOON), Step::End(0)]
}

fn reply(known: &Known, log: &Log, of: MessageType) -> Option<Message> {
    let (release, version) = (known.release, known.release.highest_version());
    let answers = answers(log, 0, release);
    let payload = answers.get(&NUMBER)?.first()?.as_ref().ok()?;
    Message::decode(of, payload, release, version.number()).ok()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::suite::live::Noted;

    #[test]
    fn invocations_have_keys_of_their_partitions() {
        let key = |partition| Invoked { number: 1, partition, at_ms: 0 }.id().partition_key.0;
        assert_eq!(key((0, 1)), 1 << 63);
        assert_eq!((key((0, 2)), key((1, 2))), (1 << 62, 3 << 62));
        let len = u64::MAX / 6 + 1;
        assert!((0..6).all(|it| key((it, 6)) / len == u64::from(it)));
    }

    #[test]
    fn silence_is_no_refusal() {
        let heard = |heard| vec![Noted { stream: 0, heard, at: Duration::ZERO }];
        let status = Heard::Status(9, "an old one".to_owned());
        assert_eq!(is_welcome(&heard(Heard::Frame(Bytes::new()))), Some(true));
        assert_eq!(is_welcome(&heard(status)), Some(false));
        assert_eq!(is_welcome(&heard(Heard::Lost("it fell".to_owned()))), None);
        assert_eq!(is_welcome(&heard(Heard::Broken("it was reset".to_owned()))), None);
        assert_eq!(is_welcome(&Log::new()), None);
    }
}
