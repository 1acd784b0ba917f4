//! Changes of flexbuffers: slots that lie about where their value is, types, widths and lengths that
//! are others.

use fastrand::Rng;

use super::plain;
use crate::fabric::annotate::{self, What};

/// Longest buffer that is looked into.
const LEN_MAX: usize = 2048;

/// Changes a flexbuffer.
pub(super) fn change(bytes: &mut Vec<u8>, rng: &mut Rng) {
    if bytes.len() < 3 || bytes.len() > LEN_MAX || rng.u8(..3) == 0 {
        return plain::change(bytes, rng);
    }
    if rng.u8(..6) == 0 {
        return change_root(bytes, rng);
    }
    let annotation = annotate::flexbuffers(bytes);
    let spans: Vec<(usize, usize, What)> = annotation
        .spans()
        .filter(|span| !matches!(span.what(), What::Padding | What::Unread))
        .map(|span| (span.start(), span.len(), span.what()))
        .collect();
    let Some(&(start, len, what)) = rng.choice(&spans) else {
        return plain::change(bytes, rng);
    };
    let new = lie(what, start, rng);
    if let Some(place) = bytes.get_mut(start..start + len) {
        let new = new.to_le_bytes();
        match what {
            // The digits of a number, the letters of a text.
            What::Value { .. } | What::KeyText { .. } | What::Unreferenced => {
                let index = rng.usize(..place.len().max(1));
                if let (Some(byte), [low, ..]) = (place.get_mut(index), new) {
                    *byte = low;
                }
            }
            _ => {
                for (byte, new) in place.iter_mut().zip(new) {
                    *byte = new;
                }
            }
        }
    }
}

/// What to write in the place of something at `start`.
fn lie(what: What, start: usize, rng: &mut Rng) -> u64 {
    let any = |rng: &mut Rng| rng.u64(..) >> rng.u32(..64);
    match what {
        What::Reference { .. } | What::KeysReference { .. } | What::KeyReference { .. } => {
            match rng.u8(..6) {
                // Nowhere, next door, the front, before the front, itself.
                0 => 0,
                1 => rng.u64(..16),
                2 => start as u64,
                3 => start as u64 + rng.u64(..4),
                4 => u64::MAX,
                _ => any(rng),
            }
        }
        What::Type(packed) | What::RootType(packed) => match rng.u8(..3) {
            0 => u64::from(packed ^ 1 << rng.u8(..2)),
            1 => u64::from(packed ^ 4 << rng.u8(..6)),
            _ => rng.u64(..256),
        },
        What::Length(len) => match rng.u8(..4) {
            0 => len.wrapping_add(rng.u64(1..4)),
            1 => len.wrapping_sub(rng.u64(1..4)),
            2 => u64::MAX >> rng.u32(..8),
            _ => any(rng),
        },
        What::KeysWidth(_) | What::RootWidth(_) => rng.u64(..10),
        _ => any(rng),
    }
}

/// Another type or width of the root.
fn change_root(bytes: &mut [u8], rng: &mut Rng) {
    if let [.., packed, width] = bytes {
        match rng.u8(..3) {
            0 => *width = rng.choice([0, 1, 2, 3, 4, 8, 16, 0xff]).unwrap_or_default(),
            1 => *packed = rng.u8(..),
            _ => *packed ^= 1 << rng.u8(..8),
        }
    }
}
