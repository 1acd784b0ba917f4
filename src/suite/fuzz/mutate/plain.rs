//! Changes of bytes that have no structure.

use fastrand::Rng;

/// Bytes at which something turns.
const EDGES: [u8; 12] = [0, 1, 2, 3, 4, 8, 0x7f, 0x80, 0x81, 0xbf, 0xfe, 0xff];

/// Longest run that is copied or inserted.
const RUN_LEN_MAX: usize = 64;

/// Changes some bytes.
pub(super) fn change(bytes: &mut Vec<u8>, rng: &mut Rng) {
    if bytes.is_empty() {
        let len = rng.usize(1..32);
        bytes.extend(std::iter::repeat_with(|| rng.u8(..)).take(len));
        return;
    }
    // Few changes mostly, many now and then.
    let count = 1 << (rng.u32(..).trailing_zeros().min(4));
    for _ in 0..count {
        once(bytes, rng);
    }
}

fn once(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.usize(..bytes.len().max(1));
    match rng.u8(..9) {
        0 => set(bytes, at, |byte| byte ^ 1 << rng.u8(..8)),
        1 | 2 => {
            let edge = rng.choice(EDGES).unwrap_or_default();
            set(bytes, at, |_| edge);
        }
        3 => set(bytes, at, |_| rng.u8(..)),
        4 => {
            let step = rng.u8(1..8);
            set(bytes, at, |byte| {
                if step & 1 == 0 { byte.wrapping_add(step) } else { byte.wrapping_sub(step) }
            });
        }
        5 => {
            let len = rng.usize(1..9);
            let run: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(len).collect();
            bytes.splice(at..at, run);
        }
        6 => {
            let end = (at + rng.usize(1..=RUN_LEN_MAX)).min(bytes.len());
            bytes.drain(at..end);
        }
        7 => {
            // A piece of it once more, somewhere else.
            let end = (at + rng.usize(1..=RUN_LEN_MAX)).min(bytes.len());
            let piece = bytes.get(at..end).unwrap_or_default().to_vec();
            let to = rng.usize(..=bytes.len());
            bytes.splice(to..to, piece);
        }
        _ => bytes.truncate(at),
    }
    if bytes.is_empty() {
        bytes.push(rng.u8(..));
    }
}

fn set(bytes: &mut [u8], at: usize, new: impl FnOnce(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = new(*byte);
    }
}
