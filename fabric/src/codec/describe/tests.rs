//! Types of every kind, read from odd flexbuffers, beside the same types as the library of the
//! released servers derives their readers: both give the same value, or both an error (07 §4).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::prelude::*;
use crate::codec::flex::{Opaque, from_flex, to_flex};
use crate::codec::json::to_json;
use crate::messages::ids::KeyRange;
use crate::version::ProtocolVersion;

record! {
    /// A struct.
    pub struct Ours {
        number: u16,
        signed: i32,
        option: Option<u32>,
        text: String,
        flag: bool,
        tuple: (u8, u64),
        choice: OurChoice,
        texts: BTreeMap<String, u8>,
        duration: Duration,
        range: KeyRange,
        list: Vec<OurPart>,
        missing: u32 [default_if_missing()],
        gone: Option<u8> [omit_default()],
    }
}

record! {
    /// A struct in a list.
    pub struct OurPart {
        key: u8,
        value: Option<u8>,
    }
}

one_of! {
    /// Variants of every kind.
    pub enum OurChoice {
        Alone,
        Number(u32),
        Pair((u8, u8)),
        Named(OurNamed),
        Part(OurPart),
    }
}

record! {
    /// What a variant holds.
    pub struct OurNamed [variant()] {
        x: u8,
        y: Option<u8>,
    }
}

#[derive(Serialize, Deserialize)]
struct Theirs {
    number: u16,
    signed: i32,
    option: Option<u32>,
    text: String,
    flag: bool,
    tuple: (u8, u64),
    choice: TheirChoice,
    texts: BTreeMap<String, u8>,
    duration: Duration,
    range: RangeInclusive<u64>,
    list: Vec<TheirPart>,
    #[serde(default)]
    missing: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gone: Option<u8>,
}

#[derive(Serialize, Deserialize)]
struct TheirPart {
    key: u8,
    value: Option<u8>,
}

#[derive(Serialize, Deserialize)]
enum TheirChoice {
    Alone,
    Number(u32),
    Pair(u8, u8),
    Named { x: u8, y: Option<u8> },
    Part(TheirPart),
}

/// Shifted down to fewer bits it is the largest number of them.
const MAX: u64 = u64::MAX - 1;
/// In nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// Values that fit a shape, but for an oddity now and then.
struct Odd {
    rng: Rng,
    /// One value in so many is odd.
    rarity: u32,
}

impl Odd {
    fn strikes(&mut self) -> bool {
        self.rng.u32(..self.rarity) == 0
    }

    fn draw(&mut self, shape: &Shape) -> Opaque {
        if self.strikes() {
            return self.anything();
        }
        match shape {
            Shape::Bool => Opaque::Bool(self.rng.bool()),
            Shape::Uint(bits) | Shape::Int(bits) => self.number(*bits),
            Shape::Text(_) => self.text(),
            Shape::Optional(_) if self.rng.bool() => Opaque::Null,
            Shape::Optional(inner) => self.draw(inner),
            Shape::List(element) => {
                Opaque::List((0..self.rng.usize(..3)).map(|_| self.draw(element)).collect())
            }
            Shape::Map(_, value) => {
                let keys = ["b", "a", "c", "a"].into_iter().take(self.rng.usize(..5));
                Opaque::Map(keys.map(|key| (key.to_owned(), self.draw(value))).collect())
            }
            Shape::Tuple(shapes) => Opaque::List(self.elements(shapes.iter())),
            Shape::Record(record) => self.record(record),
            Shape::Choice(choice) => self.choice(choice),
            Shape::Dual(dual) => self.draw(&dual.tree),
            other => panic!("{other:?} is in none of the types"),
        }
    }

    /// By key or by position; with too few, too many or the same twice.
    fn record(&mut self, record: &RecordShape) -> Opaque {
        if self.strikes() {
            return Opaque::List(self.elements(record.fields.iter().map(|field| &field.shape)));
        }
        let mut entries = Vec::new();
        for field in record.fields {
            let key = || field.field.key.to_owned();
            let times = if self.strikes() { self.rng.usize(..3) } else { 1 };
            entries.extend((0..times).map(|_| (key(), self.draw(&field.shape))));
        }
        while self.strikes() {
            entries.push(("zz".to_owned(), self.anything()));
        }
        Opaque::Map(entries)
    }

    /// With too few or too many now and then.
    fn elements<'s>(&mut self, shapes: impl Iterator<Item = &'s Shape>) -> Vec<Opaque> {
        let mut elements: Vec<_> = shapes.map(|shape| self.draw(shape)).collect();
        while self.strikes() {
            elements.push(self.anything());
        }
        if self.strikes() {
            elements.truncate(self.rng.usize(..=elements.len()));
        }
        elements
    }

    /// A name alone or with a value, whatever the variant has; other variants beside it.
    fn choice(&mut self, choice: &ChoiceShape) -> Opaque {
        let mut entries = Vec::new();
        loop {
            let variant = &choice.variants[self.rng.usize(..choice.variants.len())];
            let name = variant.variant.name.to_owned();
            match (variant.shape, self.strikes()) {
                (None, false) | (Some(_), true) => return Opaque::Text(name),
                (None, true) => entries.push((name, self.anything())),
                (Some(shape), false) => entries.push((name, self.draw(&shape))),
            }
            if !self.strikes() {
                return Opaque::Map(entries);
            }
        }
    }

    /// Of either kind; too large, negative or a second of nanoseconds now and then.
    fn number(&mut self, bits: u32) -> Opaque {
        let number = match self.strikes() {
            true => {
                *self.rng.choice(&[MAX >> (64 - bits), (MAX >> (64 - bits)) + 1, SECOND]).unwrap()
            }
            false => self.rng.u64(..100),
        };
        match (self.rng.bool(), self.strikes()) {
            (true, false) => Opaque::Int(number.cast_signed()),
            (_, true) => Opaque::Int(-number.cast_signed()),
            (false, false) => Opaque::Uint(number),
        }
    }

    fn text(&mut self) -> Opaque {
        let text = self.rng.choice(&["name", "", "Größe"]).unwrap();
        match (self.strikes(), self.rng.bool()) {
            (false, _) => Opaque::Text((*text).to_owned()),
            (true, true) => Opaque::Blob((*text).into()),
            (true, false) => Opaque::Blob(vec![0xff, 0xfe].into()),
        }
    }

    fn anything(&mut self) -> Opaque {
        match self.rng.u8(..10) {
            0 => Opaque::Null,
            1 => Opaque::Bool(true),
            2 => self.number(32),
            3 => Opaque::Float(1.5),
            4 => self.text(),
            5 => Opaque::Octets(vec![1, 2].into()),
            6 => Opaque::List(Vec::new()),
            7 => Opaque::List(vec![Opaque::Uint(1), self.text(), Opaque::Null]),
            8 => Opaque::Map(Vec::new()),
            _ => Opaque::Map(vec![("Alone".to_owned(), Opaque::Null)]),
        }
    }
}

#[test]
fn odd_flexbuffers_mean_the_same_to_the_library() {
    let release = "1.5".parse().unwrap();
    let cx = Context { release, version: ProtocolVersion::V1 };
    let mut odd = Odd { rng: Rng::with_seed(7), rarity: 60 };
    let (mut read, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let tree = odd.draw(&Ours::SHAPE);
        let bytes = to_flex(&tree, cx).unwrap();
        let ours = from_flex::<Ours>(&bytes, cx);
        let theirs: Result<Theirs, _> = flexbuffers::from_slice(&bytes);
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                let theirs = serde_json::to_value(&theirs).unwrap();
                assert_eq!(to_json(&ours, cx).unwrap(), theirs, "{tree:?}");
                read += 1;
            }
            (Err(_), Err(_)) => refused += 1,
            (ours, theirs) => panic!(
                "ours: {:?}, theirs: {:?}, of {tree:?}",
                ours.err(),
                theirs.err().map(|error| error.to_string())
            ),
        }
    }
    assert!(read > 5_000 && refused > 5_000, "{read} read, {refused} refused");
}

#[test]
fn variants_have_their_names() {
    assert_eq!(OurChoice::default().variant_name(), "Alone");
}

/// A key is text, but not the name of a variant.
#[test]
fn a_key_is_no_name_of_a_variant() {
    let cx = Context { release: "1.5".parse().unwrap(), version: ProtocolVersion::V1 };
    let key = bytes::Bytes::from_static(b"Alone\0\x06\x10\x01");
    assert_eq!(from_flex::<String>(&key, cx).unwrap(), "Alone");
    assert_eq!(flexbuffers::from_slice::<String>(&key).unwrap(), "Alone");
    assert!(from_flex::<OurChoice>(&key, cx).is_err());
    assert!(flexbuffers::from_slice::<TheirChoice>(&key).is_err());
}
