//! The data set `log` of the public rust_serialization_benchmark: lines of the log of an HTTP server.
//! Its generator is re-made from its description, so the lines are not the same ones: fields, lengths
//! and their spread are.

use std::sync::LazyLock;

use bilrost::{Message as _, OwnedMessage as _};
use bytes::Bytes;
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use skewproof_fabric::codec::tree::Context;
use skewproof_fabric::codec::{bilrost as our_bilrost, flex};
use skewproof_fabric::version::ProtocolVersion;

use super::callgrind;
use super::rows::{Call, Row, call};

const LINE_COUNT: usize = 10_000;
const SEED: u64 = 1;

const USERS: [&str; 9] =
    ["-", "alice", "bob", "carmen", "david", "eric", "frank", "george", "harry"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "UPDATE", "DELETE"];
const ROUTES: [&str; 7] = [
    "/favicon.ico",
    "/css/index.css",
    "/css/font-awsome.min.css",
    "/img/logo-full.svg",
    "/img/splash.jpg",
    "/api/login",
    "/api/logout",
];
const PROTOCOLS: [&str; 4] = ["HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3"];
const CODES: [u16; 12] = [100, 101, 200, 201, 204, 301, 304, 400, 401, 404, 500, 503];
const SIZE_MAX: u64 = 100_000_000;

/// Through our macros.
mod ours {
    use skewproof_fabric::codec::describe::prelude::*;

    record! {
        /// All lines.
        pub struct Logs {
            logs: Vec<Log> = 1,
        }
    }

    record! {
        /// One line.
        pub struct Log {
            address: Address = 1,
            identity: String = 2,
            userid: String = 3,
            date: String = 4,
            request: String = 5,
            code: u16 = 6,
            size: u64 = 7,
        }
    }

    record! {
        /// Who asked.
        pub struct Address {
            x0: u8 = 1,
            x1: u8 = 2,
            x2: u8 = 3,
            x3: u8 = 4,
        }
    }
}

/// For `bilrost` and for serde.
mod owned {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, bilrost::Message)]
    pub struct Logs {
        #[bilrost(1)]
        logs: Vec<Log>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, bilrost::Message)]
    pub struct Log {
        #[bilrost(1)]
        address: Address,
        #[bilrost(2)]
        identity: String,
        #[bilrost(3)]
        userid: String,
        #[bilrost(4)]
        date: String,
        #[bilrost(5)]
        request: String,
        #[bilrost(6)]
        code: u16,
        #[bilrost(7)]
        size: u64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, bilrost::Message)]
    pub struct Address {
        #[bilrost(tag(1), encoding(varint))]
        x0: u8,
        #[bilrost(tag(2), encoding(varint))]
        x1: u8,
        #[bilrost(tag(3), encoding(varint))]
        x2: u8,
        #[bilrost(tag(4), encoding(varint))]
        x3: u8,
    }
}

/// For `prost`.
mod protobuf {
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Logs {
        #[prost(message, repeated, tag = "1")]
        pub logs: Vec<Log>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Log {
        #[prost(message, optional, tag = "1")]
        pub address: Option<Address>,
        #[prost(string, tag = "2")]
        pub identity: String,
        #[prost(string, tag = "3")]
        pub userid: String,
        #[prost(string, tag = "4")]
        pub date: String,
        #[prost(string, tag = "5")]
        pub request: String,
        #[prost(uint32, tag = "6")]
        pub code: u32,
        #[prost(uint64, tag = "7")]
        pub size: u64,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Address {
        #[prost(uint32, tag = "1")]
        pub x0: u32,
        #[prost(uint32, tag = "2")]
        pub x1: u32,
        #[prost(uint32, tag = "3")]
        pub x2: u32,
        #[prost(uint32, tag = "4")]
        pub x3: u32,
    }
}

fn line(rng: &mut Rng) -> ours::Log {
    let (day, month) = (rng.u8(1..=28), MONTHS[rng.usize(..MONTHS.len())]);
    let (year, hour) = (rng.u16(1970..=2021), rng.u8(..24));
    let (minute, second, zone) = (rng.u8(..60), rng.u8(..60), rng.i8(-12..=12));
    let (method, route) = (METHODS[rng.usize(..METHODS.len())], ROUTES[rng.usize(..ROUTES.len())]);
    ours::Log {
        address: ours::Address { x0: rng.u8(..), x1: rng.u8(..), x2: rng.u8(..), x3: rng.u8(..) },
        identity: "-".to_owned(),
        userid: USERS[rng.usize(..USERS.len())].to_owned(),
        date: format!("{day}/{month}/{year}:{hour}:{minute}:{second} {zone:+03}00"),
        request: format!("{method} {route} {}", PROTOCOLS[rng.usize(..PROTOCOLS.len())]),
        code: CODES[rng.usize(..CODES.len())],
        size: rng.u64(..SIZE_MAX),
    }
}

fn in_protobuf(log: &ours::Log) -> protobuf::Log {
    let ours::Address { x0, x1, x2, x3 } = log.address;
    let [x0, x1, x2, x3] = [x0, x1, x2, x3].map(u32::from);
    protobuf::Log {
        address: Some(protobuf::Address { x0, x1, x2, x3 }),
        identity: log.identity.clone(),
        userid: log.userid.clone(),
        date: log.date.clone(),
        request: log.request.clone(),
        code: log.code.into(),
        size: log.size,
    }
}

/// The lines in all types, and their bytes.
struct Data {
    cx: Context,
    ours: ours::Logs,
    owned: owned::Logs,
    protobuf: protobuf::Logs,
    in_bilrost: Bytes,
    in_flexbuffers: Bytes,
    in_protobuf: Vec<u8>,
}

/// Made when the first row of it is called: before, it would be in the allocator's way.
static DATA: LazyLock<Data> = LazyLock::new(|| {
    let mut rng = Rng::with_seed(SEED);
    let ours = ours::Logs { logs: (0..LINE_COUNT).map(|_| line(&mut rng)).collect() };
    let release = "1.7".parse().expect("a release of the table");
    let cx = Context { release, version: ProtocolVersion::V3 };
    let in_bilrost = our_bilrost::encode(&ours, cx).expect("no gates");
    let owned = owned::Logs::decode(&*in_bilrost).expect("our bytes");
    assert_eq!(owned.encode_to_vec(), in_bilrost, "both make the same bytes");
    let in_flexbuffers = flex::to_flex(&ours, cx).expect("no gates");
    let theirs = flexbuffers::to_vec(&owned).expect("it writes");
    assert_eq!(theirs, in_flexbuffers, "both make the same bytes");
    let protobuf = protobuf::Logs { logs: ours.logs.iter().map(in_protobuf).collect() };
    let in_protobuf = prost::Message::encode_to_vec(&protobuf);
    Data { cx, ours, owned, protobuf, in_bilrost, in_flexbuffers, in_protobuf }
});

/// In both codecs: beside the library of each, and in bilrost beside `prost`.
pub fn rows(rows: &mut Vec<Row>) {
    // Nobody asks after the bytes where instructions are counted.
    let is_shown = !callgrind::is_inside();
    let (bilrost_len, flexbuffers_len) =
        if is_shown { (DATA.in_bilrost.len(), DATA.in_flexbuffers.len()) } else { (0, 0) };
    let mut add = |what: &str, len: usize, ours: Call, library: Vec<(&'static str, Call)>| {
        rows.push(Row { name: format!("log in {what}"), len, ours, library });
    };
    let to_bilrost = || call(|| our_bilrost::encode(&DATA.ours, DATA.cx).expect("no gates"));
    let of_bilrost = || {
        let read = || our_bilrost::decode::<ours::Logs>(&DATA.in_bilrost, DATA.cx);
        call(move || read().expect("our bytes"))
    };
    let ways = vec![
        ("encode_to_vec", call(|| DATA.owned.encode_to_vec())),
        ("prepend", call(|| DATA.owned.encode_fast())),
    ];
    add("bilrost encode", bilrost_len, to_bilrost(), ways);
    let read = || owned::Logs::decode(&*DATA.in_bilrost).expect("our bytes");
    add("bilrost decode", bilrost_len, of_bilrost(), vec![("owned", call(read))]);
    let write = || prost::Message::encode_to_vec(&DATA.protobuf);
    add("bilrost beside prost encode", bilrost_len, to_bilrost(), vec![("prost", call(write))]);
    let read = || <protobuf::Logs as prost::Message>::decode(&*DATA.in_protobuf).expect("its own");
    add("bilrost beside prost decode", bilrost_len, of_bilrost(), vec![("prost", call(read))]);

    let encode = call(|| flex::to_flex(&DATA.ours, DATA.cx).expect("no gates"));
    let write = || flexbuffers::to_vec(&DATA.owned).expect("it writes");
    add("flexbuffers encode", flexbuffers_len, encode, vec![("serde", call(write))]);
    let decode = || flex::from_flex::<ours::Logs>(&DATA.in_flexbuffers, DATA.cx);
    let decode = call(move || decode().expect("our bytes"));
    let read = || flexbuffers::from_slice::<owned::Logs>(&DATA.in_flexbuffers).expect("our bytes");
    add("flexbuffers decode", flexbuffers_len, decode, vec![("serde", call(read))]);
}
