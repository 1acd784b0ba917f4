//! Whom a request is for: services from V2 on, targets at V1 (01 §7 to §9, 02 §5).

use super::local::{Local, ServiceState};
use super::quirk::Quirk;
use crate::catalogue::{Message, MessageType, Role};
use crate::envelope::RpcStatus;
use crate::gates::rule;
use crate::release::Release;

/// The services of the log server: data and meta.
const LOG_SERVER: [i32; 2] = [26, 27];
/// The services of the sequencer: data and meta.
const SEQUENCER: [i32; 2] = [44, 45];
/// The service of partition leaders.
const PARTITION_LEADER: i32 = 55;

/// The message that a service knows by a name.
pub(super) fn message_of(release: Release, service: i32, msg_type: &str) -> Option<MessageType> {
    MessageType::all().find(|message| {
        let row = message.row();
        row.service == service
            && row.name == msg_type
            && matches!(row.role, Role::Call(_))
            && row.is_known_to(release)
    })
}

/// The message that has a target in a release; up to 1.3 replies have targets, too.
pub(super) fn message_at(release: Release, target: i32) -> Option<MessageType> {
    MessageType::all().find(|message| {
        let row = message.row();
        // From 1.4 on calls and replies of the metadata manager share one target.
        let has_replies = rule!("session.replies_have_targets", release);
        let is_asked = has_replies || matches!(row.role, Role::Call(_));
        row.v1_target == Some(target) && is_asked && row.is_known_to(release)
    })
}

/// The service that takes a message which came by a target.
pub(super) fn service_of(local: &Local, message: MessageType) -> i32 {
    let service = message.row().service;
    let [data, _] = LOG_SERVER;
    if message == MessageType::Release && local.quirks.has(Quirk::MisroutesRelease) {
        data
    } else {
        service
    }
}

/// The message that a request turns out to be, or why it is turned away.
pub(super) fn route(
    local: &Local,
    service: i32,
    msg_type: &str,
    sort_code: Option<u64>,
) -> Result<MessageType, RpcStatus> {
    match local.services.states.get(&service) {
        None => return Err(RpcStatus::ServiceNotFound),
        Some(ServiceState::NotStarted) => return Err(RpcStatus::ServiceNotReady),
        Some(ServiceState::Stopped) => return Err(RpcStatus::ServiceStopped),
        Some(ServiceState::Full) => return Err(RpcStatus::LoadShedding),
        Some(ServiceState::Running) => {}
    }
    if let Some(code) = sort_code
        && local.services.missing_shards.contains(&(service, code))
    {
        return Err(RpcStatus::SortCodeNotFound);
    }
    let release = local.release();
    let message = message_of(release, service, msg_type)
        .ok_or_else(|| unrecognised(release, service, sort_code))?;
    match sort_code {
        None if is_sharded(service) => Err(without_sort_code(release, service)),
        _ => Ok(message),
    }
}

fn is_sharded(service: i32) -> bool {
    LOG_SERVER.contains(&service) || service == PARTITION_LEADER
}

/// The status for a message that the service does not know (05 §3).
fn unrecognised(release: Release, service: i32, sort_code: Option<u64>) -> RpcStatus {
    if SEQUENCER.contains(&service) {
        RpcStatus::Dropped
    } else if is_sharded(service) && sort_code.is_none() {
        without_sort_code(release, service)
    } else {
        RpcStatus::MessageUnrecognized
    }
}

/// The status for a request to a sharded service that does not say for which shard.
fn without_sort_code(release: Release, service: i32) -> RpcStatus {
    if rule!("session.no_sort_code_is_unrecognized", release) {
        RpcStatus::MessageUnrecognized
    } else if service == PARTITION_LEADER {
        RpcStatus::SortCodeNotFound
    } else {
        RpcStatus::Dropped
    }
}

/// What becomes the sort code of a call. Ingest does not say for which partition it is: that is
/// known to whoever sends it, and here it is always the first.
pub(super) fn sort_code(message: &Message) -> Option<u64> {
    let loglet = match message {
        Message::Store(it) => it.header.loglet_id,
        Message::GetRecords(it) => it.header.loglet_id,
        Message::Release(it) => it.header.loglet_id,
        Message::Seal(it) => it.header.loglet_id,
        Message::GetLogletInfo(it) => it.header.loglet_id,
        Message::Trim(it) => it.header.loglet_id,
        Message::WaitForTail(it) => it.header.loglet_id,
        Message::GetDigest(it) => it.header.loglet_id,
        Message::Append(it) => it.header.loglet_id,
        Message::GetSequencerState(it) => it.header.loglet_id,
        Message::CreateSnapshotRequest(it) => return Some(it.partition_id.0.into()),
        Message::PartitionProcessorRpcRequest(it) => return Some(it.partition_id.0.into()),
        Message::IngestRequest(_) | Message::DedupSequenceNrQueryRequest(_) => return Some(0),
        _ => return None,
    };
    Some(loglet.0)
}

/// What a call or message is answered by in a release; nothing if it is none. What a release does
/// not answer any more is told there, as Release from 1.4 on.
pub(super) fn reply_of(release: Release, message: MessageType) -> Option<Option<MessageType>> {
    match message.row().role {
        Role::Call(reply) => Some(reply.filter(|reply| reply.row().is_known_to(release))),
        Role::Both => Some(Some(message)),
        Role::Reply => None,
    }
}
