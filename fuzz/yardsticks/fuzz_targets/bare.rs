//! A bare loop over one message of the library of the released servers: decode, encode, decode.
#![no_main]

use bilrost::{Message, OwnedMessage};

#[derive(Debug, Clone, PartialEq, Eq, Message)]
struct Header {
    #[bilrost(1)]
    loglet_id: u64,
    #[bilrost(2)]
    known_global_tail: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Message)]
struct Store {
    #[bilrost(1)]
    header: Header,
    #[bilrost(2)]
    first_offset: u64,
    #[bilrost(3)]
    flags: u32,
    #[bilrost(4)]
    known_archived: Option<u64>,
    #[bilrost(5)]
    payloads: Vec<Vec<u8>>,
    #[bilrost(6)]
    name: String,
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Ok(value) = Store::decode(input) else { return };
    let encoded = value.encode_to_vec();
    assert_eq!(Store::decode(encoded.as_slice()), Ok(value));
});
