//! Changes of bytes that know nothing of what they mean.

use fastrand::Rng;

/// Numbers at which things change: ends of ranges, signs, lengths.
const INTERESTING: [u64; 14] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0xffff_ffff,
    i64::MAX as u64,
    u64::MAX,
];
/// The longest range that is removed, inserted or repeated in one go.
const RANGE_MAX: usize = 32;
/// Kinds of changes.
const KINDS: u8 = 9;

/// What changes draw on.
pub struct Material<'a> {
    /// Words that occur in inputs.
    pub dictionary: &'a [Vec<u8>],
    /// Other inputs.
    pub others: &'a [Vec<u8>],
}

/// Changes an input once.
pub fn mutate(input: &mut Vec<u8>, rng: &mut Rng, material: &Material<'_>) {
    let kind = if input.is_empty() { 6 } else { rng.u8(..KINDS) };
    let at = rng.usize(..input.len().max(1));
    match kind {
        0 => change(input, at, |byte| byte ^ (1 << rng.u8(..8))),
        1 => change(input, at, |_| rng.u8(..)),
        2 => change(input, at, |byte| byte.wrapping_add(rng.u8(1..=16)).wrapping_sub(8)),
        3 => drop(input.drain(range(input.len(), at, rng))),
        4 => overwrite_number(input, at, rng),
        5 => repeat(input, at, rng),
        6 => insert(input, rng),
        7 => splice(input, at, rng, material.others),
        _ => put_word(input, at, rng, material.dictionary),
    }
}

fn change(input: &mut [u8], at: usize, to: impl FnOnce(u8) -> u8) {
    if let Some(byte) = input.get_mut(at) {
        *byte = to(*byte);
    }
}

/// A short range that begins at `at`.
fn range(len: usize, at: usize, rng: &mut Rng) -> std::ops::Range<usize> {
    at..len.min(at + rng.usize(1..=RANGE_MAX))
}

/// A number in one of the widths and orders that formats have.
fn overwrite_number(input: &mut [u8], at: usize, rng: &mut Rng) {
    let number = INTERESTING[rng.usize(..INTERESTING.len())];
    let (little, big) = (number.to_le_bytes(), number.to_be_bytes());
    let width = 1 << rng.u32(..4);
    let bytes = if rng.bool() { &little[..width] } else { &big[8 - width..] };
    input[at..].iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
}

/// Twice what is there once.
fn repeat(input: &mut Vec<u8>, at: usize, rng: &mut Rng) {
    let range = range(input.len(), at, rng);
    let count = range.len();
    input.extend_from_within(range);
    input[at..].rotate_right(count);
}

fn insert(input: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.usize(..=input.len());
    let count = rng.usize(1..=4);
    let same = rng.bool().then(|| rng.u8(..));
    for _ in 0..count {
        input.insert(at, same.unwrap_or_else(|| rng.u8(..)));
    }
}

/// Goes on as another input does from there, or as a part of it.
fn splice(input: &mut Vec<u8>, at: usize, rng: &mut Rng, others: &[Vec<u8>]) {
    let Some(other) = rng.choice(others).filter(|other| !other.is_empty()) else {
        return;
    };
    let from = rng.usize(..other.len());
    if rng.bool() {
        input.truncate(at);
        input.extend_from_slice(&other[from..]);
    } else {
        let part = &other[range(other.len(), from, rng)];
        input[at..].iter_mut().zip(part).for_each(|(to, from)| *to = *from);
    }
}

/// A word in the place of what is there, or before it.
fn put_word(input: &mut Vec<u8>, at: usize, rng: &mut Rng, dictionary: &[Vec<u8>]) {
    let Some(word) = rng.choice(dictionary) else {
        return;
    };
    let end = if rng.bool() { at } else { input.len().min(at + word.len()) };
    input.splice(at..end, word.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_change_happens_and_none_goes_past_the_end() {
        let (dictionary, others) = ([b"word".to_vec()], [vec![9; 40], Vec::new()]);
        let material = Material { dictionary: &dictionary, others: &others };
        let mut rng = Rng::with_seed(1);
        let (mut shorter, mut longer, mut word, mut spliced) = (0, 0, 0, 0);
        for len in (0..40).cycle().take(20_000) {
            let mut input = vec![0; len];
            mutate(&mut input, &mut rng, &material);
            shorter += usize::from(input.len() < len);
            longer += usize::from(input.len() > len);
            word += usize::from(input.windows(4).any(|it| it == b"word"));
            spliced += usize::from(input.windows(4).any(|it| it == [9; 4]));
        }
        assert!(shorter > 1000 && longer > 1000 && word > 500 && spliced > 500);
    }

    #[test]
    fn nothing_to_draw_on_is_no_error() {
        let mut rng = Rng::with_seed(2);
        let mut input = Vec::new();
        for _ in 0..10_000 {
            mutate(&mut input, &mut rng, &Material { dictionary: &[], others: &[] });
            input.truncate(100);
        }
    }
}
