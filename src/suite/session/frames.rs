//! Frames of a scripted peer.

use bytes::Bytes;
use memmap2::MmapMut;

use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::envelope::{
    BinaryMessage, Body, ConnectionControl, Datagram, DatagramMember, Header, Message as Frame,
    RpcCall, RpcReply, RpcReplyBody, RpcStatus, Unary,
};
use crate::suite::samples;

/// Bytes that are no payload of any message.
pub const GARBAGE: &[u8] = &[0xff; 32];

/// A frame with an empty header.
pub fn headed(body: Body) -> Frame {
    Frame { header: Some(Header::default()), body: Some(body) }
}

/// The same frame without a header.
pub fn bare(frame: Frame) -> Frame {
    Frame { header: None, ..frame }
}

/// A control frame.
pub fn control(signal: i32) -> Frame {
    headed(Body::ConnectionControl(ConnectionControl { signal, message: String::new() }))
}

/// A frame of V2 or later.
pub fn datagram(member: DatagramMember) -> Frame {
    headed(Body::Datagram(Datagram { datagram: Some(member) }))
}

/// A call of V2 or later.
pub fn call(
    id: u64,
    service: i32,
    msg_type: &str,
    sort_code: Option<u64>,
    payload: &[u8],
) -> Frame {
    let payload = Bytes::copy_from_slice(payload);
    let msg_type = msg_type.to_owned();
    datagram(DatagramMember::RpcCall(RpcCall { id, service, msg_type, sort_code, payload }))
}

/// A message of V2 or later that wants no reply.
pub fn unary(service: i32, msg_type: &str, payload: &[u8]) -> Frame {
    let payload = Bytes::copy_from_slice(payload);
    let msg_type = msg_type.to_owned();
    datagram(DatagramMember::Unary(Unary { service, sort_code: None, msg_type, payload }))
}

/// An answer of V2 or later.
pub fn reply(id: u64, body: Option<RpcReplyBody>) -> Frame {
    datagram(DatagramMember::RpcReply(RpcReply { id, body }))
}

/// A status of V2 or later.
pub fn status(id: u64, status: RpcStatus) -> Frame {
    reply(id, Some(RpcReplyBody::Status(status.number())))
}

/// A frame of V1: a request with a number, or the answer to one.
pub fn encoded(msg_id: u64, in_response_to: Option<u64>, target: i32, payload: &[u8]) -> Frame {
    let payload = Bytes::copy_from_slice(payload);
    Frame {
        header: Some(Header { msg_id, in_response_to, ..Header::default() }),
        body: Some(Body::Encoded(BinaryMessage { target, payload })),
    }
}

/// Some value of a message.
pub fn value(of: MessageType) -> Option<Message> {
    samples::samples(of).map(|sample| sample.message).next()
}

/// A frame with so much behind it in a field that nobody knows that it is as long as this.
pub fn padded(frame: &[u8], len: usize) -> Bytes {
    const TAG: [u8; 2] = [0x9a, 0x06];
    let len_of_padding = len.saturating_sub(frame.len() + TAG.len() + 4);
    // All the lengths that matter here take four bytes.
    let varint = [0, 7, 14, 21].map(|shift| (len_of_padding >> shift) as u8 & 0x7f);
    let [a, b, c, d] = varint;
    pages(len, &[frame, &TAG, &[a | 0x80, b | 0x80, c | 0x80, d]].concat(), &[])
}

/// So many bytes, which begin and end with these and are zero in between.
pub fn pages(len: usize, begin: &[u8], end: &[u8]) -> Bytes {
    let fill = |bytes: &mut [u8]| {
        bytes.iter_mut().zip(begin).for_each(|(to, byte)| *to = *byte);
        bytes.iter_mut().rev().zip(end.iter().rev()).for_each(|(to, byte)| *to = *byte);
    };
    // Memory that is never looked at costs nothing, unless it is an allocator's that clears it.
    if let Ok(mut pages) = MmapMut::map_anon(len) {
        fill(&mut pages);
        return Bytes::from_owner(pages);
    }
    let mut bytes = vec![0; len];
    fill(&mut bytes);
    bytes.into()
}
