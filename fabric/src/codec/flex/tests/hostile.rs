//! Bytes that no honest writer makes (06).

use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::codec::fault::{Fault, FaultKind};
use crate::codec::tree::Kind;

/// Reads whatever is there, in every way, and as an opaque value.
fn walk(bytes: &Bytes) -> Result<(), Fault> {
    fn visit(node: FlexNode<'_>) {
        let _ = (node.is_null(), node.bool(), node.uint(), node.int(), node.float());
        let _ = (node.text(), node.variant_name(), node.blob(), node.octets());
        match node.kind() {
            Kind::List => node.list().unwrap().for_each(visit),
            Kind::Map => {
                let entries: Vec<_> = node.map().unwrap().collect();
                assert_eq!(entries.len(), node.map().unwrap().size_hint().0);
                entries.into_iter().for_each(|(_, value)| visit(value));
            }
            _ => (),
        }
    }
    visit(FlexBuffer::verified(bytes)?.root());
    from_flex::<Opaque>(bytes, cx()).map(drop)
}

/// On a small stack, and quickly.
fn refused(bytes: impl Into<Bytes>) -> FaultKind {
    let bytes = bytes.into();
    let check = move || {
        let start = Instant::now();
        let fault = walk(&bytes).expect_err("hostile bytes are refused");
        assert!(start.elapsed() < Duration::from_millis(100), "{:?}", start.elapsed());
        fault.kind().clone()
    };
    thread::Builder::new().stack_size(256 * 1024).spawn(check).unwrap().join().unwrap()
}

/// Vectors of two, each of whose slots refers to the next one: 2^`levels` values.
fn billion_laughs(levels: usize) -> Vec<u8> {
    let mut bytes = vec![0, 0];
    for level in 0..levels {
        // Length, two offsets to the vector before, their types: untyped vectors of width 1.
        let slots_back = if level == 0 { [1, 2] } else { [5, 6] };
        bytes.push(2);
        bytes.extend(slots_back);
        bytes.extend([0x28, 0x28]);
    }
    bytes.extend([4, 0x28, 1]);
    bytes
}

/// So many vectors inside each other: the innermost is empty, the others have one element.
fn nested(levels: usize) -> Vec<u8> {
    let mut bytes = vec![0];
    for level in 1..levels {
        bytes.extend([1, if level == 1 { 1 } else { 3 }, 0x28]);
    }
    bytes.extend([2, 0x28, 1]);
    bytes
}

#[test]
fn what_crashes_the_library() {
    let outside = [
        vec![0x00, 0x6a, 0x01],
        vec![0xff, 0x00, 0x38, 0x01],
        vec![0xff, 0xff, 0x00, 0x39, 0x01],
        // A vector of 67 million numbers.
        vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0x33, 1],
    ];
    for bytes in outside {
        let kind = refused(bytes);
        assert!(matches!(kind, FaultKind::NotFlexbuffers { .. }), "{kind:?}");
    }
    // A vector that contains itself.
    let kind = refused(vec![0x01, 0x00, 0x28, 0x01]);
    assert!(matches!(kind, FaultKind::TooMuch { .. } | FaultKind::NotFlexbuffers { .. }));
    let kind = refused(billion_laughs(35));
    assert!(matches!(kind, FaultKind::TooMuch { what: "values", .. }), "{kind:?}");
}

#[test]
fn self_references_end_at_the_depth_limit() {
    // A vector of one, whose slot refers to the vector.
    let kind = refused(vec![1, 0, 0x28, 2, 0x28, 1]);
    assert_eq!(kind, FaultKind::TooMuch { what: "levels of nesting", limit: 64 });
    // An unknown field of a map, which refers to the map: 16 bytes.
    let map = vec![b'z', b'z', b'z', 0, 1, 5, 1, 1, 1, 0, 0x24, 2, 0x24, 1];
    let kind = refused(map);
    assert_eq!(kind, FaultKind::TooMuch { what: "levels of nesting", limit: 64 });
}

#[test]
fn nesting_is_bounded() {
    let deepest = Bytes::from(nested(64));
    let check = move || walk(&deepest);
    let stack = 2 * 1024 * 1024;
    let result = thread::Builder::new().stack_size(stack).spawn(check).unwrap().join().unwrap();
    assert!(result.is_ok(), "{result:?}");
    for levels in [65, 1000, 30_000] {
        let kind = refused(nested(levels));
        assert!(matches!(kind, FaultKind::TooMuch { limit: 64, .. }), "{kind:?}");
    }
}

#[test]
fn widths_lengths_and_ends_are_checked() {
    let broken: &[(&str, &[u8])] = &[
        ("no bytes", &[]),
        ("no root", &[0, 1]),
        ("a root of width 0", &[0, 0, 0]),
        ("a root of width 3", &[0, 0, 0, 0, 3]),
        ("a root wider than the buffer", &[0, 0, 8]),
        ("a number that is wider than its slot", &[5, 0x0a, 1]),
        ("a float of one byte", &[1, 0x0c, 1]),
        ("a float packed as two bytes", &[0, 0, 0, 0, 0x0d, 4]),
        ("an indirect float of two bytes", &[0, 0, 2, 0x21, 1]),
        ("an indirect number past the end", &[0, 1, 0x1f, 1]),
        ("floats of one byte", &[1, 2, 1, 0x34, 1]),
        ("an unknown type", &[0, 0xfc, 1]),
        ("the vector of strings that nobody writes", &[0, 0, 0x3c, 1]),
        ("a string without NUL", &[1, b'a', 1, 1, 0x14, 1]),
        ("a key without NUL", &[b'a', 1, 0x10, 1]),
        ("an offset before the buffer", &[0, 9, 0x28, 1]),
        ("an offset that wraps", &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x28, 8]),
        ("a map without room for its prefix", &[0, 0, 0x24, 1]),
        ("a map with keys of width 3", &[0, 1, 3, 0, 0, 0x24, 1]),
        ("a map with fewer keys than values", &[0, 1, 1, 1, 0, 0, 2, 0x24, 1]),
    ];
    for (what, bytes) in broken {
        let kind = refused(bytes.to_vec());
        assert!(matches!(kind, FaultKind::NotFlexbuffers { .. }), "{what}: {kind:?}");
    }
    let not_utf8: [&[u8]; 2] = [&[1, 0xff, 0, 2, 0x14, 1], &[0xff, 0, 2, 0x10, 1]];
    for bytes in not_utf8 {
        assert_eq!(refused(bytes.to_vec()), FaultKind::NotUtf8);
    }
}

/// A length near the largest integer does not wrap around.
#[test]
fn huge_lengths_do_not_overflow() {
    for code in [5, 10, 11, 12, 14, 25, 36] {
        for length in [u64::MAX, u64::MAX - 7, u64::MAX / 8 + 1, 1 << 63, 1 << 32] {
            let mut bytes = length.to_le_bytes().to_vec();
            bytes.extend([0; 8]);
            bytes.extend([8, code << 2 | 3, 1]);
            let kind = refused(bytes);
            assert!(matches!(kind, FaultKind::NotFlexbuffers { .. }), "{code}: {kind:?}");
        }
    }
}

/// A long key that many maps share, and a long string in many slots.
#[test]
fn shared_keys_and_text_are_bounded() {
    let key = "k".repeat(60_000);
    let map = Opaque::Map(vec![(key, Opaque::Null)]);
    let kind = refused(to_flex(&Opaque::List(vec![map; 5_000]), cx()).unwrap());
    assert!(matches!(kind, FaultKind::TooMuch { what: "bytes of map keys", .. }), "{kind:?}");

    for kind in [0x14, 0x64] {
        // 200 bytes of text, and 200 slots which all refer to it.
        let mut bytes = vec![200];
        bytes.extend([b'x'; 200]);
        // Their NUL, and the length of the vector.
        bytes.extend([0, 200, 0]);
        for slot in 0..200_u16 {
            bytes.extend((203 + 2 * slot).to_le_bytes());
        }
        bytes.extend([kind; 200]);
        bytes.extend(600_u16.to_le_bytes());
        bytes.extend([0x29, 2]);
        let at_most = 4 * bytes.len() + 256;
        let result = refused(bytes);
        assert_eq!(result, FaultKind::TooMuch { what: "bytes of text", limit: at_most });
    }
}

#[test]
fn budgets_are_parameters() {
    let value = Opaque::List(vec![Opaque::Text("abc".into()); 10]);
    let bytes = to_flex(&value, cx()).unwrap();
    let ample = Budgets { depth: 1, nodes: 11, text: 30, keys: 0 };
    assert_eq!(verify(&bytes, ample), Ok(()));
    for short in [
        Budgets { depth: 0, ..ample },
        Budgets { nodes: 10, ..ample },
        Budgets { text: 29, ..ample },
    ] {
        let fault = verify(&bytes, short).unwrap_err();
        assert!(matches!(fault.kind(), FaultKind::TooMuch { .. }), "{fault}");
    }
}

/// A few ordinary buffers.
fn typical() -> Vec<Vec<u8>> {
    let mut dice = Dice(77);
    let mut buffers: Vec<Vec<u8>> = (0..40)
        .map(|_| to_flex(&dice.value(3), cx()).unwrap().to_vec())
        .filter(|bytes| bytes.len() < 2_000)
        .collect();
    buffers.push(written(|w| {
        let mark = w.begin_map();
        w.key("loglet_id");
        w.uint(u64::MAX);
        w.key("records");
        list(w, 3, |w, i| {
            let mark = w.begin_map();
            w.key("body");
            w.blob(&[7; 30]);
            w.key("created_at");
            w.uint(i as u64);
            w.key("flags");
            list(w, 5, |w, i| w.bool(i % 2 == 0));
            w.end_map(mark);
        });
        w.end_map(mark);
    }));
    buffers
}

#[test]
fn truncations_and_single_corruptions_never_panic() {
    for buffer in typical() {
        for end in 0..buffer.len() {
            let _ = walk(&Bytes::copy_from_slice(&buffer[..end]));
        }
        let values = if cfg!(debug_assertions) { 0..=7_u8 } else { 0..=255 };
        for at in 0..buffer.len() {
            for value in values.clone() {
                let mut bytes = buffer.clone();
                bytes[at] = value.wrapping_mul(if cfg!(debug_assertions) { 37 } else { 1 });
                let _ = walk(&bytes.into());
            }
        }
    }
}

#[test]
fn mutations_never_panic() {
    let mut dice = Dice(0xbad_5eed);
    let seeds = typical();
    let rounds = if cfg!(debug_assertions) { 10_000 } else { 200_000 };
    let mut accepted = 0;
    for _ in 0..rounds {
        let mut bytes = seeds[dice.below(seeds.len())].clone();
        for _ in 0..=dice.below(4) {
            let (at, from) = (dice.below(bytes.len()), dice.below(bytes.len()));
            match dice.below(5) {
                0 => bytes[at] = dice.roll() as u8,
                1 => bytes[at] ^= 1 << dice.below(8),
                2 => bytes[at] = bytes[from],
                3 => bytes.insert(at, dice.roll() as u8),
                _ if bytes.len() > 4 => drop(bytes.remove(at)),
                _ => (),
            }
        }
        accepted += usize::from(walk(&bytes.into()).is_ok());
    }
    // Neither everything nor nothing: the loop reaches behind the verifier.
    assert!((rounds / 50..rounds).contains(&accepted), "{accepted} of {rounds}");
}
