//! Tests of writer, verifier and reader together, against the library of the released servers and
//! against hostile bytes.

mod hostile;
mod reading;
mod writing;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::*;
use crate::codec::tree::{Context, Node, Sink};
use crate::release::Release;
use crate::version::ProtocolVersion;

/// A context; opaque values do not depend on it.
fn cx() -> Context {
    let release = Release::lines().last().unwrap();
    Context { release, version: ProtocolVersion::V1 }
}

/// Writes one value by hand.
fn written(write: impl FnOnce(&mut FlexWriter)) -> Vec<u8> {
    let mut writer = FlexWriter::new();
    write(&mut writer);
    writer.finish().unwrap().to_vec()
}

fn list<S: Sink>(sink: &mut S, len: usize, mut element: impl FnMut(&mut S, usize)) {
    let mark = sink.begin_list(len);
    (0..len).for_each(|index| element(sink, index));
    sink.end_list(mark);
}

/// A value as the library serialises it.
struct Plain<'a>(&'a Opaque);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Opaque::Null => serializer.serialize_unit(),
            Opaque::Bool(value) => serializer.serialize_bool(*value),
            Opaque::Int(value) => serializer.serialize_i64(*value),
            Opaque::Uint(value) => serializer.serialize_u64(*value),
            Opaque::Float(value) => serializer.serialize_f64(*value),
            Opaque::Text(value) => serializer.serialize_str(value),
            Opaque::Blob(value) => serializer.serialize_bytes(value),
            Opaque::Octets(value) => value.to_vec().serialize(serializer),
            Opaque::List(elements) => {
                let mut seq = serializer.serialize_seq(Some(elements.len()))?;
                for element in elements {
                    seq.serialize_element(&Plain(element))?;
                }
                seq.end()
            }
            Opaque::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, &Plain(value))?;
                }
                map.end()
            }
        }
    }
}

/// What the library makes of a value.
fn library(value: &Opaque) -> Vec<u8> {
    flexbuffers::to_vec(Plain(value)).unwrap()
}

/// A repeatable source of test values.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }

    /// A number of any magnitude.
    fn number(&mut self) -> u64 {
        let bits = self.below(64);
        self.roll() >> bits
    }

    fn bytes(&mut self) -> Bytes {
        let len = match self.below(8) {
            0 => self.below(700),
            _ => self.below(6),
        };
        (0..len).map(|_| self.roll() as u8).collect()
    }

    fn text(&mut self) -> String {
        let len = match self.below(10) {
            0 => self.below(400),
            _ => self.below(12),
        };
        let letters = ['a', 'b', '_', 'Z', '\0', 'é', '語', '🦀'];
        (0..len).map(|_| letters[self.below(letters.len())]).collect()
    }

    /// A value with at most `depth` containers inside each other.
    fn value(&mut self, depth: u32) -> Opaque {
        match self.below(if depth == 0 { 8 } else { 12 }) {
            0 => Opaque::Null,
            1 => Opaque::Bool(self.below(2) == 0),
            2 => Opaque::Int(self.number() as i64 * if self.below(2) == 0 { 1 } else { -1 }),
            3 => Opaque::Uint(self.number()),
            4 => Opaque::Float(self.number() as f64 / 8.0),
            5 => Opaque::Text(self.text()),
            6 => Opaque::Blob(self.bytes()),
            7 => match self.bytes() {
                bytes if bytes.is_empty() => Opaque::Null,
                bytes => Opaque::Octets(bytes),
            },
            8 | 9 => self.list(depth - 1),
            _ => self.map(depth - 1),
        }
    }

    fn list(&mut self, depth: u32) -> Opaque {
        let len = if self.below(12) == 0 { self.below(400) } else { self.below(7) };
        let sample = self.value(depth);
        let is_uniform = self.below(2) == 0;
        let elements = (0..len).map(|_| match sample {
            Opaque::Uint(_) if is_uniform => Opaque::Uint(self.number()),
            Opaque::Int(_) if is_uniform => Opaque::Int(self.number() as i64),
            Opaque::Bool(_) if is_uniform => Opaque::Bool(self.below(2) == 0),
            Opaque::Map(_) if is_uniform => sample.clone(),
            _ => self.value(if len > 7 { 0 } else { depth }),
        });
        let elements: Vec<_> = elements.collect();
        // The canonical form, which is what the reader gives.
        let octet = |element: &Opaque| match element {
            Opaque::Uint(value) => u8::try_from(*value).ok(),
            _ => None,
        };
        match elements.iter().map(octet).collect::<Option<Vec<u8>>>() {
            Some(octets) if len > 0 => Opaque::Octets(octets.into()),
            _ => Opaque::List(elements),
        }
    }

    /// Entries in any order; each key once.
    fn map(&mut self, depth: u32) -> Opaque {
        let len = if self.below(12) == 0 { self.below(300) } else { self.below(9) };
        let mut entries: Vec<(String, Opaque)> = Vec::new();
        for _ in 0..len {
            let key = match self.below(4) {
                0 => self.text().replace('\0', "."),
                1 => format!("a_key_of_some_length_{}_and_an_end", self.below(20)),
                _ => format!("key{}", self.below(40)),
            };
            if entries.iter().all(|(other, _)| *other != key) {
                let value = self.value(if len > 9 { 0 } else { depth });
                entries.push((key, value));
            }
        }
        Opaque::Map(entries)
    }
}

/// The value with its maps sorted, as the reader gives it.
fn sorted(value: Opaque) -> Opaque {
    match value {
        Opaque::List(elements) => Opaque::List(elements.into_iter().map(sorted).collect()),
        Opaque::Map(entries) => {
            let mut entries: Vec<_> =
                entries.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Opaque::Map(entries)
        }
        other => other,
    }
}

fn hex(bytes: &[u8]) -> String {
    ::hex::encode(bytes)
}
