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
/// Bytes at which something turns.
const EDGES: [u8; 12] = [0, 1, 2, 3, 4, 8, 0x7f, 0x80, 0x81, 0xbf, 0xfe, 0xff];
/// The longest range that is removed, inserted or repeated in one go.
const RANGE_MAX: usize = 64;
/// The longest run of bytes that is made up.
const RUN_MAX: usize = 8;
/// Of what nothing is known yet: bytes to begin with, fewer than this.
const BEGINNING_MAX: usize = 32;
/// Changes that [`change`] makes: two to this, at most.
const CHANGES_LOG_MAX: u32 = 4;
/// The kind of change that needs no bytes.
const INSERT: u8 = 0;
/// Kinds of changes that need nothing but the bytes.
const KINDS: u8 = 10;
/// And of those that need material.
const KINDS_OF_MATERIAL: u8 = 2;

/// What changes draw on.
#[derive(Clone, Copy)]
pub struct Material<'a> {
    /// Words that occur in inputs.
    pub dictionary: &'a [Vec<u8>],
    /// Other inputs.
    pub others: &'a [Vec<u8>],
}

/// Changes some bytes: few mostly, many now and then. There are always some left.
pub fn change(bytes: &mut Vec<u8>, rng: &mut Rng) {
    if bytes.is_empty() {
        let len = rng.usize(1..BEGINNING_MAX);
        bytes.extend(std::iter::repeat_with(|| rng.u8(..)).take(len));
        return;
    }
    for _ in 0..1 << rng.u32(..).trailing_zeros().min(CHANGES_LOG_MAX) {
        once(bytes, rng, None);
    }
    if bytes.is_empty() {
        bytes.push(rng.u8(..));
    }
}

/// Changes an input once, with what there is to draw on.
pub fn mutate(input: &mut Vec<u8>, rng: &mut Rng, material: Material<'_>) {
    once(input, rng, Some(material));
}

fn once(input: &mut Vec<u8>, rng: &mut Rng, material: Option<Material<'_>>) {
    let kinds = KINDS + if material.is_some() { KINDS_OF_MATERIAL } else { 0 };
    let kind = if input.is_empty() { INSERT } else { rng.u8(..kinds) };
    let at = rng.usize(..input.len().max(1));
    match (kind, material) {
        (INSERT, _) => insert(input, rng),
        (1, _) => set(input, at, |byte| byte ^ (1 << rng.u8(..8))),
        (2 | 3, _) => set(input, at, |_| rng.choice(EDGES).unwrap_or_default()),
        (4, _) => set(input, at, |_| rng.u8(..)),
        (5, _) => set(input, at, |byte| byte.wrapping_add(rng.u8(1..=16)).wrapping_sub(8)),
        (6, _) => drop(input.drain(range(input.len(), at, rng))),
        (7, _) => overwrite_number(input, at, rng),
        (8, _) => repeat(input, at, rng),
        (9, _) => input.truncate(at),
        (10, Some(material)) => splice(input, at, rng, material.others),
        (_, Some(material)) => put_word(input, at, rng, material.dictionary),
        (_, None) => {}
    }
}

fn set(input: &mut [u8], at: usize, to: impl FnOnce(u8) -> u8) {
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

/// A piece of it once more, somewhere.
fn repeat(input: &mut Vec<u8>, at: usize, rng: &mut Rng) {
    let range = range(input.len(), at, rng);
    let to = rng.usize(..=input.len());
    let count = range.len();
    input.extend_from_within(range);
    input[to..].rotate_right(count);
}

fn insert(input: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.usize(..=input.len());
    let count = rng.usize(1..=RUN_MAX);
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
            mutate(&mut input, &mut rng, material);
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
            mutate(&mut input, &mut rng, Material { dictionary: &[], others: &[] });
            input.truncate(100);
        }
    }

    #[test]
    fn some_bytes_are_left_of_whatever_is_changed() {
        let mut rng = Rng::with_seed(3);
        let (mut input, mut lengths) = (Vec::new(), std::collections::BTreeSet::new());
        for _ in 0..10_000 {
            change(&mut input, &mut rng);
            assert!(!input.is_empty());
            lengths.insert(input.len());
            input.truncate(100);
        }
        assert!(lengths.len() > 50, "{lengths:?}");
    }
}
