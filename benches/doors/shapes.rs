//! The questions that cost the commands most, as far as is known, in any size.

use skewproof::harness::comparison::Run;
use skewproof::harness::render::json::SCHEMA;
use skewproof::suite::difference::{Side, between};
use skewproof::suite::explain::{Hints, explain};
use skewproof::suite::speaker::Speaker;

/// A question that costs much.
pub struct Shape {
    /// What it is called.
    pub name: &'static str,
    /// Bytes of memory that the answer may take for each byte of input.
    pub memory: usize,
    /// The longest input that it is asked of, in bytes.
    pub len_max: usize,
    /// The answer to an input of so many bytes, which is thrown away.
    pub ask: fn(usize) -> Box<dyn FnOnce()>,
}

const MIB: usize = 1 << 20;
const MOST: usize = 32 * MIB;

/// All of them.
pub const SHAPES: [Shape; 10] = [
    shape("decode, empty entries", 64, MOST, |len| decode(digest(len))),
    shape("encode", 64, MOST, encode),
    shape("report diff", 64, MOST, report),
    shape("explain, empty entries", 128, MOST, |len| asked(digest(len))),
    shape("explain, nobody says what", 128, MOST, |len| unasked(digest(len))),
    shape("explain, zeros", 128, MOST, |len| unasked(vec![0; len])),
    shape("explain, a flexbuffer", 128, MOST, |len| unasked(vector(len))),
    shape("explain, as JSON", 128, MOST, |len| as_json(digest(len))),
    // Of two inputs.
    shape("golden diff, one entry", 2 * 256, MIB, |len| diff(len, len - 4)),
    shape("golden diff, all entries", 2 * 256, MIB, |len| diff(len, 2)),
];

const fn shape(
    name: &'static str,
    memory: usize,
    len_max: usize,
    ask: fn(usize) -> Box<dyn FnOnce()>,
) -> Shape {
    Shape { name, memory, len_max, ask }
}

/// A Digest with an entry in every second byte.
fn digest(len: usize) -> Vec<u8> {
    let mut bytes = vec![0x09, 0x00];
    bytes.extend([0x01, 0x00].repeat(len.saturating_sub(2) / 2));
    bytes
}

/// A list of numbers in a flexbuffer, each with a type of its own.
fn vector(len: usize) -> Vec<u8> {
    // Four bytes for the length, and for each number, with one for its type.
    let count = len.saturating_sub(16) / 5;
    let mut bytes = u32::try_from(count).unwrap_or_default().to_le_bytes().to_vec();
    bytes.extend([7, 0, 0, 0].repeat(count));
    bytes.extend([4 | 2].repeat(count));
    // The root: how far back the first number is, the type of the list, the width of that.
    let back = u32::try_from(bytes.len() - 4).unwrap_or_default();
    bytes.extend(back.to_le_bytes());
    bytes.extend([10 << 2 | 2, 4]);
    bytes
}

fn speaker() -> Speaker {
    Speaker::new("Digest", "1.7", 2).unwrap()
}

fn decode(bytes: Vec<u8>) -> Box<dyn FnOnce()> {
    Box::new(move || {
        let value = speaker().decode(bytes.into()).unwrap();
        serde_json::to_writer_pretty(std::io::sink(), &value).unwrap();
    })
}

fn asked(bytes: Vec<u8>) -> Box<dyn FnOnce()> {
    Box::new(move || {
        let hints = Hints::new(Some("Digest"), None, Some(2)).unwrap();
        explain(&bytes.into(), &hints).write_text(&mut std::io::sink()).unwrap();
    })
}

fn unasked(bytes: Vec<u8>) -> Box<dyn FnOnce()> {
    Box::new(move || {
        explain(&bytes.into(), &Hints::default()).write_text(&mut std::io::sink()).unwrap();
    })
}

fn as_json(bytes: Vec<u8>) -> Box<dyn FnOnce()> {
    Box::new(move || {
        let hints = Hints::new(Some("Digest"), None, Some(2)).unwrap();
        explain(&bytes.into(), &hints).write_json(&mut std::io::sink()).unwrap();
    })
}

/// As much text as there are bytes, as a Digest is written by `decode`.
fn encode(len: usize) -> Box<dyn FnOnce()> {
    const ENTRY: usize = 48;
    let value = speaker().decode(digest(2 + 2 * (len / ENTRY)).into()).unwrap();
    let text = value.to_string();
    Box::new(move || drop(speaker().encode(&text).unwrap()))
}

fn diff(old: usize, new: usize) -> Box<dyn FnOnce()> {
    let side = |name: &str, len: usize| {
        Side::of_bytes(name, digest(len).into(), "Digest", None, Some(2)).unwrap()
    };
    let (old, new) = (side("old", old), side("new", new));
    Box::new(move || drop(between(&old, &new).to_text(20)))
}

fn report(len: usize) -> Box<dyn FnOnce()> {
    const FINDING: &str = r#"{"case":"","expected":"","actual":""},"#;
    let findings = FINDING.repeat(len / FINDING.len());
    let text = format!(
        r#"{{"schema":"{SCHEMA}","title":"","grids":[{{"name":"","cells":[],"findings":[{findings}{}]}}]}}"#,
        FINDING.trim_end_matches(',')
    );
    Box::new(move || drop(Run::read(&text)))
}
