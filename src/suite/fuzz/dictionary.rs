//! Words that occur in inputs, from the tables of keys, variants and names.

use std::collections::BTreeSet;

use crate::fabric::catalogue::MESSAGES;
use crate::fabric::codec::shape::{FieldShape, Shape, VariantShape};
use crate::fabric::envelope::EnvelopeType;
use crate::suite::arbitrary;

/// Longest word that is worth its place, in bytes.
const LEN_MAX: usize = 64;

/// What payloads have: keys with their NUL, variants, spelled ids, varints at their edges.
pub(super) fn payloads() -> Vec<Vec<u8>> {
    let mut words = BTreeSet::new();
    for row in &MESSAGES {
        gather(&row.message_type.shape(), &mut words);
    }
    words.extend(arbitrary::special_texts().map(|text| text.as_bytes().to_vec()));
    words.extend(numbers());
    sized(words)
}

/// What frames have: names of messages, keys of the envelope, varints.
pub(super) fn frames() -> Vec<Vec<u8>> {
    let mut words: BTreeSet<Vec<u8>> =
        MESSAGES.iter().map(|row| row.name.as_bytes().to_vec()).collect();
    // Keys of payloads and bodies, which take two bytes.
    words.extend([vec![0xa2, 0x06], vec![0x9a, 0x06], vec![0x90, 0x06], vec![0xc2, 0x3e]]);
    words.extend(numbers());
    sized(words)
}

/// Nothing: every byte is a choice.
pub(super) fn none() -> Vec<Vec<u8>> {
    Vec::new()
}

/// What is explained: both.
pub(super) fn anything() -> Vec<Vec<u8>> {
    let mut words: BTreeSet<Vec<u8>> = payloads().into_iter().chain(frames()).collect();
    words.extend(EnvelopeType::ALL.iter().map(|of| of.word().as_bytes().to_vec()));
    sized(words)
}

fn sized(words: BTreeSet<Vec<u8>>) -> Vec<Vec<u8>> {
    words.into_iter().filter(|word| (1..=LEN_MAX).contains(&word.len())).collect()
}

fn numbers() -> impl Iterator<Item = Vec<u8>> {
    let varints = [vec![0xff; 9], vec![0x80; 9], vec![0xff, 0x7f], vec![0x80, 0x00]];
    let widths = [1_u8, 2, 4, 8, 3].map(|width| vec![0x24, width]);
    let ends = [vec![0xff; 4], vec![0xff; 8], vec![0, 0, 0, 0x80]];
    varints.into_iter().chain(widths).chain(ends)
}

/// The keys and names in a shape. Shapes are not recursive.
fn gather(shape: &Shape, words: &mut BTreeSet<Vec<u8>>) {
    match shape {
        Shape::Optional(inner)
        | Shape::List(inner)
        | Shape::Packed(inner)
        | Shape::Wrapped(_, inner) => gather(inner, words),
        Shape::Map(key, value) => {
            gather(key, words);
            gather(value, words);
        }
        Shape::Tuple(shapes) => shapes.iter().for_each(|shape| gather(shape, words)),
        Shape::Record(record) => {
            record.fields.iter().for_each(|FieldShape { field, shape, .. }| {
                let mut key = field.key.as_bytes().to_vec();
                key.push(0);
                words.insert(key);
                gather(shape, words);
            });
        }
        Shape::Choice(choice) => {
            choice.variants.iter().for_each(|VariantShape { variant, shape, .. }| {
                words.insert(variant.name.as_bytes().to_vec());
                shape.iter().for_each(|shape| gather(shape, words));
            });
        }
        Shape::Dual(dual) => gather(&dual.tree, words),
        Shape::Bool
        | Shape::Uint(_)
        | Shape::Int(_)
        | Shape::Text(_)
        | Shape::Blob
        | Shape::Octets
        | Shape::Any
        | Shape::Bare(_) => {}
    }
}
