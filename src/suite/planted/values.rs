//! Wrong ways to understand bytes, told as what becomes of the right value.

use bytes::Bytes;

use crate::fabric::annotate::{self, Span, What};
use crate::fabric::catalogue::{Codec, Message};
use crate::fabric::codec::fault::{Fault, FaultKind};
use crate::fabric::codec::tree::Context;
use crate::fabric::messages::ids::{MillisSinceEpoch, PartitionId};
use crate::fabric::messages::log_server::MaybeRecord;
use crate::fabric::messages::metadata::{MetadataContainer, MetadataMessage};
use crate::fabric::messages::records::Keys;
use crate::fabric::messages::rpc::request::PartitionProcessorRpcRequestInner;
use crate::fabric::messages::sequencer::{CommonResponseHeader, Refusal, SequencerStatus};
use crate::fabric::payload::DecodeError;

type Understood = Result<Message, DecodeError>;

/// A deadline that is not there is the beginning of time.
pub fn none_is_zero(mut message: Message, _: &Bytes, _: Context) -> Understood {
    if let Message::Store(store) = &mut message {
        store.timeout_at.get_or_insert(MillisSinceEpoch(0));
    }
    Ok(message)
}

/// The halves of a pair of keys change places.
pub fn pairs_are_swapped(mut message: Message, _: &Bytes, _: Context) -> Understood {
    for keys in keys_of(&mut message) {
        if let Keys::Pair(pair) = keys {
            *pair = (pair.1, pair.0);
        }
    }
    Ok(message)
}

/// The last key of a range does not belong to it.
pub fn range_end_is_excluded(mut message: Message, _: &Bytes, _: Context) -> Understood {
    for keys in keys_of(&mut message) {
        if let Keys::RangeInclusive(range) = keys {
            range.end = range.end.saturating_sub(1);
        }
    }
    Ok(message)
}

/// The keys of all records.
fn keys_of(message: &mut Message) -> Vec<&mut Keys> {
    match message {
        Message::Store(store) => store.payloads.0.iter_mut().map(|r| &mut r.keys).collect(),
        Message::Append(append) => append.payloads.0.iter_mut().map(|r| &mut r.keys).collect(),
        Message::IngestRequest(request) => {
            request.records.0.iter_mut().map(|r| &mut r.keys).collect()
        }
        Message::Records(records) => {
            let records = records.records.iter_mut().map(|(_, record)| record);
            let keys = records.filter_map(|record| match record {
                MaybeRecord::Data(record) => Some(&mut record.keys),
                _ => None,
            });
            keys.collect()
        }
        _ => Vec::new(),
    }
}

/// A sequencer that refused for an unknown reason is taken to have agreed.
pub fn unknown_is_ok(mut message: Message, _: &Bytes, _: Context) -> Understood {
    let forgive = |header: &mut CommonResponseHeader| {
        if header.status == SequencerStatus::Refused(Refusal::Unknown) {
            header.status = SequencerStatus::Ok;
        }
    };
    match &mut message {
        Message::Appended(appended) => forgive(&mut appended.header),
        Message::SequencerState(state) => forgive(&mut state.header),
        _ => {}
    }
    Ok(message)
}

/// The id of a partition loses its upper byte.
pub fn partition_ids_are_bytes(mut message: Message, _: &Bytes, _: Context) -> Understood {
    if let Message::RemoteQueryScannerOpen(open) = &mut message {
        open.partition_id = PartitionId(open.partition_id.0 & 0xff);
    }
    Ok(message)
}

/// What later releases added to the nodes configuration is not kept.
pub fn later_fields_are_dropped(mut message: Message, _: &Bytes, _: Context) -> Understood {
    let update = match &mut message {
        Message::MetadataUpdate(update) => Some(update),
        Message::MetadataMessage(MetadataMessage::MetadataUpdate(update)) => Some(update),
        _ => None,
    };
    if let Some(MetadataContainer::NodesConfiguration(nodes)) = update.map(|u| &mut u.container) {
        nodes.cluster_fingerprint = None;
        nodes.features.0.clear();
    }
    Ok(message)
}

/// A command from before 1.4, which has no version, is an error.
pub fn current_version_is_required(message: Message, bytes: &Bytes, cx: Context) -> Understood {
    const KEY: &str = "current_version";
    let has_commands = match &message {
        Message::ControlProcessors(control) => !control.commands.is_empty(),
        _ => false,
    };
    let has_key = bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes());
    if has_commands && !has_key && cx.release.is_at_least(4) {
        return refused(&message, cx, Fault::new(FaultKind::Missing).in_field(KEY));
    }
    Ok(message)
}

/// An invocation that is not kept after it is done, which is null up to 1.3, is an error.
pub fn retention_is_required(message: Message, bytes: &Bytes, cx: Context) -> Understood {
    let message_type = message.message_type();
    let as_1_3 = "1.3".parse().ok().filter(|_| cx.release.is_at_least(4));
    let as_1_3 = as_1_3.and_then(|old| Message::decode(message_type, bytes, old, 1).ok());
    if let Some(Message::PartitionProcessorRpcRequest(request)) = as_1_3
        && let PartitionProcessorRpcRequestInner::AppendInvocation((invocation, _)) = request.inner
        && invocation.header.completion_retention_duration.0.is_none()
    {
        let fault = Fault::new(FaultKind::Missing).in_field("completion_retention_duration");
        return Err(DecodeError::Malformed { message: message_type, version: cx.version, fault });
    }
    Ok(message)
}

/// A tag that the status of a sequencer does not have is an error, not the empty variant.
pub fn unknown_statuses_are_refused(message: Message, bytes: &Bytes, cx: Context) -> Understood {
    let annotation = annotate::payload(message.message_type(), cx, bytes);
    let is_stranger = |span: Span<'_>| {
        span.path().contains("status") && matches!(span.what(), What::Unknown { .. })
    };
    if annotation.spans().any(is_stranger) {
        return refused(
            &message,
            cx,
            Fault::new(FaultKind::UnknownField { found: "a status".into() }),
        );
    }
    Ok(message)
}

/// A key that the message does not have is an error.
pub fn unknown_keys_are_refused(message: Message, bytes: &Bytes, cx: Context) -> Understood {
    let again = message.encode(cx.release, cx.version.number()).unwrap_or_default();
    let (read, known) = (keys(bytes), keys(&again));
    let is_tree = message.message_type().row().codec_at(cx.version) == Codec::Flexbuffers;
    match read.into_iter().find(|key| is_tree && !known.contains(key)) {
        Some(found) => refused(&message, cx, Fault::new(FaultKind::UnknownField { found })),
        None => Ok(message),
    }
}

/// The keys of a flexbuffer.
fn keys(bytes: &[u8]) -> Vec<String> {
    let annotation = annotate::flexbuffers(bytes);
    let texts = annotation.spans().filter_map(|span| match span.what() {
        What::KeyText { at, len } => bytes.get(at..at + len),
        _ => None,
    });
    texts.map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

fn refused(message: &Message, cx: Context, fault: Fault) -> Understood {
    let message = message.message_type();
    Err(DecodeError::Malformed { message, version: cx.version, fault })
}
