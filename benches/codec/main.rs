//! Speed of the payload codecs, as a ratio to the bare library call on the same struct.
//!
//! `cargo bench`, or `cargo bench -- Store` for some rows. Ours and the library's are measured in
//! turns, so that whatever else the machine does slows both; of the turns the median counts. The
//! library's structs are in [`plain`]; that both make the same bytes is asserted before anything is
//! measured.

#![allow(clippy::expect_used, reason = "a benchmark that cannot run has to stop")]

mod plain;

use std::hint::black_box;
use std::time::{Duration, Instant};

use skewproof::fabric::messages::gossip::Gossip;
use skewproof::fabric::messages::log_server::Store;
use skewproof::fabric::messages::sequencer::Append;
use skewproof::fabric::payload::{self, Payload};
use skewproof::fabric::release::Release;

/// Turns of each side, and how long a turn takes.
const TURNS: usize = 41;
const TURN: Duration = Duration::from_millis(10);

fn main() {
    let filter = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    println!("{:<30} {:>9} {:>9} {:>9} {:>7}", "", "bytes", "ours, ns", "bare, ns", "ratio");
    let gossip: Gossip = plain::gossip();
    let store: Store = plain::store();
    let append: Append = plain::append();
    bilrost_rows::<_, plain::Gossip>("Gossip", &gossip, 2, &filter);
    bilrost_rows::<_, plain::Gossip>("Gossip", &gossip, 3, &filter);
    flexbuffers_rows::<_, plain::Store>("Store, 10 x 1 KiB", &store, &filter);
    bilrost_rows::<_, plain::Store>("Store, 10 x 1 KiB", &store, 2, &filter);
    bilrost_rows::<_, plain::StoreV3>("Store, 10 x 1 KiB", &store, 3, &filter);
    flexbuffers_rows::<_, plain::Append>("Append, 10 x 1 KiB", &append, &filter);
    bilrost_rows::<_, plain::Append>("Append, 10 x 1 KiB", &append, 2, &filter);
    bilrost_rows::<_, plain::AppendV3>("Append, 10 x 1 KiB", &append, 3, &filter);
}

/// Measures a message at V1 against `flexbuffers`.
fn flexbuffers_rows<Ours, Bare>(name: &str, value: &Ours, filter: &str)
where
    Ours: Payload,
    Bare: serde::Serialize + serde::de::DeserializeOwned,
{
    let release = release("1.4");
    let encode = || payload::encode(value, release, 1).expect("the value fits");
    let bytes = encode();
    let bare: Bare = flexbuffers::from_slice(&bytes).expect("the library reads our bytes");
    let encode_bare = || flexbuffers::to_vec(&bare).expect("the library writes");
    assert_eq!(encode_bare(), bytes, "{name}: both make the same bytes");
    row(&format!("{name}, V1, encode"), bytes.len(), filter, encode, encode_bare);
    let decode = || payload::decode::<Ours>(&bytes, release, 1).expect("our bytes");
    let decode_bare = || flexbuffers::from_slice::<Bare>(&bytes).expect("our bytes");
    row(&format!("{name}, V1, decode"), bytes.len(), filter, decode, decode_bare);
}

/// Measures a message at V2 or V3 against `bilrost`.
fn bilrost_rows<Ours, Bare>(name: &str, value: &Ours, version: i32, filter: &str)
where
    Ours: Payload,
    Bare: bilrost::Message + bilrost::OwnedMessage,
{
    let release = release("1.7");
    let encode = || payload::encode(value, release, version).expect("the value fits");
    let bytes = encode();
    let bare = Bare::decode(bytes.clone()).expect("the library reads our bytes");
    let encode_bare = || bare.encode_to_vec();
    assert_eq!(encode_bare(), bytes, "{name}: both make the same bytes");
    row(&format!("{name}, V{version}, encode"), bytes.len(), filter, encode, encode_bare);
    let decode = || payload::decode::<Ours>(&bytes, release, version).expect("our bytes");
    let decode_bare = || Bare::decode(bytes.clone()).expect("our bytes");
    row(&format!("{name}, V{version}, decode"), bytes.len(), filter, decode, decode_bare);
}

fn release(name: &str) -> Release {
    name.parse().expect("a release of the table")
}

/// Measures both sides and prints a row.
fn row<A, B>(name: &str, bytes: usize, filter: &str, ours: impl Fn() -> A, bare: impl Fn() -> B) {
    if !name.contains(filter) {
        return;
    }
    let (mut our_turns, mut bare_turns) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        our_turns.push(nanoseconds(&ours));
        bare_turns.push(nanoseconds(&bare));
    }
    let (ours, bare) = (median(our_turns), median(bare_turns));
    println!("{name:<30} {bytes:>9} {ours:>9.0} {bare:>9.0} {:>7.2}", ours / bare);
}

/// What one call takes, over one turn.
fn nanoseconds<T>(call: impl Fn() -> T) -> f64 {
    const BATCH: u32 = 64;
    let start = Instant::now();
    let mut calls = 0;
    while start.elapsed() < TURN {
        for _ in 0..BATCH {
            black_box(call());
        }
        calls += BATCH;
    }
    start.elapsed().as_nanos() as f64 / f64::from(calls)
}

fn median(mut turns: Vec<f64>) -> f64 {
    turns.sort_by(f64::total_cmp);
    turns[turns.len() / 2]
}
