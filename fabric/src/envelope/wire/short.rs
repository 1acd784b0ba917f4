//! The short way of data frames: read and written in one pass, where all that is in them is what a
//! release that speaks V2 sends. Whatever is unusual goes the long way, which also says what is wrong.

use bytes::Bytes;

use super::has_implicit_presence;
use crate::envelope::{
    Body, Datagram, DatagramMember, Header, Message, RpcCall, RpcReply, RpcReplyBody, Unary,
};
use crate::gates;
use crate::release::Release;

/// Keys, as they stand in the bytes: number and wire type.
mod key {
    use prost::encoding::WireType;

    const fn varint(number: u64) -> u64 {
        number << 3 | WireType::Varint as u64
    }

    const fn run(number: u64) -> u64 {
        number << 3 | WireType::LengthDelimited as u64
    }

    pub const HEADER: u64 = run(1);
    pub const DATAGRAM: u64 = run(5);
    pub const VERSIONS: [u64; 4] = [varint(3), varint(4), varint(5), varint(6)];
    pub const RPC_CALL: u64 = run(1);
    pub const RPC_REPLY: u64 = run(2);
    pub const UNARY: u64 = run(100);
    /// Of a call and a reply.
    pub const ID: u64 = varint(1);
    pub const CALL_SERVICE: u64 = varint(2);
    pub const MSG_TYPE: u64 = run(3);
    pub const CALL_SORT_CODE: u64 = varint(4);
    /// Of a call and a message without a reply.
    pub const PAYLOAD: u64 = run(100);
    pub const UNARY_SERVICE: u64 = varint(1);
    pub const UNARY_SORT_CODE: u64 = varint(2);
    pub const STATUS: u64 = varint(98);
    pub const REPLY: u64 = run(99);
}

/// Whether a release has the body of data frames. What is read and written of it has no gate.
fn has_datagrams(release: Release) -> bool {
    const { gates::member("Message", "datagram") }.is_open(release)
}

/// The frame, if this way reads it.
pub(super) fn read(release: Release, bytes: &Bytes) -> Option<Message> {
    let mut frame = Message::default();
    let mut read = Read { rest: bytes };
    while let Some(key) = read.key()? {
        match key {
            key::HEADER if frame.header.is_none() => {
                frame.header = Some(header(read.run()?, has_implicit_presence(release))?);
            }
            key::DATAGRAM if frame.body.is_none() && has_datagrams(release) => {
                let datagram = Some(member(read.run()?, bytes)?);
                frame.body = Some(Body::Datagram(Datagram { datagram }));
            }
            _ => return None,
        }
    }
    Some(frame)
}

fn header(run: &[u8], is_zero_nothing: bool) -> Option<Header> {
    let mut header = Header::default();
    let mut read = Read { rest: run };
    while let Some(key) = read.key()? {
        let [nodes_config, logs, schema, partition_table] = key::VERSIONS;
        let version = match key {
            _ if key == nodes_config => &mut header.my_nodes_config_version,
            _ if key == logs => &mut header.my_logs_version,
            _ if key == schema => &mut header.my_schema_version,
            _ if key == partition_table => &mut header.my_partition_table_version,
            _ => return None,
        };
        *version = Some(read.varint()? as u32).filter(|version| *version != 0 || !is_zero_nothing);
    }
    Some(header)
}

/// The one member of a datagram.
fn member(run: &[u8], frame: &Bytes) -> Option<DatagramMember> {
    let mut read = Read { rest: run };
    let key = read.key()??;
    let mut inner = Read { rest: read.run()? };
    if !read.rest.is_empty() {
        return None;
    }
    Some(match key {
        key::RPC_CALL => {
            let mut call = RpcCall::default();
            while let Some(key) = inner.key()? {
                match key {
                    key::ID => call.id = inner.varint()?,
                    key::CALL_SERVICE => call.service = inner.varint()? as i32,
                    key::MSG_TYPE => call.msg_type = inner.text()?,
                    key::CALL_SORT_CODE => call.sort_code = Some(inner.varint()?),
                    key::PAYLOAD => call.payload = frame.slice_ref(inner.run()?),
                    _ => return None,
                }
            }
            DatagramMember::RpcCall(call)
        }
        key::RPC_REPLY => {
            let mut reply = RpcReply::default();
            while let Some(key) = inner.key()? {
                match key {
                    key::ID => reply.id = inner.varint()?,
                    key::STATUS => reply.body = Some(RpcReplyBody::Status(inner.varint()? as i32)),
                    key::REPLY => {
                        reply.body = Some(RpcReplyBody::Payload(frame.slice_ref(inner.run()?)));
                    }
                    _ => return None,
                }
            }
            DatagramMember::RpcReply(reply)
        }
        key::UNARY => {
            let mut unary = Unary::default();
            while let Some(key) = inner.key()? {
                match key {
                    key::UNARY_SERVICE => unary.service = inner.varint()? as i32,
                    key::UNARY_SORT_CODE => unary.sort_code = Some(inner.varint()?),
                    key::MSG_TYPE => unary.msg_type = inner.text()?,
                    key::PAYLOAD => unary.payload = frame.slice_ref(inner.run()?),
                    _ => return None,
                }
            }
            DatagramMember::Unary(unary)
        }
        _ => return None,
    })
}

/// What is left of a message.
struct Read<'a> {
    rest: &'a [u8],
}

impl<'a> Read<'a> {
    /// The next key, unless this is the end.
    #[inline(always)]
    fn key(&mut self) -> Option<Option<u64>> {
        if self.rest.is_empty() { Some(None) } else { self.varint().map(Some) }
    }

    /// A number of at most nine bytes: of those with ten not all are numbers.
    #[inline(always)]
    fn varint(&mut self) -> Option<u64> {
        let (&first, rest) = self.rest.split_first()?;
        if first < 0x80 {
            self.rest = rest;
            return Some(u64::from(first));
        }
        self.long_varint()
    }

    #[inline(never)]
    fn long_varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for (&byte, index) in self.rest.iter().zip(0..9) {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.rest = self.rest.get(index + 1..)?;
                return Some(value);
            }
        }
        None
    }

    /// What has its length in front.
    #[inline(always)]
    fn run(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.varint()?).ok()?;
        let (run, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(run)
    }

    #[inline(always)]
    fn text(&mut self) -> Option<String> {
        str::from_utf8(self.run()?).ok().map(str::to_owned)
    }
}

/// The bytes of a frame, if this way writes it.
pub(super) fn write(release: Release, frame: &Message) -> Option<Vec<u8>> {
    let Message { header, body: Some(Body::Datagram(Datagram { datagram: Some(member) })) } = frame
    else {
        return None;
    };
    if !has_datagrams(release) {
        return None;
    }
    // From the end to the start: every length is known when it is due.
    let mut front = Front { room: [0; FRONT_LEN], head: FRONT_LEN };
    // Every field is named: a new one is written here, or does not compile.
    let (key, payload) = match member {
        DatagramMember::RpcCall(RpcCall { id, service, msg_type, sort_code, payload }) => {
            front.number(key::PAYLOAD, payload.len() as u64);
            front.optional(key::CALL_SORT_CODE, *sort_code);
            front.text(key::MSG_TYPE, msg_type)?;
            front.number(key::CALL_SERVICE, *service as u64);
            front.number(key::ID, *id);
            (key::RPC_CALL, payload.as_ref())
        }
        DatagramMember::RpcReply(RpcReply { id, body: Some(RpcReplyBody::Payload(payload)) }) => {
            front.optional(key::REPLY, Some(payload.len() as u64));
            front.number(key::ID, *id);
            (key::RPC_REPLY, payload.as_ref())
        }
        DatagramMember::Unary(Unary { service, sort_code, msg_type, payload }) => {
            front.number(key::PAYLOAD, payload.len() as u64);
            front.text(key::MSG_TYPE, msg_type)?;
            front.optional(key::UNARY_SORT_CODE, *sort_code);
            front.number(key::UNARY_SERVICE, *service as u64);
            (key::UNARY, payload.as_ref())
        }
        _ => return None,
    };
    front.delimit(key, FRONT_LEN, payload.len());
    front.delimit(key::DATAGRAM, FRONT_LEN, payload.len());
    if let Some(header) = header {
        front.header(header, has_implicit_presence(release))?;
    }
    let front = front.room.get(front.head..)?;
    let mut bytes = Vec::with_capacity(front.len() + payload.len());
    bytes.extend_from_slice(front);
    bytes.extend_from_slice(payload);
    Some(bytes)
}

/// Longest name of a message that this way writes; those of messages have half of that.
const NAME_LEN_MAX: usize = 64;
/// The most that stands before a payload: the name, and keys, lengths and numbers at their longest.
const FRONT_LEN: usize = NAME_LEN_MAX + 96;

/// What stands before a payload, written from its end to its start.
struct Front {
    room: [u8; FRONT_LEN],
    head: usize,
}

impl Front {
    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        // One comparison for both: the head is never beyond the room.
        let head = self.head.wrapping_sub(1);
        if let Some(room) = self.room.get_mut(head) {
            *room = byte;
            self.head = head;
        }
    }

    #[inline(always)]
    fn varint(&mut self, value: u64) {
        if value < 0x80 {
            self.byte(value as u8);
        } else {
            self.long_varint(value);
        }
    }

    #[inline(never)]
    fn long_varint(&mut self, value: u64) {
        let last = value.ilog2() / 7;
        self.byte((value >> (7 * last)) as u8);
        (0..last).rev().for_each(|index| self.byte((value >> (7 * index)) as u8 | 0x80));
    }

    #[inline(always)]
    fn optional(&mut self, key: u64, value: Option<u64>) {
        if let Some(value) = value {
            self.varint(value);
            self.varint(key);
        }
    }

    #[inline(always)]
    fn number(&mut self, key: u64, value: u64) {
        self.optional(key, Some(value).filter(|value| *value != 0));
    }

    #[inline(always)]
    fn text(&mut self, key: u64, text: &str) -> Option<()> {
        if text.is_empty() {
            return Some(());
        }
        if text.len() > NAME_LEN_MAX {
            return None;
        }
        let head = self.head.checked_sub(text.len())?;
        self.room.get_mut(head..self.head)?.copy_from_slice(text.as_bytes());
        self.head = head;
        self.varint(text.len() as u64);
        self.varint(key);
        Some(())
    }

    /// Key and length of a message that ends at `end`, and beyond it has `more` bytes.
    #[inline(always)]
    fn delimit(&mut self, key: u64, end: usize, more: usize) {
        self.varint((end - self.head + more) as u64);
        self.varint(key);
    }

    /// None of a header that has more than versions.
    #[inline(always)]
    fn header(&mut self, header: &Header, is_zero_nothing: bool) -> Option<()> {
        let Header {
            msg_id: 0,
            in_response_to: None,
            my_nodes_config_version,
            my_logs_version,
            my_schema_version,
            my_partition_table_version,
            span_context: None,
        } = *header
        else {
            return None;
        };
        let end = self.head;
        let versions = [
            my_nodes_config_version,
            my_logs_version,
            my_schema_version,
            my_partition_table_version,
        ];
        for (key, version) in key::VERSIONS.into_iter().zip(versions).rev() {
            let version = version.filter(|version| *version != 0 || !is_zero_nothing);
            self.optional(key, version.map(u64::from));
        }
        self.delimit(key::HEADER, end, 0);
        Some(())
    }
}
