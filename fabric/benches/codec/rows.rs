//! What is measured: samples of every message, at every version that it has a form in.

use std::hint::black_box;

use bilrost::{BorrowedMessage, OwnedMessage};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use skewproof_fabric::catalogue::{MESSAGES, Message, MessageRow, MessageType};
use skewproof_fabric::codec::tree::Context;
use skewproof_fabric::envelope::{self, Body, Datagram, DatagramMember, Header, RpcCall};
use skewproof_fabric::payload::{self, Payload};
use skewproof_fabric::release::Release;
use skewproof_fabric::version::ProtocolVersion;

use super::log;
use super::suite::samples;
use super::trees;
use super::twins::{self, borrowed, shared};

/// Samples that are measured beside the typical and the longest one.
const MORE: [(MessageType, &str); 7] = [
    (MessageType::Store, "batch-10x1k"),
    (MessageType::Append, "batch-10x1k"),
    (MessageType::Records, "three-data"),
    (MessageType::MetadataUpdate, "nodes-three"),
    (MessageType::MetadataUpdate, "logs-32"),
    (MessageType::PartitionProcessorRpcRequest, "append-body-1k"),
    (MessageType::PartitionProcessorRpcRequest, "CancelInvocation"),
];
/// Bytes that are copied, to see how far anything is from that.
const COPIED: usize = 10 << 10;

/// Does what is measured once.
pub type Call = Box<dyn Fn()>;

/// One thing that is measured.
pub struct Row {
    pub name: String,
    /// Bytes of the payload.
    pub len: usize,
    pub ours: Call,
    /// The ways that a library has for it; none where there is no twin of the message.
    pub library: Vec<(&'static str, Call)>,
}

/// A call that does not let the compiler see what becomes of its result.
pub fn call<T>(call: impl Fn() -> T + 'static) -> Call {
    Box::new(move || drop(black_box(call())))
}

/// All rows whose name has a text in it.
pub fn rows(filter: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let bytes = vec![7u8; COPIED];
    let copied = call(move || black_box(&bytes).clone());
    let name = "a copy of 10 KiB".to_owned();
    rows.push(Row { name, len: COPIED, ours: copied, library: Vec::new() });
    for version in ProtocolVersion::ALL {
        for row in &MESSAGES {
            for sample in chosen(row, version) {
                sample.add_rows(&mut rows);
            }
        }
    }
    frames(&mut rows);
    log::rows(&mut rows);
    rows.retain(|row| row.name.contains(filter));
    rows
}

/// A value that is measured.
struct Sample {
    message_type: MessageType,
    version: ProtocolVersion,
    case: &'static str,
    release: Release,
    message: Message,
}

/// The samples of a message at a version that are measured, as the newest release has them that
/// speaks it.
fn chosen(row: &MessageRow, version: ProtocolVersion) -> Vec<Sample> {
    let speaks = |release: &Release| release.speaks(version) && row.is_known_to(*release);
    let Some(release) = Release::lines().filter(speaks).last() else { return Vec::new() };
    let message_type = row.message_type;
    let samples = samples::samples(message_type).filter_map(|sample| {
        let message = sample.message.fitted(Context { release, version }).ok()?;
        let len = message.encode(release, version.number()).ok()?.len();
        Some((len, Sample { message_type, version, case: sample.case, release, message }))
    });
    let mut samples: Vec<_> = samples.collect();
    samples.sort_by_key(|(len, _)| *len);
    let count = samples.len();
    // The one of middle length stands for what is typical where none is said to be.
    let typical = samples.iter().position(|(_, sample)| sample.case == "typical");
    let typical = typical.unwrap_or(count / 2);
    let is_chosen = |(index, (_, sample)): &(usize, (usize, Sample))| {
        *index == typical || index + 1 == count || MORE.contains(&(message_type, sample.case))
    };
    samples.into_iter().enumerate().filter(is_chosen).map(|(_, (_, sample))| sample).collect()
}

impl Sample {
    /// The rows of the sample: against the libraries where there is a twin.
    fn add_rows(self, rows: &mut Vec<Row>) {
        let is_tree = self.version == ProtocolVersion::V1;
        let is_v3 = self.version == ProtocolVersion::V3;
        match &self.message {
            Message::Gossip(it) => self.bilrost::<_, twins::Gossip, twins::Gossip>(it, rows),
            Message::ClusterStateReply(it) => {
                self.bilrost::<_, twins::ClusterStateReply, twins::ClusterStateReply>(it, rows);
            }
            Message::NodeStateResponse(it) if is_tree => {
                self.flexbuffers::<_, twins::NodeStateResponse>(it, rows);
            }
            Message::NodeStateResponse(it) => {
                self.bilrost::<_, twins::NodeStateResponse, twins::NodeStateResponse>(it, rows);
            }
            Message::GetRecords(it) if is_tree => {
                self.flexbuffers::<_, twins::GetRecords>(it, rows);
            }
            Message::GetRecords(it) => {
                self.bilrost::<_, twins::GetRecords, twins::GetRecords>(it, rows);
            }
            Message::Digest(it) if is_tree => self.flexbuffers::<_, twins::Digest>(it, rows),
            Message::Digest(it) => self.bilrost::<_, twins::Digest, twins::Digest>(it, rows),
            Message::Records(it) if is_tree => self.flexbuffers::<_, shared::Records>(it, rows),
            Message::Records(it) => {
                self.bilrost::<_, shared::Records, borrowed::Records<'static>>(it, rows);
            }
            Message::Store(it) if is_tree => self.flexbuffers::<_, shared::Store>(it, rows),
            Message::Store(it) if is_v3 => {
                self.bilrost::<_, shared::StoreV3, borrowed::StoreV3<'static>>(it, rows);
            }
            Message::Store(it) => {
                self.bilrost::<_, shared::Store, borrowed::Store<'static>>(it, rows);
            }
            Message::Append(it) if is_tree => self.flexbuffers::<_, shared::Append>(it, rows),
            Message::Append(it) if is_v3 => {
                self.bilrost::<_, shared::AppendV3, borrowed::AppendV3<'static>>(it, rows);
            }
            Message::Append(it) => {
                self.bilrost::<_, shared::Append, borrowed::Append<'static>>(it, rows);
            }
            Message::MetadataUpdate(it) if is_tree => {
                let look = |trees::Wrapped::MetadataUpdate(it): &_| it.look_at_parameters();
                self.flexbuffers_and::<_, trees::Wrapped>(it, look, rows);
            }
            Message::MetadataUpdate(it) => {
                let look = trees::MetadataUpdate::look_at_parameters;
                self.flexbuffers_and::<_, trees::MetadataUpdate>(it, look, rows);
            }
            Message::PartitionProcessorRpcRequest(it) => {
                self.flexbuffers::<_, trees::PartitionProcessorRpcRequest>(it, rows);
            }
            _ => self.alone(rows),
        }
    }

    fn row(&self, what: &str, len: usize, ours: Call) -> Row {
        let name =
            format!("{} {} {} {what}", self.message_type.row().word(), self.version, self.case);
        Row { name, len, ours, library: Vec::new() }
    }

    /// Ours, by the type of the message.
    fn of_type<Ours: Payload + Clone + 'static>(&self, value: &Ours) -> (Bytes, Row, Row) {
        let (release, version) = (self.release, self.version.number());
        let bytes = payload::encode(value, release, version).expect("the value fits");
        let (value, input) = (value.clone(), bytes.clone());
        let encode = call(move || payload::encode(&value, release, version).expect("it fits"));
        let decode = call(move || payload::decode::<Ours>(&input, release, version).expect("ours"));
        let len = bytes.len();
        (bytes, self.row("encode", len, encode), self.row("decode", len, decode))
    }

    /// Ours, by the enum of all messages.
    fn alone(&self, rows: &mut Vec<Row>) {
        let (release, version, of) = (self.release, self.version.number(), self.message_type);
        let message = self.message.clone();
        let bytes = message.encode(release, version).expect("the value fits");
        let len = bytes.len();
        let encode = call(move || message.encode(release, version).expect("it fits"));
        rows.push(self.row("encode", len, encode));
        let decode = call(move || Message::decode(of, &bytes, release, version).expect("ours"));
        rows.push(self.row("decode", len, decode));
    }

    /// Ours beside `bilrost`: `Owned` has bodies that share the input, `Borrowed` refers to it.
    fn bilrost<Ours, Owned, Borrowed>(&self, value: &Ours, rows: &mut Vec<Row>)
    where
        Ours: Payload + Clone + 'static,
        Owned: OwnedMessage + Clone + 'static,
        Borrowed: BorrowedMessage<'static> + 'static,
    {
        let (bytes, mut encode, mut decode) = self.of_type(value);
        let twin = Owned::decode(bytes.clone()).expect("the library reads our bytes");
        assert_eq!(twin.encode_to_vec(), bytes, "{}: both make the same bytes", encode.name);
        let again = twin.clone();
        encode.library.push(("encode_to_vec", call(move || twin.encode_to_vec())));
        encode.library.push(("prepend", call(move || again.encode_fast())));
        rows.push(encode);
        // The rows live as long as the process.
        let input: &'static [u8] = Box::leak(bytes.to_vec().into_boxed_slice());
        let owned = call(move || Owned::decode(bytes.clone()).expect("our bytes"));
        decode.library.push(("owned", owned));
        let borrowed = call(move || Borrowed::decode_borrowed(input).expect("our bytes"));
        decode.library.push(("borrowed", borrowed));
        rows.push(decode);
    }

    /// Ours beside `flexbuffers`.
    fn flexbuffers<Ours, Twin>(&self, value: &Ours, rows: &mut Vec<Row>)
    where
        Ours: Payload + Clone + 'static,
        Twin: Serialize + DeserializeOwned + 'static,
    {
        let (bytes, mut encode, mut decode) = self.of_type(value);
        let Ok(twin) = flexbuffers::from_slice::<Twin>(&bytes) else {
            panic!("{}: the library reads our bytes", encode.name);
        };
        let theirs = flexbuffers::to_vec(&twin).expect("the library writes");
        assert_eq!(theirs, bytes, "{}: both make the same bytes", encode.name);
        encode
            .library
            .push(("serde", call(move || flexbuffers::to_vec(&twin).expect("it writes"))));
        rows.push(encode);
        let read = call(move || flexbuffers::from_slice::<Twin>(&bytes).expect("our bytes"));
        decode.library.push(("serde", read));
        rows.push(decode);
    }

    /// The same, of values with text that ours reads and the library leaves: `look` reads it as well.
    /// What the library takes without is in a row of its own.
    fn flexbuffers_and<Ours, Twin>(&self, value: &Ours, look: fn(&Twin), rows: &mut Vec<Row>)
    where
        Ours: Payload + Clone + 'static,
        Twin: Serialize + DeserializeOwned + 'static,
    {
        self.flexbuffers::<Ours, Twin>(value, rows);
        if self.case != "logs-32" {
            return;
        }
        let (bytes, _, mut decode) = self.of_type(value);
        let read = move || {
            let twin = flexbuffers::from_slice::<Twin>(&bytes).expect("our bytes");
            look(&twin);
            twin
        };
        decode.library.push(("serde, and serde_json", call(read)));
        if let Some(left) = rows.last_mut() {
            left.name += " beside text that is left";
        }
        rows.push(decode);
    }
}

/// Frames, beside `prost` on the same struct: what ours adds is which release knows what.
fn frames(rows: &mut Vec<Row>) {
    let release: Release = "1.7".parse().expect("a release of the table");
    for len in [100, 10 << 10] {
        let header = Header {
            my_nodes_config_version: Some(7),
            my_logs_version: Some(3),
            my_schema_version: Some(12),
            my_partition_table_version: Some(2),
            ..Header::default()
        };
        let call_of = RpcCall {
            id: 17,
            service: 26,
            msg_type: "Store".to_owned(),
            payload: Bytes::from(vec![7; len]),
            ..RpcCall::default()
        };
        let datagram = Datagram { datagram: Some(DatagramMember::RpcCall(call_of)) };
        let frame =
            envelope::Message { header: Some(header), body: Some(Body::Datagram(datagram)) };
        let bytes = Bytes::from(frame.encode(release).expect("1.7 has all of it"));
        assert_eq!(prost::Message::encode_to_vec(&frame), bytes, "both make the same bytes");
        let twin = frame.clone();
        rows.push(Row {
            name: format!("frame with {len} bytes encode"),
            len: bytes.len(),
            ours: call(move || frame.encode(release).expect("1.7 has all of it")),
            library: vec![("prost", call(move || prost::Message::encode_to_vec(&twin)))],
        });
        let input = bytes.clone();
        let read = move || <envelope::Message as prost::Message>::decode(input.clone());
        rows.push(Row {
            name: format!("frame with {len} bytes decode"),
            len: bytes.len(),
            ours: call(move || envelope::Message::decode(release, bytes.clone()).expect("ours")),
            library: vec![("prost", call(read))],
        });
    }
}
