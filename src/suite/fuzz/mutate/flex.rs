//! Changes of flexbuffers: slots that lie about where their value is, types, widths and lengths that
//! are others, values that are shared, even with themselves, and vectors around vectors.

use fastrand::Rng;

use super::plain;
use crate::fabric::annotate::{self, What};
use crate::fabric::codec::flex::layout::{Packed, Width, code, follow, length_before};

/// Longest buffer that is looked into.
const LEN_MAX: usize = 2048;
/// Vectors that are put around a root at once: nearly as many as may be nested, so that, if each
/// refers to the next one several times, no time is enough to visit them all.
const LEVELS_MAX: usize = 60;

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
    match rng.u8(..24) {
        0 => return share(bytes, &spans, rng),
        1 => return nest(bytes, rng),
        _ => {}
    }
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

/// Makes some elements of a vector or map, behind each other, refer to a container that is there: to
/// the one that they are in, for instance.
fn share(bytes: &mut [u8], spans: &[(usize, usize, What)], rng: &mut Rng) {
    let containers = spans.iter().filter_map(|(.., what)| match *what {
        What::Reference { to, packed } => Some((to, Packed(packed))),
        _ => None,
    });
    let containers: Vec<(usize, Packed)> = containers
        .filter(|(_, packed)| [code::MAP, code::VECTOR].contains(&packed.code()))
        .collect();
    let (Some(&(at, of)), Some(&(to, packed))) = (rng.choice(&containers), rng.choice(&containers))
    else {
        return;
    };
    let width = of.width().bytes();
    let count = length_before(bytes, at, of.width()).unwrap_or_default().min(bytes.len());
    let first = rng.usize(..count.max(1));
    for index in first..count.min(first + rng.usize(1..4)) {
        let slot_at = at + index * width;
        let offset = slot_at.saturating_sub(to).to_le_bytes();
        let slot = bytes.get_mut(slot_at..slot_at + width).unwrap_or_default();
        slot.iter_mut().zip(offset).for_each(|(byte, new)| *byte = new);
        if let Some(type_byte) = bytes.get_mut(at + count * width + index) {
            *type_byte = packed.0;
        }
    }
}

/// Puts vectors around the root, each with the one before as its elements.
fn nest(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let Some((rest, &[packed, width])) = bytes.split_last_chunk() else { return };
    let slot = Width::from_bytes(width.into());
    let root = slot.and_then(|slot| {
        let at = rest.len().checked_sub(slot.bytes())?;
        Some((at, follow(rest, at, slot)?))
    });
    let Some((end, mut to)) = root else { return };
    bytes.truncate(end);
    let mut packed = packed;
    let count = rng.u8(1..4);
    for _ in 0..rng.usize(..LEVELS_MAX) {
        bytes.push(count);
        let start = bytes.len();
        refer(bytes, to, count);
        bytes.extend(std::iter::repeat_n(packed, count.into()));
        (to, packed) = (start, Packed::new(code::VECTOR, Width::ONE).0);
    }
    refer(bytes, to, 1);
    bytes.extend([packed, 1]);
}

/// Adds slots of one byte that refer to what is at `to`; if that is too far away, to something.
fn refer(bytes: &mut Vec<u8>, to: usize, count: u8) {
    for _ in 0..count {
        bytes.push((bytes.len() - to) as u8);
    }
}

/// Another type or width of the root.
fn change_root(bytes: &mut Vec<u8>, rng: &mut Rng) {
    if rng.u8(..4) == 0 {
        return widen_root(bytes, rng);
    }
    if let [.., packed, width] = bytes.as_mut_slice() {
        match rng.u8(..3) {
            0 => *width = rng.choice([0, 1, 2, 3, 4, 8, 16, 0xff]).unwrap_or_default(),
            1 => *packed = rng.u8(..),
            _ => *packed ^= 1 << rng.u8(..8),
        }
    }
}

/// A root in twice as many bytes, or said to be in one more than that.
fn widen_root(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let Some((rest, &[packed, width])) = bytes.split_last_chunk() else { return };
    let (len, slot) = (rest.len(), usize::from(width.min(8)));
    bytes.truncate(len);
    bytes.resize(len + slot, 0);
    bytes.extend([packed, width.saturating_mul(2) | rng.u8(..2)]);
}
