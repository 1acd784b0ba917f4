//! The writer makes the library's bytes.

use std::time::{Duration, Instant};

use super::*;

/// The table of 03 §3.2.
#[test]
fn the_specified_examples() {
    type Case = (&'static str, fn(&mut FlexWriter));
    let cases: [Case; 8] = [
        ("000001", |w| w.null()),
        ("050801", |w| w.uint(5)),
        ("04556e697400051401", |w| w.text("Unit")),
        ("0102024401", |w| list(w, 2, |w, i| w.uint(i as u64 + 1))),
        ("00002801", |w| list(w, 0, |_, _| ())),
        ("00000100002401", |w| {
            let mark = w.begin_map();
            w.end_map(mark);
        }),
        ("03616263036401", |w| w.blob(b"abc")),
        ("4f6b0001040101010108022401", |w| {
            let mark = w.begin_map();
            w.key("Ok");
            w.uint(1);
            w.end_map(mark);
        }),
    ];
    for (bytes, write) in cases {
        assert_eq!(hex(&written(write)), bytes);
    }
}

#[test]
fn generated_values() {
    let mut dice = Dice(0x5eed);
    let rounds = if cfg!(debug_assertions) { 3_000 } else { 60_000 };
    for round in 0..rounds {
        let value = dice.value(4);
        let ours = to_flex(&value, cx()).unwrap();
        let theirs = library(&value);
        assert!(ours[..] == theirs[..], "round {round}: {value:?}");
        // And back.
        let read: Opaque = from_flex(&ours, cx()).unwrap();
        assert_eq!(read, sorted(value), "round {round}");
    }
}

/// Numbers at the edges of every width, alone and beside wider and narrower ones.
#[test]
fn numbers_at_the_edges() {
    let mut edges = vec![0_u64, 1, u64::MAX];
    for bits in [7, 8, 15, 16, 31, 32, 63] {
        edges.extend([(1 << bits) - 1, 1 << bits, (1 << bits) + 1]);
    }
    let mut values = Vec::new();
    for &edge in &edges {
        values.extend([
            Opaque::Uint(edge),
            Opaque::Int(edge as i64),
            Opaque::Int((edge as i64).wrapping_neg()),
            Opaque::Float(edge as f64),
        ]);
    }
    for value in &values {
        assert_eq!(hex(&to_flex(value, cx()).unwrap()), hex(&library(value)), "{value:?}");
        for other in &values {
            let pair = Opaque::List(vec![value.clone(), other.clone()]);
            assert_eq!(hex(&to_flex(&pair, cx()).unwrap()), hex(&library(&pair)), "{pair:?}");
        }
    }
}

/// Offsets and lengths at the edges of a width, where padding and prefix slots decide.
#[test]
fn sizes_at_the_edges() {
    for size in (0..20).chain(235..275).chain(65500..65545) {
        let bytes = Bytes::from(vec![7; size]);
        let blob = Opaque::Blob(bytes.clone());
        let text = Opaque::Text("x".repeat(size));
        let mut values = vec![
            Opaque::List(vec![blob.clone(), Opaque::Uint(1), text.clone()]),
            Opaque::List(vec![text.clone(), text.clone()]),
            Opaque::List(vec![Opaque::Bool(true); size]),
            Opaque::List(vec![Opaque::Null; size]),
            Opaque::List(vec![Opaque::Uint(256); size]),
            Opaque::Map(vec![
                ("b".into(), text),
                ("a".into(), blob),
                ("c".into(), Opaque::Map(vec![("b".into(), Opaque::Int(-1))])),
            ]),
        ];
        if size > 0 {
            values.push(Opaque::Octets(bytes));
        }
        for value in values {
            assert!(to_flex(&value, cx()).unwrap()[..] == library(&value)[..], "size {size}");
        }
    }
}

#[test]
fn octets_are_the_list_of_their_numbers() {
    for len in (0..10).chain(250..260).chain([65535, 65536, 70_000]) {
        let bytes: Vec<u8> = (0..len).map(|i| (i * 7) as u8).collect();
        let beside = |w: &mut FlexWriter, octets: &dyn Fn(&mut FlexWriter)| {
            list(w, 2, |w, i| if i == 0 { w.text("odd") } else { octets(w) });
        };
        let ours = written(|w| beside(w, &|w| w.octets(&bytes)));
        let spelled = written(|w| {
            beside(w, &|w| list(w, len, |w, i| w.uint(u64::from(bytes[i]))));
        });
        assert!(ours == spelled, "length {len}");
        assert!(ours == flexbuffers::to_vec(("odd", &bytes)).unwrap(), "length {len}");
    }
}

/// Maps with many keys neither differ from the library's nor take quadratic time.
#[test]
fn huge_maps() {
    let entries = |count: usize| -> Opaque {
        let entry = |i: usize| {
            // Half of them agree in length, start and end, which is all that the hash looks at.
            let key = match i % 2 {
                0 => format!("{}", i * 7919 % 100_003),
                _ => format!("same start {:06} same end", i * 7919 % 100_003),
            };
            (key, Opaque::Uint(i as u64))
        };
        Opaque::Map((0..count).map(entry).collect())
    };
    let value = entries(5_000);
    assert!(to_flex(&value, cx()).unwrap()[..] == library(&value)[..]);

    let value = entries(100_000);
    let start = Instant::now();
    let bytes = to_flex(&value, cx()).unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(from_flex::<Opaque>(&bytes, cx()).unwrap(), sorted(value));
}

#[test]
fn what_cannot_be_written_is_refused() {
    let mut writer = FlexWriter::new();
    let mark = writer.begin_map();
    writer.key("a\0b");
    writer.null();
    writer.end_map(mark);
    let unfit = writer.finish().unwrap_err();
    assert!(unfit.what.contains("NUL"), "{unfit:?}");

    let mut writer = FlexWriter::new();
    writer.refuse(Unfit::new("Hello", "first"));
    writer.refuse(Unfit::new("Hello", "second"));
    writer.null();
    assert_eq!(writer.finish().unwrap_err().what, "Hello.first");
}
