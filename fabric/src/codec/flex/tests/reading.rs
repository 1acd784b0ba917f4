//! Reading what writers write, and what they may write though ours does not.

use super::*;
use crate::codec::fault::{Fault, FaultKind};
use crate::codec::tree::Kind;

/// Reads the root of a buffer.
fn read<T>(bytes: &[u8], read: impl FnOnce(FlexNode<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
    let bytes = Bytes::copy_from_slice(bytes);
    let buffer = FlexBuffer::verified(&bytes)?;
    read(buffer.root())
}

fn wrong(expected: Kind, found: Kind) -> FaultKind {
    FaultKind::WrongType { expected: expected.name(), found: found.name() }
}

#[test]
fn numbers_convert_only_where_nothing_is_lost() {
    let five = written(|w| w.uint(5));
    assert_eq!(read(&five, |n| n.int()), Ok(5));
    let minus = written(|w| w.int(-300));
    assert_eq!(read(&minus, |n| n.int()), Ok(-300));
    let fault = read(&minus, |n| n.uint()).unwrap_err();
    assert_eq!(fault.kind(), &FaultKind::OutOfRange { what: "an unsigned number" });
    assert_eq!(read(&written(|w| w.int(300)), |n| n.uint()), Ok(300));
    let huge = written(|w| w.uint(u64::MAX));
    assert_eq!(read(&huge, |n| n.uint()), Ok(u64::MAX));
    let fault = read(&huge, |n| n.int()).unwrap_err();
    assert_eq!(fault.kind(), &FaultKind::OutOfRange { what: "a signed number" });
    assert_eq!(read(&written(|w| w.float(0.1)), |n| n.float()), Ok(0.1));
    let fault = read(&written(|w| w.null()), |n| n.uint()).unwrap_err();
    assert_eq!(fault.kind(), &wrong(Kind::Uint, Kind::Null));
    let fault = read(&written(|w| w.bool(true)), |n| n.uint()).unwrap_err();
    assert_eq!(fault.kind(), &wrong(Kind::Uint, Kind::Bool));
}

/// Types that our writer never uses.
#[test]
fn foreign_forms_are_read() {
    let indirect_int = [0xfe, 0xff, 2, 0x19, 1];
    assert_eq!(read(&indirect_int, |n| n.int()), Ok(-2));
    let indirect_uint = [0x34, 0x12, 2, 0x1d, 1];
    assert_eq!(read(&indirect_uint, |n| n.uint()), Ok(0x1234));
    let indirect_float = [0, 0, 0xc0, 0x3f, 4, 0x22, 1];
    assert_eq!(read(&indirect_float, |n| n.float()), Ok(1.5));
    let key = [b'a', b'b', 0, 3, 0x10, 1];
    assert_eq!(read(&key, |n| n.text().map(str::to_owned)), Ok("ab".into()));
    let keys = [b'a', 0, b'b', 0, 2, 5, 4, 2, 0x38, 1];
    let texts = read(&keys, |n| n.list()?.map(|n| n.text().map(str::to_owned)).collect());
    assert_eq!(texts, Ok(vec!["a".to_owned(), "b".to_owned()]));
    // Three signed numbers without a length; two floats of four bytes.
    let int3 = [0xff, 2, 3, 3, 19 << 2, 1];
    let numbers = read(&int3, |n| n.list()?.map(|n| n.int()).collect());
    assert_eq!(numbers, Ok(vec![-1, 2, 3]));
    let float2 = [0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 8, 18 << 2 | 2, 1];
    let floats = read(&float2, |n| n.list()?.map(|n| n.float()).collect());
    assert_eq!(floats, Ok(vec![1.5, 0.0]));
}

#[test]
fn every_length_of_every_vector() {
    for len in 0..12 {
        let bools = written(|w| list(w, len, |w, i| w.bool(i % 3 == 0)));
        let read_bools: Vec<bool> =
            read(&bools, |n| n.list()?.map(|n| n.bool()).collect()).unwrap();
        assert_eq!(read_bools, (0..len).map(|i| i % 3 == 0).collect::<Vec<_>>());
        for scale in [1, 300, 70_000, 1 << 40] {
            let ints = written(|w| list(w, len, |w, i| w.int(i as i64 * -scale)));
            let list = read(&ints, |n| n.list()?.map(|n| n.int()).collect());
            assert_eq!(list, Ok((0..len).map(|i| i as i64 * -scale).collect::<Vec<_>>()));
        }
    }
}

#[test]
fn octets_of_any_width_are_read_and_narrow_ones_are_shared() {
    for len in (0..10).chain([255, 256, 1000]) {
        let octets: Vec<u8> = (0..len).map(|i| i as u8).collect();
        let bytes = Bytes::from(written(|w| w.octets(&octets)));
        let read = FlexBuffer::verified(&bytes).unwrap().root().octets().unwrap();
        assert_eq!(read, octets);
        let is_shared = bytes.as_ptr_range().contains(&read.as_ptr());
        assert_eq!(is_shared, (1..256).contains(&len), "length {len}");
    }
    // Numbers of different types, so untyped.
    let mixed = written(|w| list(w, 2, |w, i| if i == 0 { w.int(7) } else { w.uint(255) }));
    assert_eq!(read(&mixed, |n| n.octets()).unwrap(), [7, 255][..]);
    let signed = written(|w| list(w, 5, |w, i| w.int(i as i64)));
    assert_eq!(read(&signed, |n| n.octets()).unwrap(), [0, 1, 2, 3, 4][..]);
    for outside in [-1, 256] {
        let bytes = written(|w| list(w, 5, |w, _| w.int(outside)));
        let fault = read(&bytes, |n| n.octets()).unwrap_err();
        assert!(matches!(fault.kind(), FaultKind::OutOfRange { .. }), "{fault}");
    }
}

#[test]
fn blobs_are_shared_and_no_lists() {
    let blob = Bytes::from(written(|w| w.blob(&[9; 400])));
    let buffer = FlexBuffer::verified(&blob).unwrap();
    let read_blob = buffer.root().blob().unwrap();
    assert_eq!(read_blob, [9; 400][..]);
    assert!(blob.as_ptr_range().contains(&read_blob.as_ptr()));
    assert!(matches!(
        buffer.root().octets().unwrap_err().kind(),
        FaultKind::WrongType { found: "a blob", .. }
    ));
    let octets = written(|w| w.octets(&[9; 40]));
    let fault = read(&octets, |n| n.blob()).unwrap_err();
    assert_eq!(fault.kind(), &wrong(Kind::Blob, Kind::List));
    assert_eq!(fault.place().offset(), Some(octets.len() - 3));
}

#[test]
fn maps_are_read_in_the_order_of_the_buffer() {
    let bytes = Bytes::from(written(|w| {
        let mark = w.begin_map();
        for key in ["b", "", "a long key, longer than a word", "é"] {
            w.key(key);
            w.text(key);
        }
        w.end_map(mark);
    }));
    let buffer = FlexBuffer::verified(&bytes).unwrap();
    let entries: Vec<_> =
        buffer.root().map().unwrap().map(|(key, node)| (key, node.text().unwrap())).collect();
    let keys = ["", "a long key, longer than a word", "b", "é"];
    assert_eq!(entries, keys.map(|key| (key, key)));
    assert!(buffer.root().list().is_err());
    assert!(buffer.root().text().is_err());
}

#[test]
fn memory_is_bounded() {
    let bytes = Bytes::from(written(|w| w.null()));
    let buffer = FlexBuffer::verified(&bytes).unwrap();
    let root = buffer.root();
    assert_eq!(root.charge(1024 * 1024), Ok(()));
    assert_eq!(root.charge(48), Ok(()));
    let fault = root.charge(1).unwrap_err();
    assert!(matches!(fault.kind(), FaultKind::TooMuch { .. }), "{fault}");
}

#[test]
fn opaque_maps_hold_each_key_once() {
    // A map whose two slots share the key "a".
    let twice = [b'a', 0, 2, 3, 4, 2, 1, 2, 1, 2, 8, 8, 4, 0x24, 1];
    let fault = from_flex::<Opaque>(&Bytes::copy_from_slice(&twice), cx()).unwrap_err();
    assert_eq!(fault.kind(), &FaultKind::Repeated);
}
