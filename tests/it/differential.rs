//! Our decoders against the libraries of the released servers, on damaged bytes and on the corpus.
//!
//! Bilrost: both give the same value, or both an error. Flexbuffers: the library panics, hangs or
//! worse on bytes that are none, so it only gets what our verifier has accepted; then both see the
//! same tree.

use std::path::Path;

use bilrost::OwnedMessage;
use bytes::Bytes;
use fastrand::Rng;
use flexbuffers::Reader;
use skewproof::fabric::catalogue::{MESSAGES, Message, MessageType};
use skewproof::fabric::codec::flex::{FlexBuffer, FlexNode};
use skewproof::fabric::codec::tree::{Kind, Node};
use skewproof::fabric::messages::log_server::Store;
use skewproof::fabric::messages::sequencer::Append;
use skewproof::fabric::payload::{self, Payload};
use skewproof::fabric::release::Release;
use skewproof::harness::fuzz::corpus::Folder;
use skewproof::suite::fuzz;
use skewproof::suite::samples::samples;

#[path = "../../fabric/benches/codec/pairs.rs"]
#[allow(dead_code, reason = "the benchmark uses all of it")]
mod pairs;
#[path = "../../fabric/benches/codec/twins.rs"]
#[allow(dead_code, missing_docs, reason = "the benchmark uses all of it")]
mod twins;

use twins::shared;

/// How many damaged forms of each message are tried.
const ROUNDS: usize = 100_000;
/// Damage is done up to here: the fields, not the whole of long bodies.
const DAMAGED_LEN: u64 = 160;

#[test]
fn damaged_bytes_mean_the_same_to_the_library() {
    // 1.5 has no narrowed times, which the plain structs have not either.
    let release = "1.5".parse().unwrap();
    for sample in samples(MessageType::Store).chain(samples(MessageType::Append)) {
        match sample.message {
            Message::Store(it) if sample.case == "typical" => {
                assert_agreement::<_, shared::Store>(&it, release);
            }
            Message::Append(it) if sample.case == "typical" => {
                assert_agreement::<_, shared::Append>(&it, release);
            }
            _ => {}
        }
    }
}

fn assert_agreement<Ours: Payload, Bare: OwnedMessage>(seed: &Ours, release: Release) {
    let seed = payload::encode(seed, release, 2).unwrap();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let damaged = std::iter::repeat_with(|| Bytes::from(random.damage(&seed))).take(ROUNDS);
    let both = damaged.filter(|damaged| is_read_alike::<Ours, Bare>(damaged, release)).count();
    assert!(both > ROUNDS / 100, "only {both} inputs were still messages");
}

/// Whether both read the bytes; otherwise neither does.
fn is_read_alike<Ours: Payload, Bare: OwnedMessage>(bytes: &Bytes, release: Release) -> bool {
    let ours = payload::decode::<Ours>(bytes, release, 2);
    match (ours, Bare::decode(bytes.clone())) {
        (Ok(ours), Ok(bare)) => {
            let ours = payload::encode(&ours, release, 2).unwrap();
            assert_eq!(ours, bare.encode_to_vec(), "{}", hex::encode(bytes));
            true
        }
        (Err(_), Err(_)) => false,
        (ours, bare) => panic!(
            "ours: {:?}, the library's: {:?}, of {}",
            ours.err().map(|error| error.to_string()),
            bare.err().map(|error| error.to_string()),
            hex::encode(bytes)
        ),
    }
}

/// Bytes before the payload in inputs of `decode` and `differential`.
const HEAD_LEN: usize = 3;
/// How many changed inputs are tried beside those of the corpus.
const CHANGES: usize = 60_000;

/// The corpus of both targets, then what the mutator of `decode` makes of it, from a fixed seed.
fn inputs() -> impl Iterator<Item = Vec<u8>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folders = ["decode", "differential"].map(|name| Folder::open(&corpus, name).unwrap());
    let mut inputs: Vec<Vec<u8>> =
        folders.into_iter().flat_map(|folder| folder.entries).map(|entry| entry.bytes).collect();
    inputs.retain(|input| input.len() > HEAD_LEN);
    assert!(inputs.len() > 300, "{}", inputs.len());
    let (origins, mut rng) = (inputs.clone(), Rng::with_seed(9));
    let changed = std::iter::repeat_with(move || {
        let mut input = rng.choice(&origins).cloned().unwrap();
        (fuzz::DECODE.mutate)(&mut input, &mut rng);
        input
    });
    inputs.into_iter().chain(changed.take(CHANGES)).filter(|input| input.len() >= HEAD_LEN)
}

#[test]
fn what_is_fuzzed_means_the_same_to_bilrost() {
    let release = "1.5".parse().unwrap();
    let (mut read, mut tried) = (0, 0);
    for input in inputs() {
        let row = &MESSAGES[usize::from(input[0] & 0x7f) % MESSAGES.len()];
        let bytes = Bytes::copy_from_slice(&input[HEAD_LEN..]);
        let is_read = match row.message_type {
            MessageType::Store => is_read_alike::<Store, shared::Store>(&bytes, release),
            MessageType::Append => is_read_alike::<Append, shared::Append>(&bytes, release),
            _ => continue,
        };
        tried += 1;
        read += usize::from(is_read);
    }
    println!("bilrost: {read} of {tried} inputs are messages");
    assert!(read > 100 && tried > read + 100, "{read} of {tried}");
}

#[test]
fn what_is_verified_is_the_same_tree_to_flexbuffers() {
    let (mut read, mut tried) = (0, 0);
    for input in inputs() {
        let bytes = Bytes::copy_from_slice(&input[HEAD_LEN..]);
        tried += 1;
        let Ok(buffer) = FlexBuffer::verified(&bytes) else { continue };
        read += 1;
        let theirs = Reader::get_root(bytes.as_ref()).unwrap();
        if let Err(what) = same_tree(buffer.root(), &theirs) {
            panic!("{what} in {}", hex::encode(&bytes));
        }
    }
    println!("flexbuffers: {read} of {tried} inputs are sound");
    assert!(read > 1000 && tried > read + 1000, "{read} of {tried}");
}

/// Compares two readings of one value.
fn same_tree(ours: FlexNode<'_>, theirs: &Reader<&[u8]>) -> Result<(), String> {
    let is_same = match ours.kind() {
        Kind::Null => theirs.flexbuffer_type() == flexbuffers::FlexBufferType::Null,
        // The library believes the width of the type, others that of the slot: they differ in what
        // no writer writes, a number in a slot that is wider than its type.
        Kind::Int => theirs.get_i64().map_err(failed)? == cut(ours.int().unwrap(), theirs),
        Kind::Uint => {
            let ours = cut(ours.uint().unwrap().cast_signed(), theirs);
            cut(theirs.get_u64().map_err(failed)?.cast_signed(), theirs) == ours
        }
        Kind::Bool => {
            let theirs = theirs.get_bool().map_err(failed)?;
            theirs == ours.bool().unwrap() || !theirs
        }
        Kind::Float => {
            let (ours, theirs) = (ours.float().unwrap(), theirs.get_f64().map_err(failed)?);
            let front = f64::from(f32::from_bits(ours.to_bits() as u32));
            [ours, front].map(f64::to_bits).contains(&theirs.to_bits())
        }
        Kind::Text => theirs.as_str() == ours.text().unwrap(),
        Kind::Blob => theirs.get_blob().map_err(failed)?.0 == ours.blob().unwrap(),
        Kind::List => {
            let (list, theirs) = (ours.list().unwrap(), theirs.get_vector().map_err(failed)?);
            if list.len() != theirs.len() {
                return Err(format!("{} elements, and {}", list.len(), theirs.len()));
            }
            for (index, element) in list.enumerate() {
                same_tree(element, &theirs.index(index).map_err(failed)?)?;
            }
            true
        }
        Kind::Map => {
            let theirs = theirs.get_map().map_err(failed)?;
            let (mut keys, mut count) = (theirs.iter_keys(), 0);
            for (index, (key, value)) in ours.map().unwrap().enumerate() {
                if keys.next() != Some(key) {
                    return Err(format!("key {key:?}"));
                }
                same_tree(value, &theirs.index(index).map_err(failed)?)?;
                count += 1;
            }
            count == theirs.len()
        }
    };
    if is_same { Ok(()) } else { Err(format!("{:?}, and {:?}", ours.kind(), theirs)) }
}

fn failed(error: flexbuffers::ReaderError) -> String {
    error.to_string()
}

/// A number as the bits of the type have it, which may be fewer than those of the slot.
fn cut(number: i64, of: &Reader<&[u8]>) -> i64 {
    let spare = 64 - 8 * of.bitwidth().n_bytes() as u32;
    number << spare >> spare
}

/// A generator of numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// A few bytes flipped, replaced, removed or inserted; sometimes the end cut off.
    fn damage(&mut self, seed: &[u8]) -> Vec<u8> {
        const TELLING: [u8; 8] = [0, 1, 2, 3, 4, 5, 0x80, 0xff];
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(DAMAGED_LEN.min(bytes.len() as u64)) as usize;
            match self.below(4) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = self.below(256) as u8,
                2 => drop(bytes.remove(at)),
                _ => bytes.insert(at, TELLING[self.below(8) as usize]),
            }
        }
        if self.below(10) == 0 {
            bytes.truncate(self.below(DAMAGED_LEN) as usize);
        }
        bytes
    }
}
